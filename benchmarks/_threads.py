"""The cases of threads: takes and drops on several threads at the same time, from local and global pools."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import define, field

from benchmarks._measuring import Result, result_of
from pooled import poolable, take
from pooled.containers import List

THREADS: Final = 2
"""The cores of the smallest machine: with more threads, they would wait for a core instead of for one another."""

MANY: Final = 8
"""More threads than cores."""

ROUNDS: Final = 100_000


@define
class Row:
    """An object with containers of its own."""

    number: int = 0
    name: str = ""
    items: list[int] = field(factory=list)
    index: dict[str, int] = field(factory=dict)
    tags: set[str] = field(factory=set)


@poolable
@define
class PooledRow(Row):
    """The same, pooled."""


class Point:
    """A small object."""

    __slots__ = ("x", "y")

    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y


@poolable
class PooledPoint(Point):
    """The same, pooled."""

    __slots__ = ()


@poolable(scope="global")
class GlobalPoint(Point):
    """The same, with one pool for all threads."""

    __slots__ = ()


@poolable(scope="global")
class GlobalList(List[int]):
    """A list, with one pool for all threads."""

    __slots__ = ()


Work = Callable[[int], None]
"""A function that makes and drops this many objects. It copies the class to a local variable: without a GIL, CPython
3.13 takes a lock to read a variable of an enclosing function, and threads would wait for one another there."""


def scaling(pairs: int) -> Iterator[Result]:
    """The slowdown of pooled objects with more threads, against the slowdown of plain objects.

    A ratio of 1 means that pooled objects scale like plain ones. The clock is that of each thread: waiting for a core
    or for the GIL costs nothing, but waiting for memory that another thread uses does.
    """
    lists = _two_appends(list)
    yield _scaling("List, 2 appends", _two_appends(List), lists, pairs, wanted=0.97)
    yield _scaling("2 slots", points(PooledPoint), points(Point), pairs, wanted=0.97)
    yield _scaling("take of 5 fields", _takes(PooledRow), _calls(Row), pairs, wanted=0.97)
    yield _scaling("global: List, 2 appends", _two_appends(GlobalList), lists, pairs, wanted=0.9)
    yield _scaling("global: 2 slots", points(GlobalPoint), points(Point), pairs, wanted=0.9)
    yield _scaling("global: 20 of 2 slots held", _held(GlobalPoint), _held(Point), pairs, wanted=0.9)
    crowd = (THREADS, MANY)
    yield _scaling("global: 2 slots, 8 threads", points(GlobalPoint), points(Point), pairs, wanted=0.95, threads=crowd)


def _held(cls: type[Point]) -> Work:
    """Make 20 objects, and drop them together."""

    def work(rounds: int) -> None:
        new = cls
        for _ in range(rounds // 20):
            made = [new(1, number) for number in range(20)]
            del made

    return work


def _two_appends(cls: type[list[int]]) -> Work:
    def work(rounds: int) -> None:
        new = cls
        for _ in range(rounds):
            items = new()
            items.append(1)
            items.append(2)
            del items

    return work


def points(cls: type[Point]) -> Work:
    """Return a function that makes and drops points."""

    def work(rounds: int) -> None:
        new = cls
        for _ in range(rounds):
            new(1, 2)

    return work


def _takes(cls: type[Any]) -> Work:
    def work(rounds: int) -> None:
        wanted = cls
        for _ in range(rounds):
            take(wanted)

    return work


def _calls(cls: type[Any]) -> Work:
    def work(rounds: int) -> None:
        new = cls
        for _ in range(rounds):
            new()

    return work


def _scaling(
    case: str, ours: Work, theirs: Work, pairs: int, *, wanted: float, threads: tuple[int, int] = (1, THREADS)
) -> Result:
    few, many = threads
    alone, together = [], []
    for _ in range(pairs):
        alone.append((cost(ours, few), cost(theirs, few)))
        together.append((cost(ours, many), cost(theirs, many)))
    # The slowdown of a thread by other threads, a pair for each turn. `result_of` then returns the ratio of slowdowns.
    slowdowns = [(both[0] / one[0], both[1] / one[1]) for one, both in zip(alone, together, strict=True)]
    ratios = result_of(case, slowdowns, wanted=wanted)
    costs = result_of(case, together)
    note = f"on {many} threads; the pooled one is {result_of(case, alone).ratio:.2f} times as fast on {few}"
    return Result(
        case=case,
        pooled=costs.pooled,
        other=costs.other,
        ratio=ratios.ratio,
        low=ratios.low,
        high=ratios.high,
        wanted=ratios.wanted,
        note=note,
    )


def cost(work: Work, threads: int) -> float:
    """Return the mean seconds of a round, over several threads that run it at the same time."""
    costs: list[float] = []
    barrier = threading.Barrier(threads)

    def measure() -> None:
        work(1000)  # the pool of this thread fills
        barrier.wait()
        began = time.thread_time()
        work(ROUNDS)
        costs.append((time.thread_time() - began) / ROUNDS)

    workers = [threading.Thread(target=measure) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(costs) / threads
