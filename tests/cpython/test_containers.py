"""CPython's tests of containers, with the poolable containers in place of the builtin types."""

import collections
import functools
import unittest
import warnings
from fnmatch import fnmatchcase
from importlib import import_module

import attrs
import pytest
from conftest import current
from cpython.cases import cases_of, run
from cpython.differences import KEPT_ROOM, MODULES, WITHOUT_POOLING_TOO, marks_of, reason_of, stale
from cpython.replacement import is_there, load
from cpython.session import package, skip_unless_testable

skip_unless_testable()

STOCK = {
    "List": ("builtins", "list"),
    "Dict": ("builtins", "dict"),
    "Set": ("builtins", "set"),
    "ByteArray": ("builtins", "bytearray"),
    "Deque": ("collections", "deque"),
    "OrderedDict": ("collections", "OrderedDict"),
    "DefaultDict": ("collections", "defaultdict"),
    "Counter": ("collections", "Counter"),
    "Array": ("array", "array"),
    "BytesIO": ("io", "BytesIO"),
    "StringIO": ("io", "StringIO"),
}
SOME = range(20)
FILLED = {
    "List": lambda cls: cls(SOME),
    "Dict": lambda cls: cls.fromkeys(SOME),
    "Set": lambda cls: cls(SOME),
    "ByteArray": lambda cls: cls(SOME),
    "Deque": lambda cls: cls(SOME, 30),
    "OrderedDict": lambda cls: cls.fromkeys(SOME),
    "DefaultDict": lambda cls: cls(list, zip(SOME, SOME, strict=True)),
    "Counter": lambda cls: cls(SOME),
    "BytesIO": lambda cls: written(cls, b"some bytes"),
    "StringIO": lambda cls: written(cls, "some text"),
}


def written(cls, text):
    """A file in memory with content."""
    file = cls()
    file.write(text)
    return file


@attrs.frozen
class Case:
    """A test case, and the types that replace the builtin ones in it."""

    module: str
    name: str
    case: unittest.TestCase
    pooled: tuple[type, ...]


@functools.cache
def cases(module: str, engine: str) -> dict[str, Case]:
    """The test cases of a module of CPython, with the containers of this engine."""
    containers = package(engine)["pooled.containers"]
    names = MODULES[module].split()
    pooled = {STOCK[name]: getattr(containers, name) for name in names}
    # The names of the containers are also builtins, so that a repr can be evaluated.
    known = {("builtins", cls.__name__): cls for cls in pooled.values()}
    with current(package(engine)):
        tests = load(module, engine, known | pooled)
        _keep_base_types(tests, {cls: getattr(import_module(home), name) for (home, name), cls in pooled.items()})
        found = {f"{module}.{name}": case for name, case in cases_of(tests).items()}
    return {name: Case(module, name, case, tuple(pooled.values())) for name, case in found.items()}


def _keep_base_types(tests, stock) -> None:
    """Restore the builtin type as `basetype` of a test class: operators of a subclass return it."""
    for cls in vars(tests).values():
        if isinstance(cls, type) and vars(cls).get("basetype") in stock:
            cls.basetype = stock[cls.basetype]


HERE = [module for module in MODULES if is_there(module)]
CASES = {name: case for module in HERE for name, case in cases(module, "native").items()}
DIFFERENT = [name for name in CASES if reason_of(WITHOUT_POOLING_TOO, name)]
ROOMY = [name for name in CASES if reason_of(KEPT_ROOM, name)]
SLOW = ("test_set.TestGraphs.*", "test_set.Test*.test_*_with_mutation")
"""Tests that do the same thousands of times."""


def known(name: str):
    """The parameter of a test, with a marker if it is expected to fail, or has no short form."""
    marks = marks_of((*WITHOUT_POOLING_TOO, *KEPT_ROOM), name)
    if any(fnmatchcase(name, pattern) for pattern in SLOW):
        marks = [*marks, pytest.mark.long]
    return pytest.param(name, marks=marks)


def age(case: Case) -> None:
    """Fill the pools with used objects, so that the next objects are recycled."""
    for cls in case.pooled:
        package("native")["pooled"].pool_of(cls).clear()
        lived = [FILLED[cls.__name__](cls) for _ in range(64)] if cls.__name__ in FILLED else arrays(case, cls)
        del lived


def arrays(case: Case, cls) -> list:
    """Arrays with the type code of the test case, if it has one."""
    code = getattr(case.case, "typecode", "i")
    few = "some words" if code in "uw" else range(10)  # with more than 15 elements, it would not keep the capacity
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # with the type code "u"
        return [cls(code, few) for _ in range(64)]


def counts(pooled) -> collections.Counter:
    """The number of objects that the pools have handed out: hits and misses."""
    pool_of = package("native")["pooled"].pool_of
    total = collections.Counter()
    for cls in pooled:
        stats = pool_of(cls).stats()
        total.update(hits=stats.hits, misses=stats.misses)
    return total


@pytest.mark.parametrize("name", [known(name) for name in CASES])
def test_stock(name, record_property):
    case = CASES[name]
    with current(package("native")):
        age(case)
        before = counts(case.pooled)
        try:
            run(case.case)
        finally:
            used = counts(case.pooled).total() > before.total()
            record_property("cpython", (case.module, MODULES[case.module], used))


@pytest.mark.parametrize("module", HERE)
def test_objects_of_these_tests_are_recycled_ones(module):
    with current(package("native")):
        for name, case in cases(module, "native").items():
            if name in DIFFERENT or name in ROOMY:
                continue
            age(case)
            before = counts(case.pooled)
            run(case.case)
            if (counts(case.pooled) - before)["hits"]:
                return
    pytest.fail("no test had one")


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_fails_without_pooling_too(name):
    with current(package("off")), pytest.raises(pytest.fail.Exception):
        run(cases(CASES[name].module, "off")[name].case)


@pytest.mark.parametrize("name", ROOMY)
def test_what_passes_without_pooling(name):
    with current(package("off")):
        run(cases(CASES[name].module, "off")[name].case)


def test_every_name_in_the_list_is_that_of_a_test():
    assert not stale((*WITHOUT_POOLING_TOO, *KEPT_ROOM), CASES)
