"""How far a run is: a bar on a terminal, where tqdm is installed, and lines that are printed above it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar

Table = TypeVar("Table", bound=tuple[object, ...])


def _bars() -> Any:
    """What draws bars; None: nothing does, or there is no terminal to draw on. The extra `benchmarks` has tqdm."""
    return importlib.import_module("tqdm").tqdm if sys.stderr.isatty() and find_spec("tqdm") else None


def through(tables: Sequence[Table]) -> Iterable[Table]:
    """The tables, one after another, with a bar that says which one it is."""
    bars = _bars()
    if bars is None:
        yield from tables
        return
    with bars(tables, unit="table", dynamic_ncols=True) as bar:
        for table in bar:
            bar.set_description(str(table[0]))
            yield table


def say(line: str) -> None:
    """Print a line at once."""
    bars = _bars()
    if bars is None:
        print(line, flush=True)
    else:
        bars.write(line)
