"""Run a program once, in one of its variants, and tell what it did and what it cost."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import fmean

import attrs

from .catalogue import Program

COLLECTOR = {"freeze": "freeze", "threshold": "50000"}
"""What `PROGRAM_GC` says in the variants that change the settings of the collector alone."""


@attrs.frozen
class Outcome:
    """What a program printed and returned: the same in each variant."""

    status: int
    output: bytes
    errors: bytes


@attrs.frozen
class Run:
    """A run of a program.

    Attributes:
        outcome: what it printed and returned.
        seconds: the processor time of the whole process.
        requests: the processor time of each request, if it is a service.
    """

    outcome: Outcome
    seconds: float
    requests: list[float]

    @property
    def mean(self) -> float:
        return fmean(self.requests)

    @property
    def p99(self) -> float:
        return sorted(self.requests)[len(self.requests) * 99 // 100]


class Runner:
    """Runs the variants of a program.

    Args:
        program: the program.
        size: how much it does: 1 stands for one or two seconds.
        folder: a folder for the configuration and the reports.
    """

    def __init__(self, program: Program, size: float, folder: Path) -> None:
        self.configuration = folder / f"{program.name}.toml"
        self._program = program
        self._size = size
        self._report = folder / f"{program.name}.txt"

    def run(self, variant: str) -> Run:
        """Run a variant: plain, freeze, threshold, advise, or advised, with the configuration that advise wrote."""
        reported = ["--output", str(self._report)]
        match variant:
            case "advise":
                return self._run(["-m", "pooled", "advise", "--write", str(self.configuration), *reported])
            case "advised":
                return self._run(["-m", "pooled", "run", "--config", str(self.configuration), *reported])
        return self._run([], collector=COLLECTOR.get(variant, ""))

    def _run(self, arguments: list[str], collector: str = "") -> Run:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("POOLED_")}
        environ |= {"PROGRAM_GC": collector, "PYTHONHASHSEED": "0"}
        with tempfile.TemporaryDirectory() as folder:
            latencies = Path(folder, "latencies")
            command = [sys.executable, *arguments, str(self._program.file), str(self._size), str(latencies)]
            before = os.times()
            done = subprocess.run(command, env=environ, capture_output=True, check=False)
            after = os.times()
            seconds = after.children_user + after.children_system - before.children_user - before.children_system
            requests = [float(line) for line in latencies.read_text().split()] if latencies.exists() else []
        return Run(Outcome(done.returncode, done.stdout, done.stderr), seconds, requests)
