"""The pytest plugin, each test in a run of pytest of its own."""

import re
from typing import NamedTuple

import limits
import pytest
from conftest import ENGINES
from helpers import run_python
from prefork import Prefork

HEAD = """
import pytest
import pooled


@pooled.poolable
class Order:
    pass


KEPT = []
"""

INSTALLED = None
"""Given as the plugins, this makes pytest load all installed ones, including ours, as for a user."""


class Ended(NamedTuple):
    """A run of pytest: its exit status, and all that it printed."""

    status: int
    text: str


@pytest.fixture(scope="module")
def interpreter():
    """Runs pytest in forks of an interpreter that has imported it."""
    prefork = Prefork("pytest", "attrs", "wrapt")
    yield prefork
    prefork.close()


RUN = """
import os, runpy, sys

os.chdir(sys.argv.pop(1))
# With the first two, pytest prints each failure twice; the others change its options.
for name in ("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
    os.environ.pop(name, None)
runpy.run_module("pytest", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def pytest_of(tmp_path, interpreter):
    """Run pytest on a file of tests."""

    def run(tests, *arguments, head=HEAD, plugins=(), **environ):
        (tmp_path / "test_some.py").write_text(head + tests)
        arguments = [tmp_path, "-p", "no:cacheprovider", "--strict-markers", *arguments, "test_some.py"]
        if plugins is INSTALLED:
            return Ended(*run_python(RUN, *arguments, **environ))
        # The plugins that happen to be installed take most of the time of a run.
        arguments[1:1] = [f"-p{name}" for name in ("_pooled_pytest", *plugins)]
        environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return Ended(*interpreter.run(RUN, *map(str, arguments), **environ))

    return run


def outcome(run):
    return run.text.strip().splitlines()[-1].strip("= ").partition(" in ")[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_left_alive(pytest_of, engine):
    run = pytest_of(
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
    assert outcome(run) == "1 failed, 3 passed", run.text
    assert "1 of test_some:Order still alive, expected at most 0" in run.text
    assert "set POOLED_DEBUG=1 in the environment of the run to see where they were taken" in run.text
    assert "FAILED test_some.py::test_left" in run.text


@pytest.mark.parametrize("engine", ENGINES)
def test_where_they_were_taken(pytest_of, engine):
    run = pytest_of(
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
    assert outcome(run) == "1 failed"
    assert "Order taken at " in run.text
    assert re.search(r"test_some\.py:\d+ in make", run.text)


@pytest.mark.parametrize("debug", ["", "1"])
@pytest.mark.parametrize("engine", ENGINES)
def test_what_escapes(pytest_of, engine, debug):
    run = pytest_of(
        """
@pooled.poolable(reset="reset")
class Keeps:
    def reset(self):
        KEPT.append(self)

def escape():
    keeps = Keeps()
    del keeps

@pytest.fixture
def early():
    return [Keeps()]

@pytest.mark.pooled
def test_one_escapes():
    KEPT.append(pooled.detach(Order()))
    escape()

@pytest.mark.pooled
def test_it_was_taken_before(early):
    early.clear()

@pytest.mark.pooled(no_escapes=False)
def test_it_may():
    escape()
""",
        POOLED_ENGINE=engine,
        POOLED_DEBUG=debug,
    )
    assert outcome(run) == "2 failed, 1 passed", run.text
    escaped = "1 of test_some:Keeps escaped: something else referred to them when they were dropped"
    assert run.text.count(f"\n{escaped}\n") == 2
    places = re.findall(r"  1 of (.*) taken at .*test_some\.py:\d+ in (.*), on MainThread", run.text)
    assert places == ([("Keeps", "escape"), ("Keeps", "early")] if debug else [])
    assert ("POOLED_DEBUG=1 in the environment" in run.text) != bool(debug)


def test_escapes_that_died_meanwhile(pytest_of):
    run = pytest_of(
        """
