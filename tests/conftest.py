"""The engines under test: each has its own copy of the package, and the contract is tested with every engine."""

import gc
import importlib
import importlib.util
import itertools
import os
import sys
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Final

import effort
import limits
import pytest

ENGINES = os.environ.get("POOLED_TEST_ENGINES", "reference native").split()
"""The engines under test. `POOLED_TEST_ENGINES=off` runs the tests that hold without any pool."""

IS_TOGGLED = os.environ.get("POOLED_TEST_TOGGLED") == "1"
"""Whether another thread turns pooling off and on all the time. The same tests run as for `off`."""


def pytest_addoption(parser):
    parser.addoption("--all", "--long", action="store_true", help="run all tests, each in its long form")
    parser.addoption("--screenshots", action="store_true", help="put what the browser shows into docs/images")


def pytest_configure(config):
    if config.getoption("--all"):
        effort.choose_long()


def pytest_collection_modifyitems(config, items):
    """Deselect tests marked `long`, unless `--all` is given, `-m` names the marker, or an argument names the file.

    Also deselect tests marked `needs_pool` in runs without a pool.
    """
    named = {Path(argument.partition("::")[0]).resolve() for argument in config.args}
    runs_long = effort.is_long() or "long" in config.option.markexpr

    def is_left_out(item):
        is_long = item.get_closest_marker("long") is not None and item.path not in named
        needs_pool = item.get_closest_marker("needs_pool") is not None
        return (is_long and not runs_long) or (needs_pool and ("off" in ENGINES or IS_TOGGLED))

    left_out = [item for item in items if is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def load(**environ: str) -> dict[str, ModuleType]:
    """Import another copy of the package, with these variables in the environment; return its modules."""
    kept = {name: os.environ.get(name) for name in environ}
    before = unload()
    os.environ.update(environ)
    try:
        for name in ("pooled", "pooled.containers", "pooled.arc"):
            importlib.import_module(name)
        return unload()
    finally:
        unload()
        sys.modules.update(before)
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def unload() -> dict[str, ModuleType]:
    """Remove the package from `sys.modules`; return the modules that were there."""
    if "pooled" in sys.modules:
        complete(sys.modules["pooled"])
    names = [name for name in sys.modules if name[:6] == "pooled" and name[6:7] in ("", ".")]  # faster than startswith
    return {name: sys.modules.pop(name) for name in names}


def complete(package: ModuleType) -> None:
    """Load the modules that the package would load later, because it would then get those of another copy."""
    for name in package.__all__:
        getattr(package, name)
    importlib.import_module("pooled._pool.budget")
    if package.engine == "native":
        importlib.import_module("pooled._engine.native.proxies")


@contextmanager
def current(modules: dict[str, ModuleType]):
    """Make `import pooled` return this copy, as the pickles of its objects need it."""
    before = unload()
    sys.modules.update(modules)
    yield modules["pooled"]
    unload()
    sys.modules.update(before)


def is_built() -> bool:
    """Whether the native engine can be tested; if the environment requires its build, it must be."""
    if os.environ.get("POOLED_BUILD_NATIVE") == "1":
        return True
    (folder,) = importlib.util.find_spec("pooled").submodule_search_locations
    return any(Path(folder, "_engine", "native").glob("_native.*[do]"))  # .pyd, .so


@pytest.fixture(scope="session", params=ENGINES)
def engine(request) -> str:
    if request.param == "native" and not is_built():
        limits.skip("not-built")
    return request.param


@contextmanager
def toggled(package):
    """Turn pooling off and on on another thread, while the tests run."""
    stop = threading.Event()

    def turn():
        while not stop.wait(0.0005):
            package.disable()
            package.enable()

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture(scope="session")
def pooled(engine):
    """The package, with the engine under test."""
    # A garbage collection can happen at any moment. It must not change the counts of a test: see test_trimming.
    with current(load(POOLED_ENGINE=engine, POOLED_GC_TRIM="off")) as package:
        assert package.engine == engine
        with toggled(package) if IS_TOGGLED else nullcontext():
            yield package


@pytest.fixture(scope="session")
def containers(pooled):
    return sys.modules["pooled.containers"]


@pytest.fixture(scope="session")
def arc(pooled):
    return sys.modules["pooled.arc"]


@pytest.fixture(scope="session")
def arrays(pooled):
    """`pooled.contrib.numpy`, with the engine under test."""
    limits.require("numpy")
    return importlib.import_module("pooled.contrib.numpy")


@pytest.fixture(scope="session")
def sortedcontainers(pooled):
    """`pooled.contrib.sortedcontainers`, with the engine under test."""
    limits.require("sortedcontainers")
    return importlib.import_module("pooled.contrib.sortedcontainers")


@pytest.fixture
def unraisable(monkeypatch):
    """The errors passed to `sys.unraisablehook`, as strings: references to the errors would keep the objects alive."""
    caught = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda args: caught.append(f"{args.exc_type.__name__}: {args.exc_value}")
    )
    return caught


@pytest.fixture
def importable(monkeypatch):
    """A decorator that also puts the class into a module of this test, where pickle finds it."""
    module = ModuleType("importable")
    monkeypatch.setitem(sys.modules, "importable", module)

    def through(decorator):
        def decorate(cls):
            cls.__module__, cls.__qualname__ = "importable", cls.__name__
            cls = decorator(cls)
            setattr(module, cls.__name__, cls)
            return cls

        return decorate

    return through


COUNTER: Final = itertools.count()
TESTS_PER_COLLECTION: Final = 25
"""Without a GIL, a collection visits all objects, frozen or not, so only one in this many tests collects."""


@pytest.fixture(autouse=True)
def no_garbage(free_threaded):
    """Free the garbage of each test, and hide the objects that stay from the collections during the next test."""
    yield
    if not free_threaded or next(COUNTER) % TESTS_PER_COLLECTION == 0:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def free_threaded() -> bool:
    return not getattr(sys, "_is_gil_enabled", lambda: True)()


@pytest.fixture
def mortal_classes() -> None:
    """Skip tests that free classes where the interpreter never frees them."""
    if limits.applies("immortal-classes"):
        limits.skip("immortal-classes")
