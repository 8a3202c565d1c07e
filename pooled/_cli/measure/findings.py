"""The findings of a measurement: which settings make the program faster, and why others are not recommended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from pooled._cli.measure.candidates import GROUPS, Candidate
from pooled._cli.measure.figures import Figures

_AS_GOOD: Final = 0.99
"""Settings of fewer groups are preferred if they reach this part of the best gain."""


@attrs.frozen(kw_only=True)
class Tested:
    """A candidate and its figures."""

    candidate: Candidate
    figures: Figures


@attrs.frozen(kw_only=True)
class Dropped:
    """Settings that change the program's results."""

    names: Sequence[str]
    why: str


@attrs.define(kw_only=True)
class Findings:
    """The results so far.

    Attributes:
        runs: the number of runs.
        seconds: the time of all runs.
        own: the program's own time.
        start_up: the processor time of the start of `run`, if it is excluded.
        compared: the outputs that were compared.
        compares_status: whether the exit status was compared.
        tested: the groups and their figures.
        finalists: the settings that were measured once more, and their figures; None if there was no time for that.
        dropped: settings that change the program's results.
        notes: further sentences for the report.
        is_stopped: whether the time limit or Ctrl-C ended the measuring early.
        is_interrupted: whether it was Ctrl-C.
    """

    runs: int = 0
    seconds: float = 0.0
    own: float = 0.0
    start_up: float = 0.0
    compared: list[str] = attrs.field(factory=list)
    compares_status: bool = True
    tested: list[Tested] = attrs.field(factory=list)
    finalists: list[Tested] | None = None
    dropped: list[Dropped] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    is_stopped: bool = False
    is_interrupted: bool = False

    @property
    def chosen(self) -> Tested | None:
        """The settings to recommend; None if nothing gains."""
        measured = self.tested if self.finalists is None else self.finalists
        if self.finalists is None and self.is_stopped:
            measured = [each for each in measured if each.figures.rounds > 1]  # one round may be chance
        gaining = [each for each in measured if not each.figures.against]
        if not gaining:
            return None
        best = max(each.figures.gain for each in gaining)
        good = [each for each in gaining if each.figures.gain >= best * _AS_GOOD]
        return min(good, key=_preference)


def _preference(each: Tested) -> tuple[int, int]:
    groups = each.candidate.groups
    return len(groups), GROUPS.index(groups[0])
