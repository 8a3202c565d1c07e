"""Measure the alternatives to pooling in turn, and print the tables.

Each variant runs in a process of its own, in rounds; every round begins with another variant. The times are processor
times of the operations. Each round has the same operations, and the least time of each of them counts, since other
programs on the machine only add to it. A table has the mean, the 99th percentile and the longest of these times, and
the peak of the resident memory. The variants have to give the same results.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks.alternatives._tables import tables

ROOT = Path(__file__).resolve().parent.parent.parent


@attrs.frozen
class Variant:
    """A way to make the objects, and a setting of the garbage collector."""

    name: str
    kind: str
    collector: str = "default"


VARIANTS: Final = (
    Variant("nothing", "plain"),
    Variant("`__slots__`", "slots"),
    Variant("msgspec.Struct", "struct"),
    Variant("msgspec.Struct, `gc=False`", "untracked-struct"),
    Variant("`gc.disable()`", "plain", "off"),
    Variant("`gc.freeze()` and a threshold", "plain", "frozen"),
    Variant("the same and `__slots__`", "slots", "frozen"),
    Variant("the same and msgspec.Struct, `gc=False`", "untracked-struct", "frozen"),
    Variant("a hand-made pool", "by-hand"),
    Variant("**pooled**", "pooled"),
    Variant("**pooled**, `gc.freeze()` and a threshold", "pooled", "frozen"),
    Variant("**pooled**, the same and `__slots__`", "pooled-slots", "frozen"),
)

OPERATIONS: Final = {"server": (10, 250), "batch": (10, 80), "stream": (10, 80)}
"""How many operations of each program come before the measured ones, and how many are measured."""


def run(program: str, variant: Variant, *, quick: bool) -> dict[str, Any]:
    """One run, in a process of its own."""
    scale, (warm, count) = (0.1, (2, 20)) if quick else (1.0, OPERATIONS[program])
    arguments = map(str, (program, variant.kind, variant.collector, scale, warm, count))
    process = subprocess.run(  # noqa: S603 (this very program)
        [sys.executable, "-m", "benchmarks.alternatives._run", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(process.stdout)
    return measured


def measure(program: str, rounds: int, *, quick: bool) -> dict[str, dict[str, float]]:
    """The figures of each variant.

    Raises:
        ValueError: the results of the variants differ.
    """
    runs: dict[str, list[dict[str, Any]]] = {variant.name: [] for variant in VARIANTS}
    for number in range(rounds):
        start = number * 5 % len(VARIANTS)
        for variant in (*VARIANTS[start:], *VARIANTS[:start]):
            runs[variant.name].append(run(program, variant, quick=quick))
        print(f"{program}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    if len({each["digest"] for several in runs.values() for each in several}) > 1:
        raise ValueError(f"{program}: the variants have different results")
    return {name: figures(several) for name, several in runs.items()}


def figures(runs: list[dict[str, Any]]) -> dict[str, float]:
    """The mean and the 99th percentile in milliseconds, the memory in MiB, and the medians of the rounds."""
    seconds = [min(times) for times in zip(*(each["seconds"] for each in runs), strict=True)]
    return {
        "mean": round(statistics.fmean(seconds) * 1e3, 3),
        "p99": round(percentile(seconds), 3),
        "slowest": round(max(seconds) * 1e3, 3),
        "memory": round(statistics.median(each["peak"] for each in runs) / (1 << 20), 1),
        "median mean of the rounds": round(
            statistics.median(statistics.fmean(each["seconds"]) for each in runs) * 1e3, 3
        ),
        "median p99 of the rounds": round(statistics.median(percentile(each["seconds"]) for each in runs), 3),
        "collections": statistics.median(sum(each["collections"]) for each in runs),
    }


def percentile(seconds: list[float]) -> float:
    """The 99th percentile, in milliseconds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[-1] * 1e3


def main() -> None:
    """Measure, or print the tables of earlier runs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alternatives", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*OPERATIONS], default=[*OPERATIONS], help="these programs")
    parser.add_argument("--rounds", type=int, default=6, help="runs of each variant (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="check that everything runs; the figures mean nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    parser.add_argument("--tables", nargs="+", type=Path, metavar="FILE", help="print the tables of these files")
    given = parser.parse_args()
    if given.tables:
        print(tables([json.loads(path.read_text("utf-8")) for path in given.tables]))
        return
    about: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": datetime.now(tz=UTC).date().isoformat(),
        "rounds": given.rounds,
        "programs": {},
    }
    for program in given.only:
        about["programs"][program] = measure(program, given.rounds, quick=given.quick)
        if given.json is not None:
            given.json.write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    print(tables([about]))


if __name__ == "__main__":
    main()
