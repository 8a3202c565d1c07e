"""The pytest plugin, by runs of pytest of their own."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ENGINES

HEAD = """
import pytest
import pooled


@pooled.poolable
class Order:
    pass


KEPT = []
"""


@pytest.fixture
def pytest_of(tmp_path):
    """Runs pytest on a file of tests; gives how it ended."""

    def run(tests, *arguments, head=HEAD, **environment):
        (tmp_path / "test_some.py").write_text(head + tests)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", *arguments, "test_some.py"],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def outcome(process):
    return process.stdout.strip().splitlines()[-1].strip("= ").partition(" in ")[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_left_alive(pytest_of, engine):
    process = pytest_of(
        """
@pytest.mark.pooled(max_live=0)
def test_left():
    KEPT.append(Order())

@pytest.mark.pooled(max_live=1)
def test_one_may_be():
    KEPT.append(Order())

@pytest.mark.pooled(max_live=0)
def test_none_is():
    order = Order()
    cycle = [Order()]
    cycle.append(cycle)

def test_without_a_marker():
    KEPT.append(Order())
""",
        POOLED_ENGINE=engine,
    )
    assert outcome(process) == "1 failed, 3 passed", process.stdout
    assert "1 of test_some:Order still alive, where at most 0 may be" in process.stdout
    assert "POOLED_DEBUG=1 in the environment of the run says where they were taken" in process.stdout
    assert "FAILED test_some.py::test_left" in process.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_where_they_were_taken(pytest_of, engine):
    process = pytest_of(
        """
def make():
    return Order()

@pytest.mark.pooled(max_live=0)
def test_left():
    KEPT.append(make())
""",
        POOLED_ENGINE=engine,
        POOLED_DEBUG="1",
    )
    assert outcome(process) == "1 failed"
    assert "Order taken at " in process.stdout
    assert re.search(r"test_some\.py:\d+ in make", process.stdout)


@pytest.mark.parametrize("debug", ["", "1"])
def test_what_escapes(pytest_of, debug):
    process = pytest_of(
        """
@pooled.poolable
class Keeps:
    def reset(self):
        KEPT.append(self)

def escape():
    keeps = Keeps()
    del keeps

@pytest.mark.pooled
def test_one_escapes():
    escape()

@pytest.mark.pooled(no_escapes=False)
def test_it_may():
    escape()
""",
        POOLED_DEBUG=debug,
    )
    assert outcome(process) == "1 failed, 1 passed", process.stdout
    assert "1 of test_some:Keeps escaped: somebody still had them when they were dropped" in process.stdout
    assert ("Keeps taken at " in process.stdout and "in escape" in process.stdout) == bool(debug)


def test_a_failure_of_another_kind_is_all_that_is_said(pytest_of):
    process = pytest_of(
        """
@pytest.mark.pooled(max_live=0)
def test_fails():
    order = Order()
    assert order is None

@pytest.mark.pooled(max_live=0)
def test_skips():
    order = Order()
    pytest.skip("not today")
"""
    )
    assert outcome(process) == "1 failed, 1 skipped"
    assert "still alive" not in process.stdout


def test_what_a_fixture_has_is_not_the_tests(pytest_of):
    process = pytest_of(
        """
@pytest.fixture
def order():
    return Order()

@pytest.mark.pooled(max_live=0)
def test_uses_it(order):
    assert order is not None
"""
    )
    assert outcome(process) == "1 passed", process.stdout


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("pooled(3)", "@pytest.mark.pooled(3): expected no_escapes=True or max_live=N"),
        ("pooled(lives=1)", "@pytest.mark.pooled(lives): expected no_escapes=True or max_live=N"),
        ("pooled(max_live=-1)", "@pytest.mark.pooled(max_live=-1): expected 0 or more"),
        ("pooled(max_live=True)", "@pytest.mark.pooled(max_live=True): expected 0 or more"),
        ("pooled(no_escapes=1)", "@pytest.mark.pooled(no_escapes=1): expected True or False"),
    ],
)
def test_markers_that_say_something_else(pytest_of, marker, said):
    process = pytest_of(f"@pytest.mark.{marker}\ndef test_it(): pass\n")
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in process.stderr


EMPTYING = """
def test_first({fixture}):
    assert pooled.pool_of(Order).stats().parked == 0
    order = Order()

def test_second({fixture}):
    assert pooled.pool_of(Order).stats().parked == 0
    order = Order()
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_tests_that_begin_with_nothing_parked(pytest_of, engine):
    with_fixture = EMPTYING.format(fixture="empty_pools")
    assert outcome(pytest_of(with_fixture, POOLED_ENGINE=engine)) == "2 passed"
    assert outcome(pytest_of(EMPTYING.format(fixture=""), POOLED_ENGINE=engine)) == "1 failed, 1 passed"
    everywhere = pytest_of(EMPTYING.format(fixture=""), "-o", "pooled_empty_pools=true", POOLED_ENGINE=engine)
    assert outcome(everywhere) == "2 passed", everywhere.stdout


def test_the_report(pytest_of):
    process = pytest_of("def test_it():\n    for _ in range(5): order = Order()\n", "--pooled-report")
    assert process.returncode == 0
    assert "what the pools did" in process.stdout
    (line,) = (line for line in process.stdout.splitlines() if line.startswith("test_some:Order"))
    assert line.split()[1:3] == ["3", "2"]
    assert "test_some:Order" not in pytest_of("def test_it(): order = Order()\n").stdout


def test_the_report_of_workers(pytest_of):
    pytest.importorskip("xdist")
    process = pytest_of("def test_it(): order = Order()\n", "--pooled-report", "-n1")
    assert process.returncode == 0, process.stdout
    assert "what the pools did in gw0" in process.stdout


def test_it_imports_nothing_until_it_is_asked(pytest_of):
    tests = """
import sys

def test_nothing_of_it_is_there():
    assert not [name for name in sys.modules if name == "pooled" or name.startswith("pooled.")]
    assert "_pooled_pytest" in sys.modules
"""
    process = pytest_of(tests, head="")
    assert outcome(process) == "1 passed", process.stdout