@pooled.poolable(reset="reset")
class Keeps:
    def reset(self):
        KEPT.append(self)

@pytest.mark.pooled
def test_one_escapes():
    keeps = Keeps()
    del keeps
    KEPT.clear()
""",
        POOLED_DEBUG="1",
    )
    assert outcome(run) == "1 failed", run.text
    assert "escaped" in run.text
    assert "taken at" in run.text or "unknown for 1: freed meanwhile" in run.text


def test_places_are_counted_and_not_all_are_named(pytest_of):
    run = pytest_of(
        "\n".join(
            [
                "@pytest.mark.pooled(max_live=0)",
                "def test_left():",
                *["    KEPT.append(Order())"] * 24,
                "    for _ in range(1_000):",
                "        KEPT.append(Order())",
            ]
        ),
        POOLED_DEBUG="1",
    )
    assert outcome(run) == "1 failed", run.text
    assert "1,024 of test_some:Order still alive, expected at most 0\n  1,000 of Order taken at" in run.text
    assert run.text.count("Order taken at") == 20
    assert "  and 5 more places\n" in run.text


def test_where_one_take_in_some_is_recorded(pytest_of):
    run = pytest_of(
        """
@pytest.mark.pooled(max_live=0)
def test_left():
    KEPT.extend(Order() for _ in range(10))
""",
        POOLED_DEBUG="5",
    )
    assert "  2 of Order taken at" in run.text
    assert "  not recorded for 8: POOLED_DEBUG=5 records one take in 5; set it to 1\n" in run.text


@pytest.mark.parametrize("debug", ["", "1"])
def test_blocks_of_memory_that_are_left(pytest_of, debug):
    run = pytest_of(
        """
from pooled.containers import BufferPool

BUFFERS = BufferPool()

@pytest.mark.pooled(max_live=0)
def test_left():
    KEPT.append(BUFFERS.take(100))
""",
        POOLED_DEBUG=debug,
    )
    assert outcome(run) == "1 failed", run.text
    assert "1 of BufferPool still alive" in run.text
    assert "  the places where blocks of memory are taken are not recorded\n" in run.text


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_failure_before_kept_alive_makes_up_for_nothing(pytest_of, engine):
    run = pytest_of(
        """
def test_fails():
    order = Order()
    assert order is None

@pytest.mark.pooled(max_live=0)
def test_left():
    KEPT.append(Order())
""",
        POOLED_ENGINE=engine,
    )
    assert outcome(run) == "2 failed", run.text
    assert "1 of test_some:Order still alive" in run.text


def test_pools_of_one_name_are_told_apart(pytest_of):
    run = pytest_of(
        """
import gc

def make():
    @pooled.poolable
    class Local:
        pass
    return Local

classes = [make(), make()]
KEPT.append([classes[1]() for _ in range(5)])

@pytest.mark.pooled(max_live=0)
def test_lets_go_of_the_first():
    del classes[0]
    gc.collect()
"""
    )
    assert outcome(run) == "1 passed", run.text


def test_a_failure_of_another_kind_is_all_that_is_said(pytest_of):
    run = pytest_of(
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
    assert outcome(run) == "1 failed, 1 skipped"
    assert "still alive" not in run.text


def test_what_a_fixture_has_is_not_the_tests(pytest_of):
    run = pytest_of(
        """
@pytest.fixture
def order():
    return Order()

@pytest.mark.pooled(max_live=0)
def test_uses_it(order):
    assert order is not None
"""
    )
    assert outcome(run) == "1 passed", run.text


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
    run = pytest_of(f"@pytest.mark.{marker}\ndef test_it(): pass\n")
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: test_some.py::test_it: {said}\n" in run.text


def test_such_markers_in_workers(pytest_of):
    limits.require("xdist")
    run = pytest_of(
        """
@pytest.mark.pooled(3)
def test_it():
    pass

def test_another():
    pass
