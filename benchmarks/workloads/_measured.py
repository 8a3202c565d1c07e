"""One side of a workload, measured in this process: the time of each operation, and the collections."""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import attrs


@attrs.frozen(kw_only=True)
class Measured:
    """The results of a run.

    Attributes:
        seconds: of each operation, by the wall clock.
        busy: seconds of the processor's time for all operations.
        digest: of the results.
        collections: of the cyclic collector, by generation.
        collecting: seconds that they took.
        peak: the most memory that the process had resident, in bytes.
        blocks: allocated when the operations began, and when they were over.
    """

    seconds: list[float]
    busy: float
    digest: int
    collections: list[int]
    collecting: float
    peak: int
    blocks: tuple[int, int]


class Collections:
    """Counts the collections that begin while it is entered, and how long they take."""

    def __init__(self) -> None:
        self.counts = [0, 0, 0]
        self.seconds = 0.0
        self._began = 0.0

    def __enter__(self) -> Self:
        gc.callbacks.append(self._count)
        return self

    def __exit__(self, *exc_info: object) -> None:
        gc.callbacks.remove(self._count)

    def _count(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.seconds += time.perf_counter() - self._began
            self.counts[min(info["generation"], 2)] += 1


def set_collector(setting: str) -> None:
    """Apply a common setting of the garbage collector after the start of a program."""
    gc.collect()
    if setting == "freeze":
        gc.freeze()
    elif setting == "threshold":
        gc.set_threshold(50_000)
    elif setting == "off":
        gc.disable()


def measure(work: Iterator[int], *, collector: str, warm: int, count: int) -> Measured:
    """Set up, do `warm` operations for the working set, and measure `count` more."""
    next(work)
    for _ in range(warm):
        next(work)
    set_collector(collector)
    return measure_now(lambda: next(work), count)


def measure_now(operation: Callable[[], int], count: int) -> Measured:
    """Measure `count` operations."""
    clock, seconds, digest = time.perf_counter, [], 0
    blocks, busy = sys.getallocatedblocks(), time.process_time()
    with Collections() as collections:
        for _ in range(count):
            start = clock()
            came_out = operation()
            seconds.append(clock() - start)
            digest = (digest * 1_000_003 + came_out) & 0xFFFF_FFFF_FFFF_FFFF
    return Measured(
        seconds=seconds,
        busy=time.process_time() - busy,
        digest=digest,
        collections=collections.counts,
        collecting=collections.seconds,
        peak=peak(),
        blocks=(blocks, sys.getallocatedblocks()),
    )


def peak() -> int:
    """The most memory that this process had resident, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # what `getrusage` says there begins with what the process had that started this one
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) << 10
    most: Any = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most) * (1 if sys.platform == "darwin" else 1024)
