"""The progress of a run: a bar on a terminal, if tqdm is installed, and lines that are printed above the bar."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar

Table = TypeVar("Table", bound=tuple[object, ...])


def _bars() -> Any:
    """Return tqdm; None if it is not installed or if there is no terminal. The extra `benchmarks` has tqdm."""
    return importlib.import_module("tqdm").tqdm if sys.stderr.isatty() and find_spec("tqdm") else None


def through(tables: Sequence[Table]) -> Iterable[Table]:
    """Yield the tables, and show the current one in a bar."""
    bars = _bars()
    if bars is None:
        yield from tables
        return
    with bars(tables, unit="table", dynamic_ncols=True) as bar:
        for table in bar:
            bar.set_description(str(table[0]))
            yield table


def say(line: str) -> None:
    """Print a line immediately."""
    bars = _bars()
    if bars is None:
        print(line, flush=True)
    else:
        bars.write(line)
