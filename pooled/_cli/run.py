"""`python -m pooled run`: runs an unchanged program with pools, and reports what they did."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pooled
from pooled import _config
from pooled._cli.program.execute import CannotRunError, execute
from pooled._cli.program.pool_counts import PoolCounts, Total, total_of
from pooled._cli.program.pooling import start_pooling
from pooled._cli.program.processes import Processes
from pooled._cli.program.unmet_names import unmet_names
from pooled._config import Instrumented

if TYPE_CHECKING:
    import argparse

    from pooled._cli.output import Destination
    from pooled._cli.program.main_classes import MainClasses
    from pooled._cli.program.named import Program
    from pooled._cli.table import Screen


def run(chosen: argparse.Namespace, program: Program) -> int:
    """Run a program with the classes of the command line pooled, and report. Return the program's exit status."""
    try:
        others, own = start_pooling(chosen.config, chosen.pool, chosen.numpy)
        main_classes = _main_classes(own)
        _prepare_report(chosen)
        counts = PoolCounts()
        processes = Processes(counts, _settings(chosen, others, has_own=bool(own)))
        sampling = None if chosen.html is None else pooled.sample(0.01)

        def report(_: int) -> None:
            counts.stop()
            total = total_of(counts, *processes.read_parts())
            names = unmet_names({**_config.current.instrument, **others})
            if sampling is not None:
                sampling.stop()
            _report(chosen, total, names + (main_classes.unmet() if main_classes else []))
            if sampling is not None:
                _write_page(chosen.html)

        if main_classes is None:
            return execute(program, None, lambda _: {}, report, processes.end_child)
        names_for = lambda _: main_classes.builtin_shims()  # noqa: E731
        return execute(program, main_classes.on_class, names_for, report, processes.end_child)
    except (CannotRunError, ImportError, _config.ConfigurationError) as error:
        print(f"python -m pooled run: {error}", file=sys.stderr)
        return 2


def _settings(chosen: argparse.Namespace, targets: Iterable[str], *, has_own: bool) -> dict[str, Any]:
    """The settings for a Python process that the program starts.

    Args:
        chosen: the options of the command.
        targets: the classes to pool.
        has_own: whether there are such classes in the program's own module, too.
    """
    modules = {"pooled", *(target.partition(":")[0] for target in (*targets, *_config.current.instrument))}
    modules.update(["numpy"] if chosen.numpy is not None or _config.current.numpy is not None else [])
    modules.update(["multiprocessing.spawn"] if has_own else [])
    return {
        "command": "run",
        "modules": tuple(modules),
        "at_start": _config.current.gc is not None,
        "config": None if chosen.config is None else str(chosen.config.absolute()),
        "pools": [(target, limits.asdict()) for target, limits in chosen.pool],
        "numpy": chosen.numpy,
    }


def _main_classes(entries: dict[str, Instrumented]) -> MainClasses | None:
    """The object that makes these classes of the program's own module poolable; None if there are none."""
    if not entries:
        return None
    from pooled._cli.program.main_classes import MainClasses  # here, since few runs name such a class

    return MainClasses(entries)


def _prepare_report(chosen: argparse.Namespace) -> None:
    """Import the modules that the report needs now: the program may have modules with the same names."""
    if chosen.json:
        import json  # noqa: F401
    if chosen.html is not None:
        from pooled import report  # noqa: F401


_ALWAYS: Final = ("hits", "misses", "recycled", "live", "parked")
_NOTHING: Final = "pooled: no objects were taken from a pool"
_RARE: Final = ("inserted", "discarded", "escaped", "collected", "detached")


