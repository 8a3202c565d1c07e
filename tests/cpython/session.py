"""What the tests of this folder have in common: the package under test, and whether it can be tested here."""

import functools
import importlib
import importlib.util
import os
import sys
from types import ModuleType

import limits
from conftest import is_built, load

RESOURCES = "POOLED_TEST_RESOURCES"
"""The variable that allows CPython's tests what `-u` of regrtest allows them, as in "cpu,largefile"; unset, nothing."""


@functools.cache
def package(engine: str) -> dict[str, ModuleType]:
    """The modules of a copy of the package with this engine."""
    return load(POOLED_ENGINE=engine)


def skip_unless_testable() -> None:
    """Skip the file that calls this where there is nothing to test, or nothing to test it with."""
    if importlib.util.find_spec("test") is None or importlib.util.find_spec("test.support") is None:
        limits.skip("no-cpython-tests", allow_module_level=True)
    if not is_built():
        limits.skip("not-built", allow_module_level=True)  # to code in C, proxies are no containers
    _keep_hypothesis_as_it_is()
    from test import support

    support.use_resources = dict.fromkeys(filter(None, os.environ.get(RESOURCES, "").split(",")))


def _keep_hypothesis_as_it_is() -> None:
    """Have CPython's tests use their stand-in for hypothesis, whose settings they would change for all other tests."""
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
