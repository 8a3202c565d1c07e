"""`python -m pooled run`: runs an unchanged program with pools, and reports what they did."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pooled
from pooled import _config
from pooled._cli.program.execute import CannotRunError, execute
from pooled._cli.program.unmet_names import unmet_names
from pooled._config import Instrumented
from pooled._policy import Limits

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pooled._cli.output import Destination
    from pooled._cli.program.main_classes import MainClasses
    from pooled._cli.program.named import Program
    from pooled._cli.table import Screen


def run(chosen: argparse.Namespace, program: Program) -> int:
    """Run a program with the classes of the command line pooled, and report. Return the program's exit status."""
    try:
        entries = _entries(chosen.config, chosen.pool)
        others = {target: entry for target, entry in entries.items() if not target.startswith("__main__:")}
        if others:
            pooled.instrument.register(others)
        _serve_arrays(chosen.numpy)
        main_classes = _main_classes({target: entry for target, entry in entries.items() if target not in others})
        _prepare_report(chosen)
        sampling = None if chosen.html is None else pooled.sample(0.01)

        def report(_: int) -> None:
            names = unmet_names({**_config.current.instrument, **others})
            _report(chosen, names + (main_classes.unmet() if main_classes else []))
            if sampling is not None:
                sampling.stop()
                _write_page(chosen.html)

        if main_classes is None:
            return execute(program, None, lambda _: {}, report)
        return execute(program, main_classes.on_class, lambda _: main_classes.builtin_shims(), report)
    except (CannotRunError, ImportError, _config.ConfigurationError) as error:
        print(f"python -m pooled run: {error}", file=sys.stderr)
        return 2


def _entries(config: Path | None, pools: list[tuple[str, Limits]]) -> dict[str, Instrumented]:
    """The classes to pool, by name. The other settings of the configuration file take effect here."""
    entries: dict[str, Instrumented] = {}
    if config is not None:
        entries.update(_config.put_in_force(config, os.environ).instrument)
    for target, limits in pools:
        entries[target] = Instrumented(where=f"--pool {target}", limits=limits)
    return entries


def _serve_arrays(max_bytes: int | None) -> None:
    """Pool the memory of NumPy's arrays, if the command line or the configuration file says so."""
    wanted = _config.current.numpy if max_bytes is None else max_bytes
    if wanted is not None:
        from pooled._instrument.array_hook import serve_when_imported  # here, since few runs need it

        serve_when_imported(wanted, warn=False)


def _main_classes(entries: dict[str, Instrumented]) -> MainClasses | None:
    """What makes these classes of the program's own module poolable; None if there are none."""
    if not entries:
        return None
    from pooled._cli.program.main_classes import MainClasses  # here, since few runs name such a class

    return MainClasses({target.partition(":")[2]: entry for target, entry in entries.items()})


def _prepare_report(chosen: argparse.Namespace) -> None:
    """Import now what the report will import: the program may have modules of the same names."""
    if chosen.json:
        import json  # noqa: F401
    if chosen.html is not None:
        from pooled import report  # noqa: F401


_ALWAYS: Final = ("hits", "misses", "recycled", "live", "parked")
_NOTHING: Final = "pooled: nothing came from a pool"
_RARE: Final = ("discarded", "escaped", "collected", "detached")


def _report(chosen: argparse.Namespace, unmet: list[str]) -> None:
    """Write the statistics of the pools that were used."""
    used = {name: stats for name, stats in pooled.stats().items() if stats.taken or stats.parked}
    from pooled._cli.output import write

    if chosen.json:
        import json

        figures = {
            name: {**stats.asdict(), "taken": stats.taken, "live": stats.live, "hit_rate": stats.hit_rate}
            for name, stats in used.items()
        }
        document = {"engine": pooled.engine, "pools": figures, "unmet": unmet, "left_out": _left_out()}
        write(json.dumps(document, indent=2), chosen.output)
        return
    notes = [*unmet, *_reasons(), *_arrays()]
    if not used and not notes:
        write(_NOTHING, chosen.output)
        return
    from pooled._cli.table import Screen

    screen = Screen.of(sys.__stderr__ if chosen.output is None else None)
    write("\n".join((_table(screen, used) if used else _NOTHING, *map(screen.wrap, notes))), chosen.output)


def _left_out() -> dict[str, str]:
    """Why classes of modules that were named as a whole are not poolable, by target."""
    used = sys.modules.get("pooled._instrument.whole_module")
    return used.left_out if used else {}


def _arrays() -> list[str]:
    """How many bytes of arrays came from the pool, or why none did."""
    used = sys.modules.get("pooled._instrument.array_hook")
    return [*used.refused, *used.served()] if used else []


def _reasons() -> list[str]:
    """A sentence for each reason in `_left_out`."""
    by_reason: dict[str, list[str]] = {}
    for target, reason in _left_out().items():
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
