"""Run a test suite with pytest, and record the outcome of each test and the statistics of the pools.

`python -P run_suite.py RECORD [ARGUMENT ...]` writes the file RECORD, in JSON; pytest gets the other arguments. If
`POOLED_CONFIG` is in the environment, `pooled` is imported before the package; otherwise, it is not imported.
"""

import json
import os
import sys
from pathlib import Path

import pytest

WORST_LAST = ("skipped", "xfailed", "passed", "xpassed", "failed")


class Recorder:
    """A plugin of pytest that collects the outcomes of tests."""

    def __init__(self):
        self.outcomes = {}

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self._record(report)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self._record(report)

    def _record(self, report):
        """Record an outcome; the worst, if a test has several: of subtests, of setup and of teardown."""
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xpassed" if outcome == "passed" else "xfailed"
        earlier = self.outcomes.get(report.nodeid, outcome)
        self.outcomes[report.nodeid] = max(outcome, earlier, key=WORST_LAST.index)


def pools():
    """The pools, by name: how many objects they handed out, and how many of these had been parked."""
    import pooled

    return {name: {"takes": each.taken, "hits": each.hits} for name, each in pooled.stats().items()}


def main():
    with_pools = "POOLED_CONFIG" in os.environ
    if with_pools:
        import pooled.instrument
    recorder = Recorder()
    status = pytest.main(sys.argv[2:], plugins=[recorder])
    record = {"outcomes": recorder.outcomes, "status": int(status)}
    if with_pools:
        record |= {"pools": pools(), "left_out": pooled.instrument.left_out()}
    Path(sys.argv[1]).write_text(json.dumps(record), encoding="utf-8")


if __name__ == "__main__":
    main()
