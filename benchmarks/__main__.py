"""Measure code with pools against the same code without pools, in turn in the same run, and print the ratios.

A ratio is not pooled / pooled, the median over pairs: above 1, the pooled code is faster. The first and the third
quartile are in brackets. "aim" is the least ratio to reach, and "!" marks a ratio below its aim.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import attrs

import pooled
from benchmarks import (
    _arrays,
    _cases,
    _comparing,
    _construction,
    _containers,
    _fields,
    _growth,
    _instructions,
    _nanobind,
    _off,
    _peers,
    _progress,
    _threads,
    _workloads,
)
from benchmarks._measuring import Result

Section: TypeAlias = tuple[str, Iterator[Result]]
"""The title of a table, and its rows. The text before a colon in the title is the group of the table."""


def sections(*, quick: bool) -> Iterator[Section]:
    """The tables, by title."""
    pairs = 15 if quick else 51
    burst = 100_000
    yield "take + drop", _cases.take_and_drop(pairs)
    yield "construction: calls", _construction.calls(5 if quick else 21)
    yield "construction: a __post_init__", _construction.finished(5 if quick else 21)
    yield "construction: objects that decoders make", _construction.decoders(5 if quick else 21)
    yield "construction: msgspec.Struct", _construction.structs(5 if quick else 21)
    yield "containers: filled and dropped", _containers.made(pairs)
    yield "containers: item assignment", _containers.item_assignment(pairs)
    yield "the engine off", _off.cases(pairs)
    yield "attribute reads", _cases.attribute_reads(pairs)
    yield "bursts, gc on", _cases.bursts(5 if quick else 15, burst)
    yield "the grid: make, fill, drop", _cases.grid(7 if quick else 31, _cases.SMALL_SIZES)
    yield "the grid, large", _cases.grid(3 if quick else 9, _cases.LARGE_SIZES)
    yield "a large table, little used", _cases.little_used(pairs)
    yield "classes that know their fields: take, fill, drop", _fields.lives(pairs)
    yield "classes that know their fields: bursts, gc on", _fields.bursts(5 if quick else 15)
    yield "classes that know their fields: requests, gc on", _fields.requests(3 if quick else 7)
    yield "threads: what company costs", _threads.scaling(5 if quick else 15)
    yield "growth: objects that are out", _growth.live(7 if quick else 31)
    yield "growth: poolable classes", _growth.classes(7 if quick else 31)
    yield "growth: threads", _growth.threads(1 if quick else 5)
    if not quick:  # two minutes
        yield "instructions of a take and a drop", _instructions.cases()
    yield "peers: a class of nanobind", _nanobind.cases(7 if quick else 31)
    yield "peers: a small object", _peers.small(7 if quick else 31)
    yield "peers: an object of parts", _peers.parts(7 if quick else 31)
    for name, how in _workloads.WORKLOADS.items():
        yield f"workload: {name}, {how.operation} by {how.operation}", _workloads.workload(name, quick=quick)
    if find_spec("numpy") is None:
        print("\nbuffers and arrays: left out, numpy is not installed")
        return
    from benchmarks import _memory  # it needs numpy

    yield "buffers: take, fill, drop", _memory.buffers(pairs)
    yield "arrays: take, fill, drop", _memory.arrays(pairs)
    if find_spec("pooled._memory.arrays") is None:
        print("\npooled_arrays: left out, the C extension of arrays was not built")
        return
    yield "arrays: an expression", _arrays.expression(quick=quick)
    yield "arrays: an expression, written by hand", _arrays.by_hand(quick=quick)
    yield "arrays: page faults of a step", _arrays.faults(quick=quick)
    yield "arrays: numpy.zeros", _arrays.zeros(quick=quick)
    yield "arrays: small ones, installed", _arrays.small(quick=quick)
    yield "arrays: programs", _arrays.programs(quick=quick)


def table(title: str, results: Iterable[Result]) -> list[Result]:
    """Print a table row by row, and the mean under a grid; return the rows."""
    _progress.say(f"\n{title}")
    done = []
    for result in results:
        missed = result.wanted is not None and result.ratio < result.wanted
        aim = "" if result.wanted is None else f"aim {result.wanted:.2f}"
        collections = "" if result.collections is None else f"  gc collections: {result.collections}"
        note = f"  {result.note}" if result.note else ""
        ours, theirs = (figure(value, result.unit) for value in (result.pooled, result.other))
        _progress.say(
            f"  {result.case:46} {ours} {theirs} {result.ratio:6.2f}"
            f" ({result.low:.2f} to {result.high:.2f})  {aim}{' !' if missed else ''}{collections}{note}"
        )
        done.append(result)
    reached = [result.ratio >= result.wanted for result in done if result.wanted is not None]
    if reached:
        _progress.say(f"  {sum(reached)} of {len(reached)} aims reached")
    if title.startswith("the grid"):
        lowest = min(done, key=lambda result: result.ratio)
        mean = statistics.geometric_mean(result.ratio for result in done)
        _progress.say(f"  geometric mean {mean:.2f}, lowest {lowest.ratio:.2f} ({lowest.case})")
    return done


def figure(value: float, unit: str) -> str:
    """Format a figure of a table. In small units, decimals are noise."""
    return f"{value:12,.{2 if unit == 'ms' else 0}f} {unit:3.3}"


def select(parser: argparse.ArgumentParser, every: list[Section], groups: list[str], only: str) -> list[Section]:
    """Return the tables of these groups, or of all groups if none is named, whose titles contain `only`."""
    known = list(dict.fromkeys(title.partition(":")[0] for title, _ in every))
    for group in groups:
        if group not in known:
            parser.error(f"{group!r}: expected one of the groups {', '.join(map(repr, known))}")
    chosen = [each for each in every if not groups or each[0].partition(":")[0] in groups]
    wanted = [each for each in chosen if only in each[0]]
    if not wanted:
        titles = ", ".join(repr(title) for title, _ in chosen)
        parser.error(f"--only {only!r}: expected a part of one of the titles {titles}")
    return wanted


def main() -> None:
    """Measure the tables that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "groups", nargs="*", metavar="GROUP", help="only the tables whose titles begin with GROUP and a colon"
    )
    parser.add_argument("--quick", action="store_true", help="fewer pairs; ends within five minutes")
    parser.add_argument("--only", metavar="TEXT", default="", help="only the tables with this in their titles")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    parser.add_argument(
        "--compare", type=Path, metavar="OLD.json", help="list the cases that got slower since; exit status 1 if any"
    )
    chosen = parser.parse_args()
    try:
        earlier = None if chosen.compare is None else _comparing.read(chosen.compare)
    except (OSError, ValueError) as error:
        parser.error(f"--compare: {error}")
    print(f"Python {sys.version.split()[0]}, pooled {pooled.__version__}, engine {pooled.engine}")
    print(f"  {'':46} {'pooled':>15} {'not pooled':>15}  ratio")
    wanted = select(parser, list(sections(quick=chosen.quick)), chosen.groups, chosen.only)
    tables = {title: table(title, results) for title, results in _progress.through(wanted)}
    if chosen.json is not None:
        figures = {title: [attrs.asdict(result) for result in results] for title, results in tables.items()}
        machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        date = datetime.now(tz=UTC).date().isoformat()
        command = " ".join(["python -m benchmarks", *chosen.groups, *["--quick"] * chosen.quick])
        about: dict[str, Any] = {
            "python": sys.version,
            "engine": pooled.engine,
            "machine": machine,
            "date": date,
            "command": command,
        }
        about["tables"] = figures
        chosen.json.write_text(json.dumps(about, indent=2) + "\n")
    if earlier is not None:
        worse = list(_comparing.worse(tables, earlier))
        print(
            f"\nof {_comparing.compared(tables, earlier)} cases, slower than before: {len(worse)}", *worse, sep="\n  "
        )
        sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
