"""Runs the program: as it is, under `advise`, or under `run` with a candidate."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean
from typing import Any, Final

import attrs

from pooled._cli.measure.candidates import Candidate
from pooled._cli.measure.outputs import STDOUT, Outputs
from pooled._cli.measure.process import Child, Usage
from pooled._cli.measure.server import Driver, NoAnswerError, latencies
from pooled._cli.measure.standard_input import StandardInput
from pooled._cli.program.named import Program

_DRIVEN: Final = "the output of --drive"

_SEED: Final = "PYTHONHASHSEED"


@attrs.frozen(kw_only=True)
class Run:
    """One run of the program.

    Attributes:
        usage: its exit status, time and memory.
        outputs: its outputs.
        latencies: the numbers that the command of `--drive` printed.
        pauses: the figures on pauses of the collector in the report of `run`; None if it has none.
        failure: why a server did not answer; None if it did.
        errors: the last line that it wrote to standard error.
        start_up: the processor time to exclude from its cost.
    """

    usage: Usage
    outputs: Outputs
    latencies: Sequence[float] = ()
    pauses: Mapping[str, Any] | None = None
    failure: str | None = None
    errors: str = ""
    start_up: float = 0.0

    @property
    def cost(self) -> float:
        """The cost that a candidate has to lower: the mean latency, if there is one, or the processor time."""
        return mean(self.latencies) if self.latencies else self.cpu

    @property
    def cpu(self) -> float:
        """The processor time, without the excluded part."""
        return self.usage.cpu - self.start_up

    @property
    def p99(self) -> float | None:
        """The latency that one in a hundred exceeds."""
        if not self.latencies:
            return None
        return sorted(self.latencies)[min(len(self.latencies) - 1, len(self.latencies) * 99 // 100)]


class Launcher:
    """Runs the program, always with the same arguments, standard input and seed of hashes.

    Attributes:
        folder: where the runs keep their files.
    """

    def __init__(
        self, program: Program, folder: Path, *, compared: Sequence[str], in_copy: bool, drive: str | None
    ) -> None:
        self.folder = folder
        self._program = program
        self._compared = compared
        self._in_copy = in_copy
        self._drive = drive
        self._input = StandardInput(folder)
        self._number = 0
        # The order of sets differs between runs, unless they have the same seed.
        self._environ = {**os.environ, _SEED: os.environ.get(_SEED) or "1"}

    def plain(self, limit: float | None) -> Run:
        """Run the program as it is."""
        return self._run([], limit)

    def with_settings(self, candidate: Candidate, limit: float | None) -> Run:
        """Run the program with a candidate."""
        config, report = self.folder / "candidate.toml", self.folder / "report.json"
        config.write_text(candidate.toml(), encoding="utf-8")
        report.unlink(missing_ok=True)
        options = ["run", "--config", str(config), "--json", "--output", str(report)]
        run = self._run(["-m", "pooled", *options], limit)
        return attrs.evolve(run, pauses=_read_json(report).get("gc"))

    def start_up(self, candidate: Candidate) -> float:
        """The seconds of processor time that `run` takes with these settings and an empty program, without Python's."""
        config, empty = self.folder / "candidate.toml", self.folder / "empty.py"
        config.write_text(candidate.toml(), encoding="utf-8")
        empty.touch()
        run = ["-m", "pooled", "run", "--config", str(config), "--json", "--output", str(self.folder / "empty.json")]
        with_run, plain = (min(self._seconds([*words, str(empty)]) for _ in range(2)) for words in (run, []))
        return max(0.0, with_run - plain)

    def _seconds(self, words: Sequence[str]) -> float:
        nowhere = (subprocess.DEVNULL, subprocess.DEVNULL, subprocess.DEVNULL)
        child = Child([*_interpreter(), *words], folder=None, environ=self._environ, streams=nowhere, own_group=True)
        return child.wait(None).cpu

    def watched(self, limit: float | None) -> tuple[dict[str, Any], str, Run]:
        """Run the program under `advise`. Return its facts, the configuration that it wrote, and the run.

        The pools are chosen as if the collector kept its settings. The measurement shows what they gain in addition.
        """
        facts, written = self.folder / "facts.json", self.folder / "written.toml"
        options = ["advise", "--without=gc", "--json", "--output", str(facts), "--write", str(written)]
        run = self._run(["-m", "pooled", *options], limit)
        with suppress(OSError):
            return _read_json(facts), written.read_text(encoding="utf-8"), run
        return _read_json(facts), "", run

    def errors(self) -> bytes:
        """The standard error of the last run."""
        return (self.folder / "stderr").read_bytes()

    def _run(self, words: Sequence[str], limit: float | None) -> Run:
        self._number += 1
        here = self.folder / f"run{self._number}"
        here.mkdir()
        place = self._copied(here) if self._in_copy else None
        try:
            usage, written, failure = self._child(words, place, here / "stdout", limit)
            outputs: dict[str, Path | None] = {STDOUT: here / "stdout"}
            for number, name in enumerate(self._compared):
                outputs[name] = _kept((place or Path.cwd()) / name, here / f"compared{number}")
            numbers, others = latencies(written)
            if self._drive is not None:
                (here / "driven").write_bytes(others)
                outputs[_DRIVEN] = here / "driven"
        finally:
            if place is not None:
                shutil.rmtree(place, ignore_errors=True)
        return Run(usage=usage, outputs=outputs, latencies=numbers, failure=failure, errors=self._last_error())

    def _child(
        self, words: Sequence[str], place: Path | None, stdout: Path, limit: float | None
    ) -> tuple[Usage, bytes, str | None]:
        """Run a child to its end. Return its usage, the output of `--drive`, and why the child did not answer."""
        given = self._input.open()
        try:
            with stdout.open("wb") as out, (self.folder / "stderr").open("wb") as err:
                child = Child(
                    [*_interpreter(), *words, *self._program_words()],
                    folder=place,
                    environ=self._environ,
                    streams=(given, out, err),
                    own_group=self._drive is not None or not self._input.is_terminal,
                )
        finally:
            os.close(given)
        try:
            if self._drive is None:
                return child.wait(limit), b"", None
            driver = Driver(command=self._drive, folder=place, environ=self._environ, log=self.folder / "driver.log")
            return *driver.drive(child, limit), None
        except NoAnswerError as error:
            return child.ended, b"", str(error)
        finally:
            self._input.end_of_run()

    def _program_words(self) -> list[str]:
        return [*(["-m"] if self._program.is_module else []), self._program.name, *self._program.arguments]

    def _copied(self, here: Path) -> Path:
        """A copy of the working directory."""
        place = here / Path.cwd().name
        shutil.copytree(Path.cwd(), place, symlinks=True, ignore=self._is_ours)
        return place

    def _is_ours(self, folder: str, names: list[str]) -> list[str]:
        """The folder of the runs, if it is in the directory that is copied."""
        return [name for name in names if Path(folder, name) == self.folder]

    def _last_error(self) -> str:
        lines = self.errors().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _interpreter() -> list[str]:
    """The interpreter, with the options that this process was given."""
    return [sys.executable, *subprocess._args_from_interpreter_flags()]  # type: ignore[attr-defined]


def _kept(file: Path, copy: Path) -> Path | None:
    """A copy of a file that the program wrote; None if there is none."""
    try:
        shutil.copyfile(file, copy)
    except OSError:
        return None
    return copy


def _read_json(file: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return read
