"""The reason of every skip and every expected failure is in `limits.py`, and each of its entries is used."""

import ast
from pathlib import Path

import limits
import pytest

TESTS = Path(__file__).parent.parent
ELSEWHERE = {
    "limits.py",
    "cpython/cases.py",  # CPython's tests skip themselves
    "cpython/differences.py",  # a table of its own
}
FORBIDDEN = {
    *("pytest.skip", "pytest.xfail", "pytest.importorskip"),
    *("pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"),
    *("unittest.skip", "unittest.skipIf", "unittest.skipUnless", "unittest.expectedFailure"),
}
FILES = {path.relative_to(TESTS).as_posix(): path for path in sorted(TESTS.rglob("*.py"))}


def skips_of(text):
    """The lines that skip a test, or expect it to fail, without the table."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    return [node.lineno for node in found if ast.unparse(node) in FORBIDDEN]


@pytest.mark.parametrize("name", sorted(FILES.keys() - ELSEWHERE))
def test_a_file_skips_by_the_table_alone(name):
    assert skips_of(FILES[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text", ["pytest.skip('why')", "@pytest.mark.skipif(True, reason='why')\ndef f(): ...", "pytest.importorskip('a')"]
)
def test_a_skip_elsewhere_is_found(text):
    assert skips_of(text) == [1]


def strings_of(path):
    """The strings in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_limit_is_used():
    used = {text for name, path in FILES.items() if name != "limits.py" for text in strings_of(path)}
    used |= {"no-spawn", "no-forkserver"}  # named by the start method of multiprocessing
    assert limits.LIMITS.keys() - used == set()


@pytest.mark.parametrize("name", limits.LIMITS)
def test_a_reason_is_a_sentence_of_its_own(name):
    assert len(limits.reason(name).split()) > 2
