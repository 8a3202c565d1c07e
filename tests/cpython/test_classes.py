"""CPython's tests of classes, finalizers, weak references and garbage collection, with all classes made poolable.

With `max=0`, the hook frees every object, and nothing may differ. Otherwise objects are recycled.
"""

import unittest
import weakref

import effort
import pytest
from conftest import current
from cpython.cases import cases_of, run
from cpython.differences import CLASS_MODULES, CLASSES, REFUSED, marks_of, stale
from cpython.replacement import is_there, load
from cpython.session import package, skip_unless_testable

skip_unless_testable()


class Poolable:
    """Makes the classes of a test module poolable, if possible."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self.living = weakref.WeakSet()

    def __call__(self, cls):
        if not isinstance(cls, type) or issubclass(cls, unittest.TestCase):
            return cls
        try:
            cls = package("native")["pooled"].poolable(max=self.limit)(cls)
        except TypeError as error:
            assert any(reason in str(error) for reason in REFUSED), error  # noqa: PT017 # it need not be raised
        else:
            self.count += 1
            self.living.add(cls)
        return cls

    def activity(self) -> tuple[int, int]:
        """The number of poolable classes, and of the objects taken by the classes that still exist."""
        pool_of = package("native")["pooled"].pool_of
        return self.count, sum(pool_of(cls).stats().taken for cls in self.living)


def cases(limit: int) -> dict[str, tuple[str, Poolable, unittest.TestCase]]:
    """All test cases by name, with their module and the decorator of its classes."""
    found = {}
    for module in filter(is_there, CLASS_MODULES):
        poolable = Poolable(limit)
        with current(package("native")):
            tests = load(module, f"max_{limit}", {}, poolable)
        found |= {f"{module}.{name}": (module, poolable, case) for name, case in cases_of(tests).items()}
    return found


CASES = {limit: cases(limit) for limit in effort.pick(short=[16], long=CLASSES)}


def known(limit: int, name: str):
    """The parameters of a test, with a marker if it is expected to fail."""
    return pytest.param(limit, name, id=f"{name}-max_{limit}", marks=marks_of(CLASSES[limit], name))


@pytest.mark.parametrize(("limit", "name"), [known(limit, name) for limit in CASES for name in CASES[limit]])
def test_stock(limit, name, record_property):
    module, poolable, case = CASES[limit][name]
    with current(package("native")):
        before = poolable.activity()
        try:
            run(case)
        finally:
            used = poolable.activity() != before
            record_property("cpython", (module, f"all classes poolable, max={limit}", used))


@pytest.mark.parametrize("limit", CASES)
def test_every_name_in_the_list_is_that_of_a_test(limit):
    assert not stale(CLASSES[limit], CASES[limit])
