"""The workloads: whole programs, run in turn with pools, without pools, and with alternatives, each in a process.

The package `workloads` describes the programs.
"""

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
from benchmarks.workloads._by_hand import POOLS
from benchmarks.workloads._measured import Measured

SEED: Final = 20261125

Metric: TypeAlias = Callable[[Measured], float]


@attrs.frozen
class Variant:
    """A way to run a workload.

    Attributes:
        name: its name in the tables.
        side: the source of its objects: plain, pooled, or a hand-made pool.
        collector: the setting of the cyclic collector.
    """

    name: str
    side: str = "plain"
    collector: str = "default"


POOLED: Final = Variant("pooled", "pooled")
PLAIN: Final = Variant("not pooled")
COLLECTORS: Final = (
    Variant("gc.freeze()", collector="freeze"),
    Variant("gc.set_threshold(50_000)", collector="threshold"),
    Variant("gc.disable()", collector="off"),
)
"""Settings of the collector that are an alternative to pools."""


@attrs.frozen(kw_only=True)
class Workload:
    """How a workload is run.

    Attributes:
        operation: the name of the measured operation.
        warm: how many operations make the working set.
        count: how many are measured.
        quick: the scale and the count of a quick run.
        aims: the least ratios to reach, by metric.
        ahead: the least ratio of the mean to reach against the settings of the collector.
    """

    operation: str
    warm: int = 0
    count: int = 0
    quick: tuple[float, int]
    aims: dict[str, float] = attrs.field(factory=lambda: {"mean": 1.15})
    ahead: float | None = None


WORKLOADS: Final = {
    "scheduler": Workload(operation="step", quick=(0.1, 0), aims={"mean": 1.5}),
    "server": Workload(
        operation="query", warm=30, count=2_000, quick=(0.1, 200), aims={"mean": 3, "p99": 10, "p99.9": 10}, ahead=1.0
    ),
    "particles": Workload(operation="frame", warm=20, count=500, quick=(1, 100), aims={"mean": 1.5, "slowest": 2}),
    "messages": Workload(operation="batch", warm=10, count=300, quick=(1, 60)),
    "async_messages": Workload(operation="batch", warm=10, count=300, quick=(1, 60)),
    "log_lines": Workload(operation="file", warm=150, count=450, quick=(0.2, 60)),
    "etl": Workload(operation="batch", warm=10, count=300, quick=(1, 60)),
    "buffers": Workload(operation="batch", warm=10, count=200, quick=(1, 40)),
}


def percentile(share: float) -> Metric:
    """Return the metric of the time that this share of the operations does not exceed."""

    def at(measured: Measured) -> float:
        ordered = sorted(measured.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    return at


def mean(measured: Measured) -> float:
    """Seconds of an operation."""
    return statistics.fmean(measured.seconds)


METRICS: Final[dict[str, Metric]] = {
    "mean": mean,
    "p50": percentile(0.5),
    "p99": percentile(0.99),
    "p99.9": percentile(0.999),
    "slowest": lambda measured: max(measured.seconds),
}

Round: TypeAlias = dict[Variant, Measured]


def variants_of(name: str, *, quick: bool) -> list[Variant]:
    """Return the variants of a workload. A quick run compares only the server with the settings of the collector."""
    by_hand = [Variant(pool, pool) for pool in POOLS if name == "scheduler"]
    return [POOLED, PLAIN, *(COLLECTORS if name == "server" or not quick else ()), *by_hand]


def workload(name: str, *, quick: bool) -> Iterator[Result]:
    """Yield the memory and the time of an operation, with pools against each other variant."""
    how = WORKLOADS[name]
    variants = variants_of(name, quick=quick)
    rounds = [_round(name, turn, variants, quick=quick) for turn in range(1 if quick else 3)]
    # The aims are for programs that hold as many objects as at full scale.
    aims = {} if quick and how.quick[0] < 1 else how.aims
    yield _memory(rounds)
    for other in variants[1:]:
        yield from _against(other, rounds, aims if other is PLAIN else {"mean": how.ahead} if aims else {})


def _against(other: Variant, rounds: list[Round], aims: dict[str, Any]) -> Iterator[Result]:
    whats = METRICS if other is PLAIN else ("mean", "p99.9", "slowest")
    for what in whats:
        taken = [(METRICS[what](each[POOLED]), METRICS[what](each[other])) for each in rounds]
        result = result_of(f"{what}, against {other.name}", taken, wanted=aims.get(what), unit="ms")
        if what == "mean":
            details = {"pooled": _details(rounds[-1][POOLED]), "other": _details(rounds[-1][other])}
            result = attrs.evolve(result, note=_costs(details), details=details)
        yield result


def _memory(rounds: list[Round]) -> Result:
    taken = [(float(each[POOLED].peak), float(each[PLAIN].peak)) for each in rounds]
    return result_of("peak of resident memory", taken, unit="MiB")


def _round(name: str, turn: int, variants: list[Variant], *, quick: bool) -> Round:
    """Run each variant once, in reverse order at every other turn.

    Raises:
        ValueError: their results differ.
    """
    how = WORKLOADS[name]
    scale, count = how.quick if quick else (1.0, how.count)
    measured = {each: _run(name, each, how.warm, scale, count) for each in variants[:: 1 - turn % 2 * 2]}
    if len({each.digest for each in measured.values()}) > 1:
        raise ValueError(f"{name}: the results of the variants differ; they should be the same")
    return measured


def _run(name: str, variant: Variant, warm: int, scale: float, count: int) -> Measured:
    arguments = (name, variant.side, variant.collector, SEED, scale, warm, count)
    process = subprocess.run(  # noqa: S603 (this very program)
        [sys.executable, "-m", "benchmarks.workloads", *map(str, arguments)],
        cwd=Path(__file__).resolve().parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(process.stdout)
    return Measured(**{**found, "blocks": tuple(found["blocks"])})


def _details(measured: Measured) -> dict[str, Any]:
    """Return the figures of a run besides its mean."""
    return {
        "per second": 1 / mean(measured),
        "processor seconds": measured.busy,
        "collections": measured.collections,
        "seconds in gc": measured.collecting,
        "peak bytes": measured.peak,
        "blocks": measured.blocks,
    }


def _costs(details: dict[str, dict[str, Any]]) -> str:
    """Describe the cost of the collector, the allocator and the memory, not pooled and pooled, in the last round."""
    ours, theirs = details["pooled"], details["other"]
    collections = " -> ".join("/".join(map(str, each["collections"])) for each in (theirs, ours))
    spent = f"{theirs['seconds in gc']:.2f} -> {ours['seconds in gc']:.2f} s"
    memory = f"{theirs['peak bytes'] >> 20} -> {ours['peak bytes'] >> 20} MiB"
    grown = " -> ".join(f"{each['blocks'][1] - each['blocks'][0]:+,}" for each in (theirs, ours))
    return f"gc {collections}, {spent}; {memory}; blocks {grown}"
