"""`python -m pooled run`: a program as it is, with pools."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import attrs

import pooled
from pooled import _config, instrument
from pooled._cli._arguments import program_of
from pooled._cli._program import CannotRunError, execute, write
from pooled._config import Instrumented
from pooled._policy import Limits
from pooled._stand_ins import STOCK, stand_in


def run(chosen: argparse.Namespace) -> int:
    """Run a program with what the command line says is to be pooled, and report; the program's exit status."""
    program = program_of(chosen)
    try:
        entries = _entries(chosen.config, chosen.pool)
        own = {target.partition(":")[2]: entry for target, entry in entries.items() if target.startswith("__main__:")}
        instrument.register({target: entry for target, entry in entries.items() if not target.startswith("__main__:")})
        sees = _Sees(own)
        sampling = None if chosen.html is None else pooled.sample(0.01)
        status = execute(program, sees.see, sees.names())
    except (CannotRunError, _config.ConfigurationError) as error:
        print(f"python -m pooled run: {error}", file=sys.stderr)
        return 2
    _report(chosen, [f"__main__:{name}" for name in sees.unseen])
    if sampling is not None:
        sampling.stop()
        pooled.report(html=chosen.html)
    return status


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
        self.unseen = {name for name in entries if name not in STOCK}

    def names(self) -> dict[str, Any]:
        """What the program's module has before it begins: what stands for the builtin containers."""
        return {
            name: stand_in(name, "__main__", attrs.asdict(entry.limits))
            for name, entry in self._entries.items()
            if name in STOCK
        }

    def see(self, name: str, cls: type) -> type:
        """What a class is to be."""
        entry = self._entries.get(name)
        if entry is None:
            return cls
        self.unseen.discard(name)
        arguments = instrument.arguments_of(entry)
        for method in ("reset", "capacity"):
            if isinstance(arguments[method], str):
                arguments[method] = getattr(cls, arguments[method])
        poolable: type = pooled.poolable(**arguments)(cls)
        return poolable


def _report(chosen: argparse.Namespace, unseen: list[str]) -> None:
    """What the pools did that were used."""
    used = {name: stats for name, stats in pooled.stats().items() if stats.taken or stats.parked}
    for target in unseen:
        print(f"python -m pooled run: the program made no class {target}", file=sys.stderr)
    if chosen.json:
        figures = {
            name: {**attrs.asdict(stats), "taken": stats.taken, "live": stats.live, "hit_rate": stats.hit_rate}
            for name, stats in used.items()
        }
        write(json.dumps({"engine": pooled.engine, "pools": figures}, indent=2), chosen.output)
    else:
        write(str(type(pooled.stats())(used)) if used else "pooled: nothing came from a pool", chosen.output)
