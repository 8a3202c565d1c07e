"""`python -m pooled run`: a program as it is, with pools."""

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
from pooled._instrument.builtin_shims import STOCK, shim
from pooled._policy import Limits


def run(chosen: argparse.Namespace) -> int:
    """Run a program with what the command line says is to be pooled, and report; the program's exit status."""
    program = program_of(chosen)
    try:
        entries = _entries(chosen.config, chosen.pool)
        own = {target.partition(":")[2]: entry for target, entry in entries.items() if target.startswith("__main__:")}
        others = {target: entry for target, entry in entries.items() if not target.startswith("__main__:")}
        instrument.register(others)
        sees = _Sees(own)
        sampling = None if chosen.html is None else pooled.sample(0.01)

        def report(_: int) -> None:
            _report(chosen, _unmet({**_config.current.instrument, **others}, sees))
            if sampling is not None:
                sampling.stop()
                _write_page(chosen.html)

        return execute(program, sees.see, lambda _: sees.names(), report)
    except (CannotRunError, ImportError, _config.ConfigurationError) as error:
        print(f"python -m pooled run: {error}", file=sys.stderr)
        return 2


def _entries(config: Path | None, pools: list[tuple[str, Limits]]) -> dict[str, Instrumented]:
    """What is to be made poolable, by the names of the classes; the rest of a configuration is put in force."""
    entries: dict[str, Instrumented] = {}
    if config is not None:
        entries.update(_config.put_in_force(config, os.environ).instrument)
    for target, limits in pools:
        entries[target] = Instrumented(where=f"--pool {target}", limits=limits)
    return entries


class _Sees:
    """Makes those classes of the program itself poolable that somebody named."""

    def __init__(self, entries: dict[str, Instrumented]) -> None:
        self._entries = entries
        self.unseen = [name for name in entries if name not in STOCK]
        self.seen: list[str] = []

    def names(self) -> dict[str, Any]:
        """What the program's module has before it begins: what stands for the builtin containers."""
        return {
            name: shim(name, "__main__", attrs.asdict(entry.limits))
            for name, entry in self._entries.items()
            if name in STOCK
        }

    def see(self, name: str, cls: type) -> type:
        """What a class is to be."""
        self.seen.append(name)
        entry = self._entries.get(name)
        if entry is None:
            return cls
        if name in self.unseen:
            self.unseen.remove(name)
        return instrument.pooled_class(entry.where, cls, instrument.arguments_of(entry))


def _unmet(entries: Mapping[str, Instrumented], sees: _Sees) -> list[str]:
    """What is to be said of classes that never came."""
    return never_imported(entries) + [
        f"the program made no class __main__:{name}{instrument.close_to(name, sees.seen)}" for name in sees.unseen
    ]


_ALWAYS: Final = ("hits", "misses", "recycled", "live", "parked")
_SELDOM: Final = ("discarded", "escaped", "collected", "detached")


def _report(chosen: argparse.Namespace, unmet: list[str]) -> None:
    """What the pools did that were used."""
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
    write("\n".join((*lines, *map(screen.folded, unmet))), chosen.output)


def _table(screen: Screen, used: Mapping[str, pooled.Stats]) -> str:
    """Figures; of those that are seldom anything else than 0 the ones that are."""
    some = [name for name in _SELDOM if any(getattr(stats, name) for stats in used.values())]
    columns = (*_ALWAYS[:3], *some, *_ALWAYS[3:])
    rows = [(name, *(f"{getattr(stats, column):,}" for column in columns)) for name, stats in used.items()]
    return table(screen, ("pool", *columns), rows, numbers=range(1, len(columns) + 1))


def _write_page(file: Destination) -> None:
    try:
        pooled.report(html=file.path)
    except OSError as error:
        write(f"python -m pooled: {file.typed}: cannot be written: {error.strerror}", None)
