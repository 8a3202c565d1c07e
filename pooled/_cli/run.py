"""`python -m pooled run`: runs an unchanged program with pools, and reports what they did."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

import pooled
from pooled import _config, instrument
from pooled._cli.arguments import program_of
from pooled._cli.output import Destination, write
from pooled._cli.program.execute import CannotRunError, execute, never_imported
from pooled._cli.table import Screen, table
from pooled._config import Instrumented
from pooled._instrument.builtin_shims import BUILTINS, shim
from pooled._policy import Limits


def run(chosen: argparse.Namespace) -> int:
    """Run a program with the classes of the command line pooled, and report. Return the program's exit status."""
    program = program_of(chosen)
    try:
        entries = _entries(chosen.config, chosen.pool)
        own = {target.partition(":")[2]: entry for target, entry in entries.items() if target.startswith("__main__:")}
        others = {target: entry for target, entry in entries.items() if not target.startswith("__main__:")}
        instrument.register(others)
        main_classes = _MainClasses(own)
        sampling = None if chosen.html is None else pooled.sample(0.01)

        def report(_: int) -> None:
            _report(chosen, _unmet({**_config.current.instrument, **others}, main_classes))
            if sampling is not None:
                sampling.stop()
                _write_page(chosen.html)

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


class _MainClasses:
    """Makes the named classes of the program's own module poolable."""

    def __init__(self, entries: dict[str, Instrumented]) -> None:
        self._entries = entries
        self.unseen = [name for name in entries if name not in BUILTINS]
        self.seen: list[str] = []

    def builtin_shims(self) -> dict[str, Any]:
        """The shims of the named builtin containers, by name."""
        return {
            name: shim(name, "__main__", attrs.asdict(entry.limits))
            for name, entry in self._entries.items()
            if name in BUILTINS
        }

    def on_class(self, name: str, cls: type) -> type:
        """Return the poolable class, if it was named, or the class itself."""
        self.seen.append(name)
        entry = self._entries.get(name)
        if entry is None:
            return cls
        if name in self.unseen:
            self.unseen.remove(name)
        return instrument.pooled_class(entry.where, cls, instrument.arguments_of(entry))


def _unmet(entries: Mapping[str, Instrumented], main_classes: _MainClasses) -> list[str]:
    """A sentence for each named class that was never defined."""
    return never_imported(entries) + [
        f"the program made no class __main__:{name}{instrument.close_to(name, main_classes.seen)}"
        for name in main_classes.unseen
    ]


_ALWAYS: Final = ("hits", "misses", "recycled", "live", "parked")
_RARE: Final = ("discarded", "escaped", "collected", "detached")


def _report(chosen: argparse.Namespace, unmet: list[str]) -> None:
    """Write the statistics of the pools that were used."""
    used = {name: stats for name, stats in pooled.stats().items() if stats.taken or stats.parked}
    if chosen.json:
        figures = {
            name: {**attrs.asdict(stats), "taken": stats.taken, "live": stats.live, "hit_rate": stats.hit_rate}
            for name, stats in used.items()
        }
        write(json.dumps({"engine": pooled.engine, "pools": figures, "unmet": unmet}, indent=2), chosen.output)
        return
    screen = Screen.of(sys.__stderr__ if chosen.output is None else None)
    lines = [_table(screen, used) if used else "pooled: nothing came from a pool"]
    write("\n".join((*lines, *map(screen.wrap, unmet))), chosen.output)


def _table(screen: Screen, used: Mapping[str, pooled.Stats]) -> str:
    """The statistics as a table. It omits the rare columns in which all are 0."""
    rare = [name for name in _RARE if any(getattr(stats, name) for stats in used.values())]
    columns = (*_ALWAYS[:3], *rare, *_ALWAYS[3:])
    rows = [(name, *(f"{getattr(stats, column):,}" for column in columns)) for name, stats in used.items()]
    return table(screen, ("pool", *columns), rows, numbers=range(1, len(columns) + 1))


def _write_page(file: Destination) -> None:
    try:
        pooled.report(html=file.path)
    except OSError as error:
        write(f"python -m pooled: {file.typed}: cannot be written: {error.strerror}", None)
