"""Runs the program within the time limit, and compares its results with those of its first run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import attrs

from pooled._cli.measure.budget import Budget, OutOfTimeError
from pooled._cli.measure.candidates import Candidate
from pooled._cli.measure.findings import Findings
from pooled._cli.measure.launcher import Launcher, Run
from pooled._cli.measure.outputs import changed, first_difference
from pooled._cli.measure.progress import Progress

WATCHED: Final = 3
"""A run under `advise` takes at most this many times as long."""

_SHORT: Final = 3.0
"""The start of `run` counts for programs that take more processor time than this."""


class CannotMeasureError(Exception):
    """The program could not be run."""


class Trials:
    """The runs of a program.

    Attributes:
        findings: what is known so far.
        planned: the number of runs that are still to come, for the bar.
    """

    def __init__(self, launcher: Launcher, progress: Progress, limit: float | None) -> None:
        self.findings = Findings()
        self.planned = 0.0
        self._launcher = launcher
        self._progress = progress
        self._budget = Budget(limit)
        self._first: Run
        self._compares_status = True

    @property
    def folder(self) -> Path:
        """Where files can be written."""
        return self._launcher.folder

    def check(self, *, runs: float = 1, kept_back: float = 0) -> None:
        """Check that some runs fit in the time that is left, and others after them.

        Raises:
            OutOfTimeError: they do not.
        """
        self._budget.check(runs=runs, kept_back=kept_back)

    def first(self) -> Run:
        """Run the program for the first time. Its outputs are what those of the others are compared with.

        Raises:
            CannotMeasureError: it does not answer, or takes longer than the limit.
        """
        self._show("for the first time, as it is")
        try:
            self._first = self._ended(self._launcher.plain(self._budget.of_one_run))
        except OutOfTimeError:
            raise CannotMeasureError("one run takes longer than --time-limit") from None
        if self._first.failure is not None:
            raise CannotMeasureError(self._first.failure)
        self._budget.add_plain(self._first.usage.wall)
        self.findings.compared = list(self._first.outputs)
        return self._first

    def plain(self) -> Run:
        """Run the program as it is. An output that differs from that of the first run is not compared from now on."""
        self._show("as it is")
        run = self._ended(self._launcher.plain(self._budget.of_one_run))
        self._budget.add_plain(run.usage.wall)
        for name in changed(self._first.outputs, run.outputs):
            if name in self.findings.compared:
                self.findings.compared.remove(name)
                difference = first_difference(name, self._first.outputs, run.outputs)
                self.findings.notes.append(f"Not compared, because it also varies without settings: {difference}.")
        if self._compares_status and run.usage.status != self._first.usage.status:
            self._compares_status = False
            self.findings.notes.append("Not compared, because it also varies without settings: the exit status.")
        return run

    def watched(self) -> tuple[dict[str, Any], str]:
        """Run the program under `advise`. Return its facts and the configuration that it wrote.

        Raises:
            CannotMeasureError: it wrote none.
        """
        self.check(runs=WATCHED)
        self._show("under advise", WATCHED)
        facts, written, run = self._launcher.watched(self._budget.of_one_run)
        self._ended(run)
        if not facts:
            raise CannotMeasureError(f"`advise` wrote no report; {run.errors or 'the program printed no error'}")
        return facts, written

    def leave_out_start_up(self, candidate: Candidate) -> None:
        """Exclude the start of `run` from the cost of a short program: it does not depend on the program.

        No more than half of the program's time is left out. What is left of a shorter program could not be measured.
        """
        own = self._first.usage.cpu
        if own < _SHORT:
            self.findings.start_up = min(self._launcher.start_up(candidate), own / 2)

    def with_settings(self, candidate: Candidate) -> Run:
        """Run the program with a candidate."""
        self._show(f"with {candidate.name}")
        run = self._ended(self._launcher.with_settings(candidate, self._budget.of_one_run))
        return attrs.evolve(run, start_up=self.findings.start_up)

    def difference(self, run: Run) -> str:
        """The difference of a run with a candidate from the first run, in words; empty if there is none."""
        if run.usage.timed_out:
            return "it took much longer than the plain program, and was stopped"
        if run.failure is not None:
            return run.failure
        before, after = self._first.usage.status, run.usage.status
        if self._compares_status and before != after:
            return f"exit status {after} instead of {before}" + (f"; {run.errors}" if run.errors else "")
        names = [name for name in changed(self._first.outputs, run.outputs) if name in self.findings.compared]
        return first_difference(names[0], self._first.outputs, run.outputs) if names else ""

    def end(self) -> None:
        """Record the time of all runs."""
        self.findings.compares_status = self._compares_status
        self.findings.seconds = self._budget.spent
        self.findings.own = self._budget.own

    def _ended(self, run: Run) -> Run:
        self.findings.runs += 1
        if run.usage.timed_out and not self._budget.left:
            raise OutOfTimeError
        return run

    def _show(self, how: str, runs: int = 1) -> None:
        """Show the current run, which takes as long as this many runs of the plain program."""
        text, own = f"run {self.findings.runs + 1}, {how}", self._budget.own
        self.planned = max(0.0, self.planned - runs)
        if own:
            self._progress.show(text, runs * own, max(0.0, min(self.planned * own, self._budget.left - runs * own)))
        else:
            self._progress.show(text, None)
