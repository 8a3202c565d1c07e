"""The workloads: whole programs with and without pools, in turn, each side in a process of its own; see `workloads`."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from benchmarks._measuring import Result, result_of
from benchmarks.workloads._measured import Measured

SEED: Final = 20261125

Metric: TypeAlias = Callable[[Measured], float]


@attrs.frozen
class Workload:
    """How a workload is run.

    Attributes:
        operation: what is measured each time.
        warm: how many operations make the working set.
        count: how many are measured.
        quick: the scale and the count of a quick run.
        aims: the least ratios that are wanted, by what is looked at; that of the mean is 1.15 if nothing is said.
    """

    operation: str
    warm: int
    count: int
    quick: tuple[float, int]
    aims: dict[str, float] = attrs.field(factory=dict)


WORKLOADS: Final = {
    "scheduler": Workload("step", 0, 0, (0.1, 0), {"mean": 1.5}),
    "server": Workload("query", 30, 2_000, (0.1, 200), {"mean": 3.0, "p99": 10.0, "p99.9": 10.0}),
    "particles": Workload("frame", 20, 500, (1.0, 100), {"mean": 1.5, "slowest": 2.0}),
    "messages": Workload("batch", 10, 300, (1.0, 60)),
    "log_lines": Workload("file", 150, 450, (0.2, 60)),
    "etl": Workload("batch", 10, 300, (1.0, 60)),
    "buffers": Workload("batch", 10, 200, (1.0, 40)),
}

SETTINGS: Final = {"freeze": "gc.freeze()", "threshold": "gc.set_threshold(50_000)", "off": "gc.disable()"}
"""What people do about the collector, by the name of the workloads' setting."""


def percentile(share: float) -> Metric:
    """What so large a share of the operations did not take longer than."""

    def at(measured: Measured) -> float:
        ordered = sorted(measured.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    return at


METRICS: Final[dict[str, Metric]] = {
    "mean": lambda measured: statistics.fmean(measured.seconds),
    "p50": percentile(0.5),
    "p99": percentile(0.99),
    "p99.9": percentile(0.999),
    "slowest": lambda measured: max(measured.seconds),
}


def workloads(*, quick: bool) -> Iterator[Result]:
    """Each workload with and without pools, by what an operation took."""
    for name, workload in WORKLOADS.items():
        pairs = _in_turn(name, workload, "default", quick=quick)
        for what, metric in METRICS.items():
            # What is wanted of the server is wanted of one that holds as much as at full scale.
            aims = {} if quick and workload.quick[0] < 1 else {"mean": 1.15, **workload.aims}
            note = _costs(pairs) if what == "mean" else ""
            yield _result(f"{name}, {workload.operation}: {what}", pairs, metric, aims.get(what), note)


def collectors(*, quick: bool) -> Iterator[Result]:
    """The server, pooled, against what people do about the collector today; memory included."""
    workload = WORKLOADS["server"]
    for setting, call in SETTINGS.items():
        pairs = _in_turn("server", workload, setting, quick=quick)
        for what in ("mean", "p99.9"):
            note = _costs(pairs) if what == "mean" else ""
            yield _result(f"server, {call}: {what}", pairs, METRICS[what], 1.0, note)


Pairs: TypeAlias = list[tuple[Measured, Measured]]


def _in_turn(name: str, workload: Workload, setting: str, *, quick: bool) -> Pairs:
    """Rounds of the pooled side and, with the collector set so, of the other, in turn.

    Raises:
        ValueError: something else came out where it is pooled.
    """
    scale, count = workload.quick if quick else (1.0, workload.count)
    pairs = []
    for turn in range(1 if quick else 5):
        sides = [("pooled", "default"), ("plain", setting)]
        measured = {
            side: _run(name, side, collector, workload.warm, scale, count)
            for side, collector in sides[:: 1 - turn % 2 * 2]
        }
        if measured["pooled"].digest != measured["plain"].digest:
            raise ValueError(f"{name}: pooled, the answers are others; they should be the same")
        pairs.append((measured["pooled"], measured["plain"]))
    return pairs


def _run(name: str, side: str, collector: str, warm: int, scale: float, count: int) -> Measured:
    arguments = (name, side, collector, SEED, scale, warm, count)
    process = subprocess.run(  # noqa: S603 (this very program)
        [sys.executable, "-m", "benchmarks.workloads", *map(str, arguments)],
        cwd=Path(__file__).resolve().parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(process.stdout)
    return Measured(**{**found, "blocks": tuple(found["blocks"])})


def _result(case: str, pairs: Pairs, metric: Metric, wanted: float | None, note: str) -> Result:
    taken = [(metric(ours), metric(theirs)) for ours, theirs in pairs]
    collections = [sum(ours.collections) for ours, _ in pairs]
    result = result_of(case, taken, wanted=wanted, note=note)
    return attrs.evolve(result, collections=int(statistics.median(collections)))


def _costs(pairs: Pairs) -> str:
    """What the collector and the memory cost, not pooled and pooled, in the last round."""
    ours, theirs = pairs[-1]
    full = f"full {theirs.collections[2]} -> {ours.collections[2]}"
    spent = f"gc {theirs.collecting:.2f} -> {ours.collecting:.2f} s"
    return f"{full}, {spent}, {theirs.peak >> 20} -> {ours.peak >> 20} MiB"
