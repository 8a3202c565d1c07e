"""The report of a measurement: as text, as JSON, and as the configuration that `run` takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from pooled._cli.measure.candidates import NAMES, Candidate
from pooled._cli.measure.figures import MIN_GAIN, Figures
from pooled._cli.measure.findings import Findings, Tested
from pooled._cli.table import Screen, table

_MANY: Final = 3
"""The number of names that a line lists."""


@attrs.frozen(kw_only=True)
class Report:
    """The report on a program.

    Attributes:
        command: the program as typed after `python`.
        findings: what was measured.
        facts: the counts of `advise`.
        driven: whether the cost is the mean latency instead of the processor time.
        written: the file with the configuration, as typed; None if there is none.
    """

    command: str
    findings: Findings
    facts: Mapping[str, Any]
    driven: bool
    written: str | None

    def text(self, screen: Screen) -> str:
        """The report as text: one line if no settings gain."""
        chosen = self.findings.chosen
        notes = [screen.wrap(each) for each in (*self._dropped(), *self.findings.notes)]
        if chosen is None:
            return "\n".join([self._nothing(), *notes])
        lines = [
            screen.wrap(f"{self.command}: {self._effort()}"),
            screen.wrap(self._compared()),
            "",
            self._table(screen),
        ]
        lines += ["", *notes] if notes else []
        lines += ["", screen.wrap(self._recommendation(chosen)), *map(screen.wrap, self._pauses(chosen.figures))]
        if self.written is None:
            lines += ["", chosen.candidate.toml().rstrip()]
        else:
            lines += [f"Written to {self.written}: python -m pooled run --config {self.written} {self.command}"]
        return "\n".join(lines)

    def toml(self) -> str:
        """The configuration for `run`, with the result as comments. If no settings gain, it has only the comments."""
        chosen = self.findings.chosen
        comments = [f"What `python -m pooled advise --measure` found for: {self.command}"]
        if chosen is None:
            return "".join(f"# {each}\n" for each in (*comments, "No settings make it faster."))
        comments += [f"Measured: {_gain(chosen.figures)}, by {self._cost()}.", *self._pauses(chosen.figures)]
        comments.append(self._compared())
        comments += [] if self.findings.finalists is not None else ["It was not measured a second time."]
        return chosen.candidate.toml(comments)

    def json(self, status: int) -> str:
        """The report as JSON."""
        findings, chosen = self.findings, self.findings.chosen
        document = {
            "program": self.command,
            "status": status,
            "basis": "measurement",
            "cost": self._cost(),
            "seconds": findings.own,
            "measuring_seconds": findings.seconds,
            "start_up": findings.start_up,
            "runs": findings.runs,
            "compared": [*(("exit status",) if findings.compares_status else ()), *findings.compared],
            "gc": self.facts.get("gc"),
            "tested": [_as_json(each) for each in findings.tested],
            "measured_again": [_as_json(each) for each in findings.finalists or ()],
            "dropped": [attrs.asdict(each) for each in findings.dropped],
            "notes": findings.notes,
            "chosen": None if chosen is None else {**_as_json(chosen), "configuration": chosen.candidate.toml()},
        }
        return json.dumps(document, indent=2)

    def _nothing(self) -> str:
        best = max(self.findings.tested, key=lambda each: each.figures.gain, default=None)
        if best is None:
            known = (
                "nothing was compared"
                if self.findings.is_stopped
                else "no settings make it faster; there were none to test"
            )
        else:
            found = "there were too few runs" if self.findings.is_stopped else "no settings make it faster"
            but = f", but {best.figures.against}" if best.figures.gain >= MIN_GAIN and best.figures.against else ""
            known = f"{found}; the best settings made it {best.figures.gain:.2f} times as fast{but}"
        return f"{self.command}: {known}."

    def _effort(self) -> str:
        findings = self.findings
        times = f", {findings.seconds / findings.own:.0f} times its own time" if findings.own else ""
        return f"{findings.own:.2f} s, run {findings.runs} times in {findings.seconds:.0f} s{times}."

    def _compared(self) -> str:
        compared = [*(("exit status",) if self.findings.compares_status else ()), *self.findings.compared]
        if not compared:
            return "No output was compared."
        listed = ", ".join(compared[:-1]) + " and " + compared[-1] if len(compared) > 1 else compared[0]
        return f"Identical with these settings and without: {listed}."

    def _cost(self) -> str:
        return "mean latency" if self.driven else "processor time"

    def _table(self, screen: Screen) -> str:
        head = ("settings", "times as fast", "rounds", "memory", *(("p99",) if self.driven else ()))
        shown = [("", each) for each in self.findings.tested]
        shown += [(", once more", each) for each in self.findings.finalists or ()]
        rows = [(_name(each.candidate) + how, *self._cells(each.figures)) for how, each in shown]
        notes = [[each.figures.against] if each.figures.against else [] for _, each in shown]
        return table(screen, head, rows, numbers=range(1, len(head)), notes=notes)

    def _cells(self, figures: Figures) -> tuple[str, ...]:
        spread = f"{figures.gain:.2f} ({figures.lowest:.2f} to {figures.highest:.2f})"
        tail = ("" if figures.p99 is None else f"{figures.p99:.2f}",) if self.driven else ()
        return spread, str(figures.rounds), f"{figures.memory:.2f}", *tail

    def _dropped(self) -> Iterator[str]:
        for each in self.findings.dropped:
            names = ", ".join(each.names[:_MANY]) + (
                f" and {len(each.names) - _MANY} more" if each.names[_MANY:] else ""
            )
            yield f"Left out: {names}: {each.why}."

    def _pauses(self, figures: Figures) -> Iterator[str]:
        """How long the collector stopped the program under `advise`, and with these settings."""
        before, after = _stopped(self.facts.get("gc")), _stopped(figures.pauses)
        if before and after:
            yield f"The collector stopped the program under advise for {before}; with these settings for {after}."

    def _recommendation(self, chosen: Tested) -> str:
        others = {group for each in self.findings.tested for group in each.candidate.groups}
        alone = chosen.candidate.groups == ("gc",) and others != {"gc"}
        what = "the collector's settings alone" if alone else _name(chosen.candidate)
        text = f"Use {what}: {_gain(chosen.figures)}, by {self._cost()}."
        if self.findings.start_up and not self.driven:
            text += f" The start of `run` takes {self.findings.start_up:.2f} s, which the figures exclude."
        return text if self.findings.finalists is not None else f"{text} This was not measured a second time."


def _gain(figures: Figures) -> str:
    rounds = f"{figures.rounds} round{'' if figures.rounds == 1 else 's'}"
    return f"{figures.gain:.2f} times as fast ({figures.lowest:.2f} to {figures.highest:.2f} in {rounds})"


def _stopped(gc: Mapping[str, Any] | None) -> str:
    """How long the collector stopped the program, in all and at most; empty if that is not known."""
    if not gc or not gc.get("pauses"):
        return ""
    longest = max(each["longest"] for each in gc["pauses"])
    return f"{gc['seconds']:.2f} s, at most {longest * 1e3:.1f} ms at once"


def _name(candidate: Candidate) -> str:
    return " and ".join(NAMES[group] for group in candidate.groups)


def _as_json(each: Tested) -> dict[str, Any]:
    settings = [piece.name for piece in each.candidate.pieces]
    return {"groups": each.candidate.groups, "settings": settings, **attrs.asdict(each.figures)}
