"""Finds the settings that make a program faster: runs it with and without them, in alternation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from pooled._cli.measure.budget import OutOfTimeError
from pooled._cli.measure.candidates import Candidate, Piece, found, join
from pooled._cli.measure.figures import PLAIN, Round, figures_of
from pooled._cli.measure.findings import Dropped, Tested
from pooled._cli.measure.launcher import Run
from pooled._cli.measure.trials import WATCHED, Trials

_KEPT_BACK: Final = 4
"""The number of runs for which time is reserved to confirm the gains."""

_TO_COMPARE: Final = 4
"""The number of runs for which time is reserved to compare the groups, while one of them is bisected."""

_CLEARLY: Final = 0.97
"""A part of the collector's settings is preferred if its cost in the first round is lower by this factor."""

_STOPPED: Final = "The time limit ended the measuring early."


class Search:
    """Runs a program, and finds the settings that make it faster.

    Attributes:
        findings: the results so far.
        facts: the counts of `advise`.
    """

    def __init__(self, trials: Trials, *, rounds: int, without: Sequence[str]) -> None:
        self.findings = trials.findings
        self.facts: dict[str, Any] = {}
        self._trials = trials
        self._number = rounds
        self._without = without
        self._rounds: list[dict[str, Run]] = []

    def measure(self) -> None:
        """Test the settings, and measure those that gain again. Ctrl-C and the time limit end it early.

        Raises:
            CannotMeasureError: `advise` cannot run the program.
        """
        groups: list[Candidate] = []
        try:
            self._find_groups(groups)
            self._compare(groups)
            finalists = self._finalists()
            if finalists:
                self._trials.planned = (1 + len(finalists)) * self._number
                self._confirm(finalists)
        except OutOfTimeError:
            self._stop(_STOPPED)
        except KeyboardInterrupt:
            self.findings.is_interrupted = True
            self._stop("Ctrl-C ended the measuring early.")
        if not self.findings.tested:  # it was stopped in the first round
            self._add(groups, self._rounds, self.findings.tested)
        self._trials.end()

    def _stop(self, why: str) -> None:
        self.findings.is_stopped = True
        if why not in self.findings.notes:
            self.findings.notes.append(why)

    # -- the groups -----------------------------------------------------------------------------------------------

    def _find_groups(self, groups: list[Candidate]) -> None:
        """Find the groups of settings without those that change the output. The first round has a run of each."""
        self._trials.planned = 1 + WATCHED + 5 * self._number
        self._trials.check()
        self._rounds.append({PLAIN: self._trials.plain()})
        self.facts, written = self._trials.watched()
        candidates, notes = found(self.facts, written, self._without, self._trials.folder)
        self.findings.notes += notes
        self._trials.planned = len(candidates) * self._number + self._number - 1 + 3 * self._number
        if candidates:
            self._trials.leave_out_start_up(join(candidates))
        for candidate in candidates:
            tested = self._harmless(candidate)
            if tested is not None and candidate.name == "gc":
                tested = self._better_part(*tested)
            if tested is not None:
                group, self._rounds[0][candidate.name] = attrs.evolve(tested[0], name=candidate.name), tested[1]
                groups.append(group)

    def _harmless(self, candidate: Candidate) -> tuple[Candidate, Run] | None:
        """The part of a candidate that does not change the program's results, and a run of it; None if none is left."""
        run = self._trials.with_settings(candidate)
        why = self._trials.difference(run)
        if not why:
            return candidate, run
        pieces = self._bisected(candidate, why)
        if not pieces:
            return None
        part = attrs.evolve(candidate, pieces=pieces)
        try:
            self._trials.check(kept_back=_KEPT_BACK)
        except OutOfTimeError:
            self._drop(part, "there was no time to try these settings together")
            return None
        run = self._trials.with_settings(part)
        if why := self._trials.difference(run):
            self._drop(part, f"together: {why}")
            return None
        return part, run

    def _better_part(self, collector: Candidate, run: Run) -> tuple[Candidate, Run]:
        """The threshold alone, if freezing costs more than it saves."""
        part = collector.halves[0]
        if part.pieces == collector.pieces:
            return collector, run
        self._trials.check(kept_back=_KEPT_BACK)
        other = self._trials.with_settings(part)
        is_better = other.cost < run.cost * _CLEARLY and not self._trials.difference(other)
        return (part, other) if is_better else (collector, run)

    def _bisected(self, candidate: Candidate, why: str) -> tuple[Piece, ...]:
        """The pieces of a candidate that changes the program's results, without those that change them."""
        if len(candidate.pieces) == 1:
            self._drop(candidate, why)
            return ()
        pieces: tuple[Piece, ...] = ()
        for half in candidate.halves:
            try:
                self._trials.check(kept_back=_KEPT_BACK + _TO_COMPARE)
            except OutOfTimeError:
                self._drop(half, f"{why}; there was no time to find the setting that does it")
                continue
            difference = self._trials.difference(self._trials.with_settings(half))
            pieces += self._bisected(half, difference) if difference else half.pieces
        return pieces

    def _drop(self, candidate: Candidate, why: str) -> None:
        self.findings.dropped.append(Dropped(names=[piece.name for piece in candidate.pieces], why=why))

    # -- their figures --------------------------------------------------------------------------------------------

    def _compare(self, groups: list[Candidate]) -> None:
        """Measure the groups in alternation, and bisect those that lose."""
        try:
            for number in range(1, self._number):
                if groups:
                    self._rounds.append(self._round(number, groups, kept_back=_KEPT_BACK))
        except OutOfTimeError:
            self._stop(_STOPPED)
        finally:  # of Ctrl-C, too
            self._add(groups, self._rounds, self.findings.tested)
        for tested in list(self.findings.tested):
            if tested.figures.loses:
                self._bisect(tested)

    def _round(self, number: int, candidates: list[Candidate], kept_back: float = 0) -> dict[str, Run]:
        """Run the plain program and each candidate, in reverse order in every other round.

        A candidate that changes the program's results is removed from the list.
        """
        runs: dict[str, Run] = {}
        order = [None, *candidates]
        self._trials.check(runs=len(order), kept_back=kept_back)
        for candidate in reversed(order) if number % 2 else order:
            if candidate is None:
                runs[PLAIN] = self._trials.plain()
                continue
            run = self._trials.with_settings(candidate)
            if why := self._trials.difference(run):
                self._drop(candidate, why)
                candidates.remove(candidate)
            else:
                runs[candidate.name] = run
        return runs

    def _add(self, candidates: list[Candidate], rounds: Sequence[Round], to: list[Tested]) -> None:
        for candidate in candidates:
            figures = figures_of(candidate.name, rounds)
            if figures is not None:
                to.append(Tested(candidate=candidate, figures=figures))

    def _bisect(self, tested: Tested) -> None:
        """Replace a group that loses by the half that gains, or by a part of a half that loses."""
        if len(tested.candidate.pieces) == 1:
            return
        parts: list[Candidate] = []
        rounds = [{PLAIN: each[PLAIN]} for each in self._rounds if PLAIN in each]
        for half in map(_named, tested.candidate.halves):
            parts.append(half)
            for runs in rounds:
                try:
                    self._trials.check(kept_back=_KEPT_BACK)
                except OutOfTimeError:
                    return
                run = self._trials.with_settings(half)
                if why := self._trials.difference(run):
                    self._drop(half, why)
                    parts.remove(half)
                    break
                runs[half.name] = run
        halves: list[Tested] = []
        self._add(parts, rounds, halves)
        if halves:
            best = max(halves, key=lambda each: each.figures.gain)
            self.findings.tested.append(best)
            if best.figures.loses:
                self._bisect(best)

    # -- once more ------------------------------------------------------------------------------------------------

    def _finalists(self) -> list[Candidate]:
        """The settings to measure once more: all that gain, and the best of them alone."""
        tested = self.findings.tested
        gaining = [each for each in tested if not each.figures.against]
        if len(gaining) == 1:
            return [gaining[0].candidate]
        if gaining:
            best = max(gaining, key=lambda each: each.figures.gain)
            return [join(each.candidate for each in gaining), best.candidate]
        neutral = [each.candidate for each in tested if not each.figures.loses]
        return [join(neutral)] if len(neutral) > 1 else []

    def _confirm(self, finalists: list[Candidate]) -> None:
        """Measure the finalists in fresh rounds; only these count."""
        rounds: list[Round] = []
        all_finalists = list(finalists)
        try:
            rounds.extend(self._round(number, finalists) for number in range(self._number) if finalists)
        finally:
            if rounds or finalists != all_finalists:
                self.findings.finalists = []
                self._add(finalists, rounds, self.findings.finalists)


def _named(half: Candidate) -> Candidate:
    """A half under a name of its own."""
    return attrs.evolve(half, name=", ".join(piece.name for piece in half.pieces))
