"""The package under test, and whether CPython's tests can run here."""

import functools
import importlib
import importlib.util
import os
import sys
from types import ModuleType

import limits
from conftest import is_built, load

RESOURCES = "POOLED_TEST_RESOURCES"
"""An environment variable with the resources of CPython's tests, as for `-u` of regrtest: "cpu,largefile"."""


@functools.cache
def package(engine: str) -> dict[str, ModuleType]:
    """The modules of the copy of the package with this engine."""
    return load(POOLED_ENGINE=engine)


def skip_unless_testable() -> None:
    """Skip the calling file if there are no tests of CPython, or no native engine."""
    if importlib.util.find_spec("test") is None or importlib.util.find_spec("test.support") is None:
        limits.skip("no-cpython-tests", allow_module_level=True)
    if not is_built():
        limits.skip("not-built", allow_module_level=True)  # C code does not accept proxies as containers
    _keep_hypothesis_as_it_is()
    from test import support

    support.use_resources = dict.fromkeys(filter(None, os.environ.get(RESOURCES, "").split(",")))


def _keep_hypothesis_as_it_is() -> None:
    """Make CPython's tests use their replacement of hypothesis: they would change its settings for all other tests."""
    name = "test.support.hypothesis_helper"
    if name in sys.modules or importlib.util.find_spec(name) is None:
        return
    known = sys.modules.get("hypothesis")
    sys.modules["hypothesis"] = None  # type: ignore[assignment] # so it cannot be imported
    try:
        importlib.import_module(name)
    finally:
        del sys.modules["hypothesis"]
        if known is not None:
            sys.modules["hypothesis"] = known