""",
        "-n1",
        plugins=["xdist"],
    )
    assert outcome(run) == "1 passed, 1 error", run.text
    assert "\n@pytest.mark.pooled(3): expected no_escapes=True or max_live=N\n" in run.text


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
    assert outcome(everywhere) == "2 passed", everywhere.text


def test_what_other_threads_parked_goes_too(pytest_of):
    run = pytest_of(
        """
import threading

begun, over = threading.Event(), threading.Event()

def work():
    order = Order()
    del order
    begun.set()
    over.wait()

def test_parks():
    threading.Thread(target=work).start()
    begun.wait()
    assert pooled.pool_of(Order).stats().parked == 1

def test_begins_with_none(empty_pools):
    assert pooled.pool_of(Order).stats().parked == 0
    over.set()
"""
    )
    assert outcome(run) == "2 passed", run.text


def test_classes_of_unittest(pytest_of):
    run = pytest_of(
        """
import unittest

class TestSome(unittest.TestCase):
    def test_first(self):
        assert pooled.pool_of(Order).stats().parked == 0
        Order()

    @pytest.mark.pooled(max_live=0)
    def test_second(self):
        assert pooled.pool_of(Order).stats().parked == 0
        KEPT.append(Order())
""",
        "-o",
        "pooled_empty_pools=true",
    )
    assert outcome(run) == "1 failed, 1 passed", run.text
    assert "1 of test_some:Order still alive" in run.text


def test_a_fixture_may_give_the_marker(pytest_of):
    run = pytest_of(
        """
@pytest.fixture(autouse=True)
def watched(request):
    request.node.add_marker(pytest.mark.pooled(max_live=0))

def test_left():
    KEPT.append(Order())

def test_not_left():
    Order()
"""
    )
    assert outcome(run) == "1 failed, 1 passed", run.text


def test_a_fault_may_be_expected(pytest_of):
    run = pytest_of(
        """
@pytest.mark.xfail(strict=True, reason="it is known")
@pytest.mark.pooled(max_live=0)
def test_left():
    KEPT.append(Order())
"""
    )
    assert outcome(run) == "1 xfailed", run.text


def test_the_report(pytest_of):
    tests = "def test_it():\n    for _ in range(5): order = Order()\n"
    run = pytest_of(tests, "--pooled-report", plugins=INSTALLED)
    assert run.status == 0
    assert "statistics of the pools" in run.text
    (line,) = (line for line in run.text.splitlines() if line.startswith("test_some:Order"))
    assert line.split()[1:3] == ["3", "2"]
    assert "test_some:Order" not in pytest_of("def test_it(): order = Order()\n").text


def test_the_report_of_workers(pytest_of):
    limits.require("xdist")
    run = pytest_of("def test_it(): order = Order()\n", "--pooled-report", "-n2", "--dist=each", plugins=["xdist"])
    assert run.status == 0, run.text
    assert re.findall(r"statistics of the pools in (gw\d)", run.text) == ["gw0", "gw1"]
    assert len(re.findall(r"^test_some:Order +0 +1 ", run.text, re.MULTILINE)) == 2


def test_without_pools_it_finds_no_fault(pytest_of):
    run = pytest_of(
        """
@pytest.mark.pooled(max_live=0)
def test_left(empty_pools):
    KEPT.append(Order())
""",
        "--pooled-report",
        POOLED_ENGINE="off",
        POOLED_DEBUG="1",
    )
    assert outcome(run) == "1 passed", run.text
    assert "no objects were taken from a pool" in run.text


def test_it_imports_nothing_until_it_is_asked(pytest_of):
    tests = """
import sys

def test_nothing_of_it_is_there():
    assert not [name for name in sys.modules if name == "pooled" or name.startswith("pooled.")]
    assert "_pooled_pytest" in sys.modules
"""
    run = pytest_of(tests, head="", plugins=INSTALLED)
    assert outcome(run) == "1 passed", run.text
