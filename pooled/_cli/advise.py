"""`python -m pooled advise`: profiles an unchanged program, and says which of its classes to pool."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from pooled import _config
from pooled._cli import gc_report
from pooled._cli.output import write
from pooled._cli.profile.advice import FEW, Advice, advice_on, configuration
from pooled._cli.profile.gc_advice import GcAdvice, gc_advice_on
from pooled._cli.profile.profile_parts import AllProfiles, ProfileCounts
from pooled._cli.profile.profiler import Profiler
from pooled._cli.program.execute import CannotRunError, execute
from pooled._cli.program.named import Program
from pooled._cli.program.processes import Processes
from pooled._cli.program.unmet_names import unmet_names
from pooled._cli.table import Screen, table
from pooled._instrument.array_hook import arrays_seen, observe_when_imported
from pooled._sizes import DEFAULT_ARRAY_BYTES, text_of_bytes, text_of_seconds

_LEFT_OUT: Final = "left out by --without"


def advise(chosen: argparse.Namespace, program: Program) -> int:
    """Run a program, and report which of its classes to pool. Return the program's exit status."""
    if _config.current.numpy is None:
        observe_when_imported(DEFAULT_ARRAY_BYTES)
    profiler = Profiler()
    settings = {"command": "advise", "modules": (), "at_start": True}
    processes = Processes(ProfileCounts(profiler), settings)
    profiler.begin()

    def on_class(_: str, cls: type) -> type:
        profiler.profile_class(cls)
        return cls

    def report(status: int) -> None:
        profiler.end()
        seen = AllProfiles(profiler)
        seen.add(*processes.read_parts())
        _report(chosen, program, profiler, seen, status)

    def names_for(source: bytes) -> dict[str, Any]:
        return profiler.builtin_shims("__main__", source)

    try:
        return execute(program, on_class, names_for, report, processes.end_child)
    except CannotRunError as error:
        profiler.end()
        print(f"python -m pooled advise: {error}", file=sys.stderr)
        return 2


def _report(chosen: argparse.Namespace, program: Program, profiler: Profiler, seen: AllProfiles, status: int) -> None:
    # Other programs on the machine increase the run time, but not the processor time.
    seconds, gc_share = profiler.processor_seconds, profiler.clock.processor_seconds / profiler.processor_seconds
    gc_advice = GcAdvice(None, _LEFT_OUT) if "gc" in chosen.without else gc_advice_on(profiler.clock, gc_share)
    advice = advice_on(seen.profiles, seconds, gc_share if gc_advice.threshold is None else None)
    if "pools" in chosen.without:
        advice = [attrs.evolve(each, pool=False, why=_LEFT_OUT) for each in advice]
    if chosen.write is not None:
        write(configuration(advice, gc_advice, program.command), chosen.write)
    facts = {
        "program": program.command,
        "status": status,
        "basis": "estimate",
        "seconds": profiler.seconds,
        "processor_seconds": profiler.processor_seconds,
        "processes": seen.processes,
        "cut_off": seen.cut_off,
        "gc": {
            **(seen.pauses.facts() or {}),
            "collections": profiler.clock.collections,
            "seconds": profiler.clock.seconds,
            "processor_seconds": profiler.clock.processor_seconds,
            **attrs.asdict(gc_advice),
        },
    }
    arrays = None if "arrays" in chosen.without else arrays_seen()
    if arrays is not None and arrays.arrays:
        facts["arrays"] = arrays.asdict()
    unmet = [*_uncounted(profiler.uncounted), *unmet_names(_config.current.instrument)]
    if chosen.json:
        result = {**facts, "classes": [attrs.asdict(each) for each in advice], "unmet": unmet}
        write(json.dumps(result, indent=2), chosen.output)
    else:
        screen = Screen.of(sys.__stderr__ if chosen.output is None else None)
        lines = [_text(screen, facts, advice, gc_advice, chosen), *map(screen.wrap, unmet)]
        write("\n".join(lines), chosen.output)


def _uncounted(classes: Mapping[str, Iterable[str]]) -> list[str]:
    """A sentence for each reason why objects of some classes were not counted."""
    return [f"not counted: {', '.join(targets)}; {reason}" for reason, targets in classes.items()]


