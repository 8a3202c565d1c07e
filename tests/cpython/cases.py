"""Find and run test cases of CPython as `unittest` does, and report their outcomes to pytest."""

import doctest
import gc
import random
import sys
import unittest
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from unittest import mock

import pytest


def cases_of(module: ModuleType) -> dict[str, unittest.TestCase]:
    """The test cases of a module by name (`TestSet.test_init`), including doctests.

    Classes that one function defines repeatedly have the same name; the second gets the suffix #2, and so on.
    """
    named: dict[str, unittest.TestCase] = {}
    for case in _flat(unittest.defaultTestLoader.loadTestsFromModule(module)):
        name, number = _name(case), 1
        while (unique := name if number == 1 else f"{name}#{number}") in named:
            number += 1
        named[unique] = case
    return named


def _flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test


def _name(case: unittest.TestCase) -> str:
    name = case.id().split(".")[-1]
    return f"doctest.{name}" if isinstance(case, doctest.DocTestCase) else f"{type(case).__qualname__}.{name}"


def run(case: unittest.TestCase) -> None:
    """Run a test case with the fixtures of its class and module; fail or skip if it does."""
    result = unittest.TestResult()
    unraisable: list[str] = []  # as strings: the errors would keep objects alive
    with _as_outside_pytest(), warnings.catch_warnings(record=True):  # its warnings do not matter
        warnings.simplefilter("default")
        random.seed(case.id())  # the same in every run
        with mock.patch("sys.unraisablehook", lambda args: unraisable.append(f"unraisable: {args.exc_value!r}")):
            unittest.TestSuite([case]).run(result)
            gc.collect()
    wrong = [text for _, text in result.failures + result.errors] + unraisable
    wrong += [f"{case} was expected to fail" for case in result.unexpectedSuccesses]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    skipped = [reason for test, reason in result.skipped if test is case or not result.testsRun]
    if skipped:
        pytest.skip(skipped[0])
    assert result.testsRun == 1


@contextmanager
def _as_outside_pytest() -> Iterator[None]:
    """Remove the standard input and the import hook of pytest, which break these tests; restore the random state."""
    finders, state = sys.meta_path, random.getstate()
    sys.meta_path = [finder for finder in finders if not type(finder).__module__.startswith("_pytest")]
    with mock.patch("sys.stdin", sys.__stdin__):
        yield
    sys.meta_path = finders
    random.setstate(state)
