"""The method of measurement: two statements run in turn, in pairs, and the result is the ratio of each pair.

The machines are shared and noisy, so a single time says little. The result is the median over pairs that were measured
directly one after the other, and its spread shows how reliable it is. The clock is the processor time of the process,
which does not include the time of other processes.
"""

from __future__ import annotations

import gc
import statistics
import time
import timeit
from collections.abc import Callable
from typing import Any

import attrs

UNITS = {"ns": 1e9, "ms": 1e3, "MiB": 1 / (1 << 20), "instructions": 1.0, "faults": 1.0}
"""The units of figures, and how many of each make a second, a byte, or one counted item."""

CLOCK = time.process_time

LEAST_SECONDS = 0.004
"""A sample runs at least this long, so that the resolution of the clock and single interrupts do not matter."""


@attrs.frozen(kw_only=True)
class Result:
    """The result of a comparison.

    Attributes:
        case: the name of the comparison.
        pooled: the median cost of one round of the pooled statement, in `unit`.
        other: the same for the other statement.
        ratio: other / pooled, the median over the pairs: above 1, the pooled one is faster.
        low: a quarter of the pairs were below this ratio.
        high: a quarter of the pairs were above this ratio.
        wanted: the aim, which is a least ratio; None without an aim.
        collections: the garbage collections during the pooled rounds; None if they were not counted.
        note: a remark for the table; may be empty.
        unit: the unit of both figures.
        details: further figures of each side, for charts.
    """

    case: str
    pooled: float
    other: float
    ratio: float
    low: float
    high: float
    wanted: float | None = None
    collections: int | None = None
    note: str = ""
    unit: str = "ns"
    details: dict[str, dict[str, Any]] = attrs.field(factory=dict)


def compare(case: str, pooled: str, other: str, names: dict[str, Any], **options: Any) -> Result:
    """Compare two statements that see `names`; `options` are those of `compare_timers`."""
    ours, theirs = (timeit.Timer(each, timer=CLOCK, globals=names).timeit for each in (pooled, other))
    return compare_timers(case, ours, theirs, **options)


def compare_timers(
    case: str,
    pooled: Callable[[int], float],
    other: Callable[[int], float],
    *,
    pairs: int,
    wanted: float | None = None,
    rounds: int | None = None,
) -> Result:
    """Compare two functions that run something a number of times and return the seconds that this took."""
    rounds = rounds or max(_rounds_for(pooled), _rounds_for(other))
    return result_of(case, take_pairs(pooled, other, pairs=pairs, rounds=rounds), wanted=wanted)


def take_pairs(
    pooled: Callable[[int], float], other: Callable[[int], float], *, pairs: int, rounds: int
) -> list[tuple[float, float]]:
    """Call two functions, like those of `compare_timers`, in turn. Return the cost of a round of each, pair by pair."""
    taken: list[tuple[float, float]] = []
    gc.collect()
    for turn in range(pairs):
        first, second = (pooled, other) if turn % 2 else (other, pooled)
        one, two = first(rounds) / rounds, second(rounds) / rounds
        taken.append((one, two) if turn % 2 else (two, one))
    return taken


def result_of(case: str, taken: list[tuple[float, float]], *, wanted: float | None = None, unit: str = "ns") -> Result:
    """Return the medians of pairs, pooled and not pooled, of seconds or of other amounts in a unit of `UNITS`."""
    scale = UNITS[unit]
    ratios = sorted(theirs / ours for ours, theirs in taken)
    quarter = len(ratios) // 4
    return Result(
        case=case,
        pooled=statistics.median(ours for ours, _ in taken) * scale,
        other=statistics.median(theirs for _, theirs in taken) * scale,
        ratio=statistics.median(ratios),
        low=ratios[quarter],
        high=ratios[-1 - quarter],
        wanted=wanted,
        unit=unit,
    )


def _rounds_for(timer: Callable[[int], float]) -> int:
    rounds = 1
    while timer(rounds) < LEAST_SECONDS:
        rounds *= 2
    return rounds


def compare_bursts(case: str, pooled: str, other: str, names: dict[str, Any], *, count: int, **options: Any) -> Result:
    """Compare two expressions in bursts, with the collector on: make `count` objects, then drop all of them.

    `options` are those of `compare_timers`. The figures are for one burst, of `rounds` successive bursts.
    """
    collections: list[int] = []
    pooled_burst = _burst(pooled, names, count, collections)
    pooled_burst(1)  # makes the working set
    collections.clear()
    result = compare_timers(case, pooled_burst, _burst(other, names, count, []), **options)
    return attrs.evolve(result, collections=sum(collections))


def _burst(make: str, names: dict[str, Any], count: int, collections: list[int]) -> Callable[[int], float]:
    """Return a timer for bursts, which appends the number of garbage collections during them to `collections`."""
    timer = timeit.Timer(
        f"alive = [{make} for _ in everyone]; del alive",
        setup="gc.enable()",  # timeit turns the collector off
        timer=CLOCK,
        globals={**names, "everyone": range(count), "gc": gc},
    )

    def burst(rounds: int) -> float:
        gc.collect()
        before = _collections()
        seconds = timer.timeit(rounds)
        collections.append(_collections() - before)
        return seconds

    return burst


def _collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())
