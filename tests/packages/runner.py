"""Run a suite in a process, without pools or with them, and compare the outcomes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest

from .sources import modules_of
from .suites import Suite

RUN_SUITE = Path(__file__).resolve().parent / "run_suite.py"
PYTEST = ("-q", "-p", "no:cacheprovider", "--tb=short", "--rootdir=.")
SETTINGS = ("pytest.ini", "pyproject.toml")
FAILED = ("failed", "xpassed")
TESTS_RAN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


@attrs.frozen
class Record:
    """The results of a suite: the outcome of each test; with pools, their counts and the classes without pools."""

    outcomes: Mapping[str, str]
    output: str
    pools: Mapping[str, Mapping[str, int]] = attrs.field(factory=dict)
    left_out: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def failures(self) -> int:
        return sum(outcome in FAILED for outcome in self.outcomes.values())

    @property
    def takes(self) -> int:
        return sum(each["takes"] for each in self.pools.values())

    @property
    def hits(self) -> int:
        return sum(each["hits"] for each in self.pools.values())

    @property
    def used(self) -> int:
        """How many pools handed out an object that had been parked."""
        return sum(each["hits"] > 0 for each in self.pools.values())


class SuiteError(Exception):
    """A run that crashed, took too long, or ran no test. The text has its output."""


def run(suite: Suite, source: Path, *, limit: float, max_parked: int | None = None) -> Record:
    """Run a suite in its unpacked sdist: without pools, or with pools that park at most this many objects.

    Raises:
        SuiteError: the run crashed, took longer than `limit` seconds, or pytest could not run the tests.
    """
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "record.json")
        environ = {name: value for name, value in os.environ.items() if not name.startswith("POOLED_")}
        environ |= {**suite.environ, "PYTHONPATH": str(source), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        if max_parked is not None:
            configuration = Path(folder, "pooled.toml")
            entries = [f'[instrument."{module}:*"]\nmax = {max_parked}\n' for module in modules_of(suite, source)]
            configuration.write_text("".join(entries), encoding="utf-8")
            environ |= {"POOLED_CONFIG": str(configuration), "POOLED_ENGINE": "native"}
        command = [sys.executable, "-P", "-X", "faulthandler", str(RUN_SUITE), str(record)]
        # Without a file of its own, pytest would take the configuration of the folders above.
        settings = (source / name for name in SETTINGS)
        command += [*PYTEST, "-c", str(next(filter(Path.exists, settings), os.devnull))]
        status, output = _run([*command, *suite.tests], source, environ, limit)
        if not record.exists():
            raise SuiteError(f"exit status {status}\n{output}")
        document = json.loads(record.read_text(encoding="utf-8"))
    if document.pop("status") not in TESTS_RAN:
        raise SuiteError(output)
    return Record(output=output, **document)


def _run(command: list[str], folder: Path, environ: Mapping[str, str], limit: float) -> tuple[int, str]:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # faulthandler prints the stack of each thread
        output, _ = process.communicate()
        raise SuiteError(f"not done after {limit:.0f} s\n{output}") from None
    return process.returncode, output


def differences(plain: Record, pooled: Record) -> list[str]:
    """The tests that have another outcome with pools, unless they fail without pools."""
    tests = sorted({*plain.outcomes, *pooled.outcomes})
    return [
        f"{test}: {before}, with pools {after}"
        for test in tests
        if (before := plain.outcomes.get(test, "not run")) != (after := pooled.outcomes.get(test, "not run"))
        and before not in FAILED
    ]