def _report(chosen: argparse.Namespace, total: Total, unmet: list[str]) -> None:
    """Write the statistics of the pools that were used."""
    used = total.pools
    lifetimes = {} if chosen.html is None else _lifetimes(used)
    from pooled._cli import gc_report
    from pooled._cli.output import write

    collector = total.pauses.facts()
    if chosen.json:
        import json

        figures = {
            name: {
                **stats.asdict(),
                "taken": stats.taken,
                "live": stats.live,
                "hit_rate": stats.hit_rate,
                "lifetime": lifetimes.get(name),
            }
            for name, stats in used.items()
        }
        document = {
            "engine": pooled.engine,
            "processes": total.processes,
            "cut_off": total.cut_off,
            "pools": figures,
            "gc": collector,
            "unmet": unmet,
            "left_out": total.left_out,
        }
        write(json.dumps(document, indent=2), chosen.output)
        return
    notes = [
        *_processes(total),
        *_misses(used),
        *_lifetime_notes(lifetimes),
        *unmet,
        *_reasons(total.left_out),
        *_arrays(),
    ]
    if not used and not notes and not gc_report.is_worth_telling(collector):
        write(_NOTHING, chosen.output)
        return
    from pooled._cli.table import Screen

    screen = Screen.of(sys.__stderr__ if chosen.output is None else None)
    pauses = gc_report.lines(screen, collector)
    write("\n".join((_table(screen, used) if used else _NOTHING, *pauses, *map(screen.wrap, notes))), chosen.output)


def _processes(total: Total) -> list[str]:
    """The number of processes in the sums, if there was more than one."""
    if total.processes == 1:
        return []
    cut_off = f"{total.cut_off} of them killed or still running, with their last known counts" if total.cut_off else ""
    return [f"The sum of {total.processes:,} processes{cut_off and f', {cut_off}'}."]


_LOST: Final = {
    "discarded_full": "discarded because the pool was full (max)",
    "discarded_large": "discarded because they were too large (max_cap)",
    "discarded_error": "discarded because a hook raised an exception",
    "discarded_refused": "discarded because reset refused them or they could not be emptied",
    "escaped": "not parked because something else referred to them",
    "collected": "freed by the collector",
    "detached": "detached",
}
"""What happened to objects that were not parked."""


def _misses(used: Mapping[str, pooled.Stats]) -> list[str]:
    """A sentence for each pool with objects that were not parked, which explains its misses."""
    found = []
    for name, stats in used.items():
        lost = {how: getattr(stats, reason) for reason, how in _LOST.items()}
        lost["trimmed"] = max(0, stats.misses + stats.inserted - stats.live - stats.parked - sum(lost.values()))
        why = [f"{count:,} were {how}" for how, count in lost.items() if count]
        left = [f"{stats.live + stats.parked:,} are live or parked"] if stats.live + stats.parked else []
        found += [f"{name} missed {stats.misses:,} times. Of its objects, {', '.join(left + why)}."] if why else []
    return found


def _lifetimes(used: Iterable[str]) -> dict[str, float]:
    """How long the objects of each pool lived on average in this process, in seconds, as far as samples tell."""
    from pooled._report.sampling import latest, lifetimes

    return {name: seconds for name, seconds in lifetimes(latest()).items() if name in used}


def _lifetime_notes(lifetimes: Mapping[str, float]) -> list[str]:
    """A sentence on how long objects lived."""
    from pooled._sizes import text_of_seconds

    lived = ", ".join(f"{name} {text_of_seconds(seconds)}" for name, seconds in lifetimes.items())
    return [f"Mean lifetimes of objects, estimated from samples: {lived}."] if lived else []


def _arrays() -> list[str]:
    """How many bytes of arrays came from the pool, or why none did."""
    used = sys.modules.get("pooled._instrument.array_hook")
    return [*used.refused, *used.served()] if used else []


def _reasons(left_out: Mapping[str, str]) -> list[str]:
    """A sentence for each reason why classes were left out."""
    by_reason: dict[str, list[str]] = {}
    for target, reason in left_out.items():
        by_reason.setdefault(reason, []).append(target)
    return [f"not poolable: {', '.join(targets)}: {reason}" for reason, targets in by_reason.items()]


def _table(screen: Screen, used: Mapping[str, pooled.Stats]) -> str:
    """The statistics as a table. It omits the rare columns in which all are 0."""
    from pooled._cli.table import table

    rare = [name for name in _RARE if any(getattr(stats, name) for stats in used.values())]
    columns = (*_ALWAYS[:3], *rare, *_ALWAYS[3:])
    rows = [(name, *(f"{getattr(stats, column):,}" for column in columns)) for name, stats in used.items()]
    return table(screen, ("pool", *columns), rows, numbers=range(1, len(columns) + 1))


def _write_page(file: Destination) -> None:
    try:
        pooled.report(html=file.path)
    except OSError as error:
        from pooled._cli.output import write

        write(f"python -m pooled: {file.typed}: cannot be written: {error.strerror}", None)
