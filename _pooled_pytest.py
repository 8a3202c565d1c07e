"""What pytest loads of pooled in every run: nothing but the names. It imports the package when it is asked for.

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
    """Add `--pooled-report`, and the setting for all tests."""
    group = parser.getgroup("pooled", "object pools")
    group.addoption("--pooled-report", action="store_true", help="print what the pools did at the end of the run")
    parser.addini("pooled_empty_pools", "whether each test begins and ends with nothing parked", "bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "pooled(no_escapes=True, max_live=N): fail a test that lets pooled objects escape, or leaves more than N alive",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse markers that say what they cannot, and have every test empty the pools if that is wanted."""
    marked = [(item.nodeid, mark) for item in items if (mark := item.get_closest_marker("pooled")) is not None]
    if marked and not hasattr(config, "workerinput"):  # a worker of pytest-xdist cannot tell of it: see `begin`
        _plugin().check(marked)
    if config.getini("pooled_empty_pools"):
        for item in items:
            # The list is one for all parameters of a test.
            if isinstance(item, pytest.Function) and "empty_pools" not in item.fixturenames:
                item.fixturenames.insert(0, "empty_pools")


@pytest.fixture
def empty_pools() -> Iterator[None]:
    """Let all that is parked die before the test, and after it, in all pools and threads."""
    _plugin().empty()
    yield
    _plugin().empty()


# Not a wrapper, which pluggy before 1.2 does not know: every run of pytest in an environment loads this file.


@pytest.hookimpl(trylast=True)  # when the fixtures of the test are there
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin to watch a test that has the marker."""
    mark = item.get_closest_marker("pooled")
    if mark is not None:
        _plugin().begin(item, mark)


@pytest.hookimpl(trylast=True)  # when the test has passed: the error of one that has not ends the call of hooks
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that does not keep what its marker promises."""
    if item.get_closest_marker("pooled") is not None:
        _plugin().end(item)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the report that was asked for: that of this process, or those of the workers of pytest-xdist."""
    if not config.getoption("--pooled-report"):
        return
    workers: dict[str, str] = getattr(terminalreporter, "pooled_reports", {})
    by_number = sorted(workers.items(), key=lambda worker: (len(worker[0]), worker[0]))  # gw2 before gw10
    for worker, text in by_number or [("", _plugin().report())]:
        terminalreporter.section(f"what the pools did{f' in {worker}' if worker else ''}")
        terminalreporter.write_line(text)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have a worker of pytest-xdist send its report home."""
    config: Any = session.config
    if hasattr(config, "workeroutput") and config.getoption("--pooled-report"):
        config.workeroutput["pooled_report"] = _plugin().report()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker of pytest-xdist sent."""
    text = getattr(node, "workeroutput", {}).get("pooled_report")
    reporter = node.config.pluginmanager.get_plugin("terminalreporter")
    if text is not None and reporter is not None:
        reporter.pooled_reports = {**getattr(reporter, "pooled_reports", {}), node.gateway.id: text}
