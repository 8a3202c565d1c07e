"""The runner of the suites of real packages: it reports what differs with pools, and that pools were used."""

import sys

import limits
import pytest
from conftest import is_built
from packages.runner import SuiteError, differences, run
from packages.sources import modules_of
from packages.suites import Suite

SUITE = Suite("tiny", "1", "tiny", ("test_tiny.py",), without=("tiny.tests",))

TESTS = """
import sys
import unittest
from tiny.deep import Thing

class TinyTest(unittest.TestCase):
    def test_always(self):
        for number in range(10):
            with self.subTest(number=number):
                assert vars(Thing()) == {"parts": []}

    def test_without_pools_only(self):
        assert "pooled" not in sys.modules

    @unittest.expectedFailure
    def test_never(self):
        raise AssertionError
"""


@pytest.fixture
def source(tmp_path):
    """The unpacked sdist of a package."""
    for folder, content in {"tiny": "", "tiny/tests": "", "tiny/deep": "class Thing:\n    def __init__(self):"}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text(content and f"{content}\n        self.parts = []\n")
    (tmp_path / "tiny" / "hook-tiny.py").touch()
    (tmp_path / "test_tiny.py").write_text(TESTS)
    return tmp_path


def test_modules_are_found_without_importing(source):
    assert modules_of(SUITE, source) == ["tiny", "tiny.deep"]
    assert "tiny" not in sys.modules


def test_a_test_that_fails_with_pools_only_is_reported(source):
    if not is_built():
        limits.skip("not-built")
    plain, record = (run(SUITE, source, limit=60, **pools) for pools in ({}, {"max_parked": 4}))
    assert (len(plain.outcomes), plain.failures, record.failures) == (3, 0, 1)
    assert (record.takes, record.hits, record.used) == (10, 9, 1)
    (difference,) = differences(plain, record)
    assert difference == "test_tiny.py::TinyTest::test_without_pools_only: passed, with pools failed"
    assert differences(record, record) == []


def test_a_crash_is_reported(source):
    (source / "test_tiny.py").write_text("import os; os.abort()")
    with pytest.raises(SuiteError, match="exit status -"):
        run(SUITE, source, limit=60)
