"""`python -m pooled advise`: a program as it is, watched, and what of it to pool."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import attrs

from pooled._cli._advice import FEW, Advice, advice_on, configuration
from pooled._cli._arguments import program_of
from pooled._cli._program import CannotRunError, execute, source_of, write
from pooled._cli._table import heading, table
from pooled._cli._watching import Watcher


def advise(chosen: argparse.Namespace) -> int:
    """Run a program, and say what of it to pool; the program's exit status."""
    program = program_of(chosen)
    watcher = Watcher()
    try:
        names = watcher.names("__main__", source_of(program))
        with watcher:
            status = execute(program, watcher.see, names)
    except CannotRunError as error:
        print(f"python -m pooled advise: {error}", file=sys.stderr)
        return 2
    advice = advice_on(watcher.watched, watcher.seconds, watcher.collector.seconds / watcher.seconds)
    if chosen.write is not None:
        chosen.write.write_text(configuration(advice, program.command), encoding="utf-8")
    facts = {
        "program": program.command,
        "status": status,
        "seconds": watcher.seconds,
        "gc": {"collections": watcher.collector.collections, "seconds": watcher.collector.seconds},
    }
    if chosen.json:
        said = {**facts, "classes": [attrs.asdict(each) for each in advice]}
        write(json.dumps(said, indent=2), chosen.output)
    else:
        write(_text(facts, advice, chosen.top, chosen.write), chosen.output)
    return status


def _text(facts: dict[str, Any], advice: list[Advice], top: int, written: Path | None) -> str:
    """For people."""
    spent, seconds = facts["gc"]["seconds"], facts["seconds"]
    counts = ", ".join(f"{count:,}" for count in facts["gc"]["collections"])
    lines = [
        f"{facts['program']}: {seconds:.2f} s, watched.",
        f"The cyclic collector ran {counts} times, by generation, and took {spent:.2f} s, {spent / seconds:.1%} of it.",
    ]
    to_pool = [each for each in advice if each.pool]
    not_to = [each for each in advice if not each.pool and each.made >= FEW]
    for title, chosen in (("To pool", to_pool), ("Not to pool", not_to)):
        if chosen:
            lines += ["", heading(title), _table(chosen[:top])]
            lines += [f"and {len(chosen) - top} more"] if len(chosen) > top else []
    few = len(advice) - len(to_pool) - len(not_to)
    lines += ["", f"Of {few} other classes fewer than {FEW:,} were made."] if few else []
    if not to_pool:
        lines += ["", "Nothing that this program makes is worth a pool."]
    elif written is not None:
        lines += ["", f"Written to {written}: python -m pooled run --config {written} {facts['program']}"]
    return "\n".join(lines)


def _table(advice: list[Advice]) -> str:
    head = ("class", "made", "at once", "life", "made at", "settings")
    return table(head, [_row(each) for each in advice], numbers=(1, 2, 3), notes=[each.why for each in advice])


def _row(each: Advice) -> tuple[str, ...]:
    file, line, _ = each.places[0] if each.places else ("?", 0, 0.0)
    settings = [] if each.max is None else [f"max={each.max}"]
    settings += [] if each.max_cap is None else [f"max_cap={each.max_cap}"]
    settings += [] if each.scope is None else [str(each.scope)]
    return (
        each.target,
        each.amount,
        f"{each.peak:,}",
        _seconds(each.seconds),
        f"{Path(file).name}:{line}",
        " ".join(settings),
    )


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"
