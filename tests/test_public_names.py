"""Every public name has a docstring and a test."""

import importlib
import importlib.util
import inspect
import re
import typing
from pathlib import Path

import pytest

import pooled
import pooled.arc
import pooled.containers
import pooled.instrument

CONTRIB = [
    importlib.import_module(f"pooled.contrib.{module}")
    for module, package in (
        ("cattrs", "cattrs"),
        ("dask", "distributed"),
        ("msgspec", "msgspec"),
        ("numpy", "numpy"),
        ("opentelemetry", "opentelemetry"),
        ("prometheus", "prometheus_client"),
        ("ray", "ray"),
        ("sortedcontainers", "sortedcontainers"),
    )
    if importlib.util.find_spec(package)
]
MODULES = [pooled, pooled.containers, pooled.arc, pooled.instrument, *CONTRIB]
TESTED = "\n".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py") if path != Path(__file__))


def public_names():
    """The public names of the public modules, and the public attributes of their classes."""
    for module in MODULES:
        for name in module.__all__:
            thing = getattr(module, name)
            yield f"{module.__name__}.{name}", name, thing
            for cls in thing.__mro__ if inspect.isclass(thing) else ():
                if cls.__module__.startswith("pooled"):
                    for attribute in vars(cls):
                        if not attribute.startswith("_"):
                            yield f"{module.__name__}.{name}.{attribute}", attribute, getattr(thing, attribute)


NAMES = {path: (name, thing) for path, name, thing in public_names()}


@pytest.mark.parametrize("path", NAMES)
def test_it_has_a_docstring(path):
    name, thing = NAMES[path]
    if callable(thing) or inspect.ismodule(thing) or isinstance(thing, property):
        assert (inspect.getdoc(thing) or "").endswith((".", "`", '"')), f"{path} has no docstring"
    else:
        owner, _, _ = path.rpartition(".")
        assert owner == "pooled" or name in (NAMES[owner][1].__doc__ or ""), f"{owner} does not say what {name} is"


@pytest.mark.parametrize("path", NAMES)
def test_it_has_a_test(path):
    assert re.search(rf"\b{NAMES[path][0]}\b", TESTED), f"no test names {path}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_modules_list_their_names(module):
    assert inspect.getdoc(module)
    assert module.__all__ == sorted(module.__all__)
    assert set(dir(module)) >= set(module.__all__)


def test_annotations_can_be_resolved():
    for thing in (pooled.poolable, pooled.try_take, pooled.GlobalPool.__init__, pooled.Pool.take, pooled.configure):
        assert typing.get_type_hints(thing)
