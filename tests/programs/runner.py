"""Run a program once, in one of its variants, and tell what it did and what it cost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median

import attrs

from .catalogue import Program

COLLECTOR = {"freeze": "freeze", "threshold": "50000"}
"""What `PROGRAM_GC` says in the variants that change the settings of the collector alone."""

LITTLE = 0.001
"""The size of a program that does hardly more than it does at its start."""

CACHES = ["--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64"]
"""A simulated processor, the same on each machine: bytes, ways and bytes of a line."""

CYCLES = {"I   refs": 1, "I1  misses": 10, "D1  misses": 10, "LLi misses": 100, "LLd misses": 100}
"""The cycles of an instruction and of a miss, after cachegrind's manual."""


@attrs.frozen
class Outcome:
    """What a program printed and returned: the same in each variant."""

    status: int
    output: bytes
    errors: bytes

    @property
    def lines(self) -> list[str]:
        return (self.output + self.errors).decode().splitlines()


@attrs.frozen
class Run:
    """A run of a program.

    Attributes:
        outcome: what it printed and returned.
        seconds: the processor time of the whole process; where it is simulated, billions of cycles.
        requests: the processor time of each request, if it is a service.
        reused: the classes of which objects got a second life, where the program was told to give them one.
    """

    outcome: Outcome
    seconds: float
    requests: list[float]
    reused: list[str]

    @classmethod
    def least(cls, runs: Sequence[Run]) -> Run:
        """Of each time the least: other work on the machine adds to some of them, and takes from none."""
        requests = [min(times) for times in zip(*(run.requests for run in runs), strict=True)]
        return attrs.evolve(runs[0], seconds=min(run.seconds for run in runs), requests=requests)

    @property
    def mean(self) -> float:
        return fmean(self.requests)

    @property
    def p50(self) -> float:
        return median(self.requests)

    @property
    def p99(self) -> float:
        return sorted(self.requests)[len(self.requests) * 99 // 100]


class Runner:
    """Runs the variants of a program.

    Args:
        program: the program.
        size: how much it does: 1 stands for one or two seconds.
        folder: a folder for the configuration and the reports.
        simulates: whether to run the programs under cachegrind, which estimates the cycles that they take. That takes
            a hundred times as long, and the result does not depend on other work on the machine.
        measures: whether `advise` measures what it recommends.
        without: the kinds of settings that `advise` leaves out.
    """

    def __init__(
        self,
        program: Program,
        size: float,
        folder: Path,
        *,
        simulates: bool = False,
        measures: bool = False,
        without: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.simulates = simulates
        self._advise = ["--measure"] * measures + [f"--without={kind}" for kind in without]
        self.configuration = folder / f"{program.name}.toml"
        self._program = program
        self._size = size
        self._chosen = self.configuration
        if program.settings:
            self._chosen = folder / f"{program.name}-settings.toml"
            self._chosen.write_text(program.settings, encoding="utf-8")
        self._report = folder / f"{program.name}.txt"

    def run(self, variant: str, environ: Mapping[str, str] | None = None) -> Run:
        """Run a variant: plain, freeze, threshold, advise, or advised, with the configuration that advise wrote, or
        with the settings of the program.

        `environ` is added to the environment.
        """
        added = {"PROGRAM_GC": COLLECTOR.get(variant, ""), **(environ or {})}
        reported = ["--output", str(self._report)]
        match variant:
            case "advise":
                arguments = ["-m", "pooled", "advise", "--write", str(self.configuration), *reported, *self._advise]
                run = self._run(arguments, added, simulates=False)  # it measures times
                if "--measure" in self._advise:  # it says on standard error that the program runs several times
                    run = attrs.evolve(run, outcome=attrs.evolve(run.outcome, errors=b""))
                return run
            case "advised":
                return self._run(["-m", "pooled", "run", "--config", str(self._chosen), *reported], added)
        return self._run([], added)

    def start_up(self) -> float:
        """The processor time that the start of `run` with the configuration adds to that of the program.

        It is measured on the program itself, with as little work as it can do: both import some of the same modules.
        """
        command = ["-m", "pooled", "run", "--config", str(self._chosen), "--output", str(self._report)]
        with_run, plain = (
            min(self._run(arguments, {}, size=LITTLE).seconds for _ in range(1 if self.simulates else 3))
            for arguments in (command, [])
        )
        return max(0.0, with_run - plain)

    def _run(
        self,
        arguments: list[str],
        added: Mapping[str, str],
        *,
        size: float | None = None,
        simulates: bool | None = None,
    ) -> Run:
        simulates = self.simulates if simulates is None else simulates
        environ = {name: value for name, value in os.environ.items() if not name.startswith("POOLED_")}
        environ |= {"PYTHONHASHSEED": "0", **added}
        with tempfile.TemporaryDirectory() as folder:
            latencies = Path(folder, "latencies")
            command = [sys.executable, *arguments, str(self._program.file), str(size or self._size), str(latencies)]
            log = Path(folder, "cachegrind")
            if simulates:
                tool = ["valgrind", "--tool=cachegrind", "--cache-sim=yes", "--cachegrind-out-file=/dev/null", *CACHES]
                command = [*tool, f"--log-file={log}", *command]
            before = os.times()
            done = subprocess.run(command, env=environ, capture_output=True, check=False)
            after = os.times()
            seconds = after.children_user + after.children_system - before.children_user - before.children_system
            requests = [float(line) for line in _lines(latencies)]
            if simulates:
                seconds, requests = _cycles(log) / 1e9, []
            reused = _lines(Path(f"{latencies}.reused"))
        return Run(Outcome(done.returncode, done.stdout, done.stderr), seconds, requests, reused)


def _cycles(log: Path) -> int:
    """The cycles that cachegrind estimates."""
    counts = re.findall(r"== ([^:=]+): +([\d,]+)(?: |$)", "\n".join(_lines(log)), re.MULTILINE)
    return sum(CYCLES.get(name, 0) * int(count.replace(",", "")) for name, count in counts)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
