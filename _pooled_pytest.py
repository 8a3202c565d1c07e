"""The hooks that pytest loads in every run. They import the package only when a test or an option uses it.

See `pooled.pytest_plugin`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest


def _plugin() -> Any:
    return importlib.import_module("pooled.pytest_plugin")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--pooled-report` and `pooled_empty_pools`."""
    group = parser.getgroup("pooled", "object pools")
    group.addoption("--pooled-report", action="store_true", help="print the statistics of the pools at the end")
    parser.addini("pooled_empty_pools", "whether each test begins and ends with nothing parked", "bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "pooled(no_escapes=True, max_live=N): fail a test that lets pooled objects escape, or leaves more than N alive",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Reject invalid markers, and add the fixture to every test if `pooled_empty_pools` is set."""
    marked = [(item.nodeid, mark) for item in items if (mark := item.get_closest_marker("pooled")) is not None]
    if marked and not hasattr(config, "workerinput"):  # a worker of pytest-xdist cannot report it: see `begin_check`
        _plugin().check_markers(marked)
    if config.getini("pooled_empty_pools"):
        for item in items:
            # All parameters of a test share the list.
            if isinstance(item, pytest.Function) and "empty_pools" not in item.fixturenames:
                item.fixturenames.insert(0, "empty_pools")


@pytest.fixture
def empty_pools() -> Iterator[None]:
    """Empty all pools, in all threads, before and after the test."""
    _plugin().empty_pools()
    yield
    _plugin().empty_pools()


# Not a hook wrapper, which pluggy before 1.2 does not support: every run of pytest loads this file.


@pytest.hookimpl(trylast=True)  # after the fixtures of the test
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Record the statistics at the start of a test with the marker."""
    mark = item.get_closest_marker("pooled")
    if mark is not None:
        _plugin().begin_check(item, mark)


@pytest.hookimpl(trylast=True)  # after the test has passed: an error of the test ends the call of the hooks
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that breaks the promise of its marker."""
    if item.get_closest_marker("pooled") is not None:
        _plugin().end_check(item)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the report of this process, or those of the workers of pytest-xdist, if the option asks for it."""
    if not config.getoption("--pooled-report"):
        return
    workers: dict[str, str] = getattr(terminalreporter, "pooled_reports", {})
    by_number = sorted(workers.items(), key=lambda worker: (len(worker[0]), worker[0]))  # gw2 before gw10
    for worker, text in by_number or [("", _plugin().report())]:
        terminalreporter.section(f"statistics of the pools{f' in {worker}' if worker else ''}")
        terminalreporter.write_line(text)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the report of a worker of pytest-xdist to its controller."""
    config: Any = session.config
    if hasattr(config, "workeroutput") and config.getoption("--pooled-report"):
        config.workeroutput["pooled_report"] = _plugin().report()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Store the report that a worker of pytest-xdist sent."""
    text = getattr(node, "workeroutput", {}).get("pooled_report")
    reporter = node.config.pluginmanager.get_plugin("terminalreporter")
    if text is not None and reporter is not None:
        reporter.pooled_reports = {**getattr(reporter, "pooled_reports", {}), node.gateway.id: text}
