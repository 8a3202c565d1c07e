"""What the tests of this folder have in common: the package under test, and whether it can be tested here."""

import functools
import importlib.util
import os
from types import ModuleType

import pytest
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
        pytest.skip("this interpreter comes without CPython's tests", allow_module_level=True)
    if not is_built():
        reason = "the native engine was not built; proxies of the reference engine are no containers to code in C"
        pytest.skip(reason, allow_module_level=True)
    from test import support

    support.use_resources = dict.fromkeys(filter(None, os.environ.get(RESOURCES, "").split(",")))