def _text(
    screen: Screen, facts: dict[str, Any], advice: list[Advice], gc_advice: GcAdvice, chosen: argparse.Namespace
) -> str:
    """The report as text."""
    clock = "seconds" if facts["processes"] == 1 else "processor_seconds"
    spent, seconds = facts["gc"][clock], facts[clock]
    counts = ", ".join(f"{count:,}" for count in facts["gc"]["collections"])
    lines = [
        f"{facts['program']}: {facts['seconds']:.2f} s, run once.",
        *map(screen.wrap, _processes(facts)),
        screen.wrap(f"The cyclic collector ran {counts} times and took {spent:.2f} s, {spent / seconds:.1%} of it."),
    ]
    lines += gc_report.lines(screen, facts["gc"])
    if gc_advice.threshold is not None:
        settings = ", ".join(map(str, gc_advice.threshold))
        lines.append(screen.wrap(f"Raise its threshold to ({settings}): {gc_advice.why}."))
    if "arrays" in facts:
        lines.append(screen.wrap(_arrays(facts["arrays"])))
    to_pool = [each for each in advice if each.pool]
    is_written = bool(to_pool) or gc_advice.threshold is not None
    if is_written:
        lines.append(screen.wrap("The advice is an estimate: the program was not run with these settings."))
    not_to = [each for each in advice if not each.pool and each.made >= FEW]
    for title, group in (("To pool", to_pool), ("Not to pool", not_to)):
        if group:
            lines += ["", screen.heading(title), _table(screen, group[: chosen.top])]
            lines += [f"and {len(group) - chosen.top} more"] if len(group) > chosen.top else []
    few = [each for each in advice if not each.pool and each.made < FEW]
    if few:
        other = " other" if len(few) < len(advice) else ""
        lines += ["", f"{len(few)}{other} class{'' if len(few) == 1 else 'es'} with fewer than {FEW:,} objects each."]
    if not to_pool:
        lines += ["", "No class of this program is worth a pool."]
    if is_written and chosen.write is not None:
        lines += [
            "",
            f"Written to {chosen.write.typed}: python -m pooled run --config {chosen.write.typed} {facts['program']}",
        ]
    return "\n".join(lines)


def _processes(facts: Mapping[str, Any]) -> Iterable[str]:
    """The number of processes in the sums, if there was more than one."""
    if facts["processes"] == 1:
        return
    left = facts["cut_off"]
    cut_off = f", {left} of them killed or still running, with their last known counts" if left else ""
    yield (
        f"The sum of {facts['processes']:,} processes{cut_off}: {facts['processor_seconds']:.2f} s of processor time. "
        'The column "at once" is the maximum of a single process.'
    )


_WORTH_TRYING: Final = 0.5
"""The least share of the bytes of arrays that a pool has to serve to be recommended."""


def _arrays(seen: dict[str, int]) -> str:
    """What NumPy allocated, and how much of it a pool would have served."""
    total, share = text_of_bytes(seen["bytes"]), seen["served_bytes"] / seen["bytes"]
    advice = "try `run --numpy`" if share >= _WORTH_TRYING else "too little to be worth a pool"
    return (
        f"NumPy allocated {total} in {seen['arrays']:,} arrays of 32 KiB or more. A pool of "
        f"{text_of_bytes(seen['max_bytes'])} would have served {share:.0%} of that: {advice}."
    )


def _table(screen: Screen, advice: list[Advice]) -> str:
    head = ("class", "made", "at once", "life")
    rows = [(each.target, each.amount, f"{each.peak:,}", _life(each.seconds)) for each in advice]
    return table(screen, head, rows, numbers=(1, 2, 3), notes=[_notes(each) for each in advice])


def _notes(each: Advice) -> list[str]:
    """The settings of the pool and the place of construction, and the reason."""
    settings = {"max": each.max, "max_cap": each.max_cap, "scope": each.scope}
    first = [" ".join(f"{name}={value}" for name, value in settings.items() if value is not None)]
    if each.places:
        file, line, _ = each.places[0]
        first.append(f"made at {Path(file).name}:{line}")
    return ["; ".join(filter(None, first)), each.why]


def _life(seconds: float | None) -> str:
    return "-" if seconds is None else text_of_seconds(seconds)
