"""Records the pauses of the garbage collector in a histogram, and counts the types of the objects that wake it."""

from __future__ import annotations

import atexit
import gc
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import chain, islice
from typing import Any, Final, Self

from pooled._record import Record

CENSUS_SHARE: Final = 0.002
"""The most processor time that the census takes, as a share of all time."""

EVERY: Final = 8
"""The census looks at one collection in so many, at most."""

SEEN: Final = 2_000
"""How many young objects a census looks at: if there are more, at every second, third and so on."""

NAMES: Final = 1_000
"""How many type names are counted; further ones count as "others"."""

OTHERS: Final = "others"

_FREE_THREADED: Final = "free-threading build" in sys.version

_GENERATIONS: Final = 3

_BUCKETS: Final = 65 * 8
"""Eight buckets for each power of two of nanoseconds: a bucket is an eighth wide."""


class GcPauses(Record):
    """The pauses that collections of one generation made.

    Attributes:
        count: the number of collections.
        timed: how many of them were timed; the other attributes describe these.
        seconds: the sum of the pauses, in seconds.
        p50: the pause that half of the collections did not exceed, in seconds, at most an eighth too high.
        p99: the same for 99 % of the collections.
        longest: the longest pause, in seconds.
    """

    count: int = 0
    timed: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0


class GcRecording:
    """A running or stopped recording, started by `record_gc`. It is a context manager, which stops it."""

    def __init__(self) -> None:
        self._histograms = [[0] * _BUCKETS for _ in range(_GENERATIONS)]
        self._totals = [0] * _GENERATIONS
        self._longest = [0] * _GENERATIONS
        self._types: dict[str, int] = {}
        self._first = _collections()
        self._last: list[int] | None = None
        self._callback = _callback(self._histograms, self._totals, self._longest, self._types)
        gc.callbacks.append(self._callback)
        _running.append(self)

    @property
    def is_running(self) -> bool:
        """Whether collections are recorded."""
        return self._last is None

    @property
    def pauses(self) -> Mapping[int, GcPauses]:
        """The pauses so far, by generation. In a build without a GIL, all of them count as generation 2."""
        counts = _collections() if self._last is None else self._last
        return {
            generation: self._pauses(generation, counts[generation] - self._first[generation])
            for generation in range(_GENERATIONS)
        }

    @property
    def types(self) -> Mapping[str, int]:
        """Young objects that samples of the collections found, counted by type, the most frequent first."""
        return dict(sorted(self._types.copy().items(), key=lambda item: (-item[1], item[0])))

    def stop(self) -> None:
        """Stop the recording. Further calls do nothing."""
        if self._last is None:
            self._last = _collections()
            _running.remove(self)
            with suppress(ValueError):  # the program may have removed it
                gc.callbacks.remove(self._callback)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'running' if self.is_running else 'over'}>"

    def _pauses(self, generation: int, counted: int) -> GcPauses:
        histogram = self._histograms[generation].copy()
        timed, longest = sum(histogram), self._longest[generation]
        return GcPauses(
            count=max(counted, timed),
            timed=timed,
            seconds=self._totals[generation] / 1e9,
            p50=_quantile(histogram, timed, 0.5, longest) / 1e9,
            p99=_quantile(histogram, timed, 0.99, longest) / 1e9,
            longest=longest / 1e9,
        )


def record_gc() -> GcRecording:
    """Record from now on how long the garbage collector stops the program, and which objects wake it.

    Use `with pooled.record_gc() as recording: ...`, or `recording = pooled.record_gc()` and `recording.stop()`.
    `gc.callbacks` has one more entry meanwhile. It costs 0.4 microseconds for each collection of generation 0 and 0.9
    for others (CPython 3.11 and 3.14). Collections of generation 0 are counted and not timed: there is one for every
    700 allocations on CPython 3.11. Samples of the young objects take at most 0.2 % of the time after the first; the
    samples raise the audit event `gc.get_objects`. A build without a GIL has no young objects, and no samples.
    """
    return GcRecording()


_running: Final[list[GcRecording]] = []


@atexit.register
def _stop_all() -> None:
    """Stop at exit: collections go on while Python clears the globals of modules."""
    for recording in _running.copy():
        recording.stop()


def _collections() -> list[int]:
    counts = [int(each["collections"]) for each in gc.get_stats()]
    return [0, 0, sum(counts)] if _FREE_THREADED else counts


def _callback(
    histograms: list[list[int]], totals: list[int], longest: list[int], types: dict[str, int]
) -> Callable[[str, dict[str, int]], None]:
    """The callback. It has what it needs in its closure, and allocates numbers only, unless it takes a census."""
    clock, timed = time.perf_counter_ns, 0 if _FREE_THREADED else 1
    started, due, countdown = 0, 0, 1

    def on_gc(phase: str, info: dict[str, int]) -> None:
        nonlocal started, due, countdown
        generation = info["generation"]
        if phase == "start":
            countdown -= 1
            if not countdown:
                countdown = EVERY
                began = clock()
                if began >= due and not _FREE_THREADED:
                    with suppress(Exception):  # an audit hook may raise
                        _census(types)
                    due = clock() + int((clock() - began) / CENSUS_SHARE)
            if generation >= timed:
                started = clock()
        elif generation >= timed and started:
            spent = clock() - started
            if _FREE_THREADED:
                generation = 2
            length = spent.bit_length()
            histograms[generation][length << 3 | spent >> length - 4 & 7 if length > 3 else spent] += 1
            totals[generation] += spent
            longest[generation] = max(longest[generation], spent)

    return on_gc


def _census(types: dict[str, int]) -> None:
    """Count the types of the youngest generation."""
    step = max(1, gc.get_count()[0] // SEEN)
    # One call, which runs in C: no other thread can drop an object while the list of all of them holds it. It reads to
    # the end, which frees the list; the list has the iterators that read it.
    found = list(map(type, islice(chain.from_iterable(map(gc.get_objects, (0,))), None, None, step)))
    counts: dict[int, int] = {}
    for each in map(id, found):  # a metaclass may define __hash__
        counts[each] = counts.get(each, 0) + 1
    classes = dict(zip(map(id, found), found, strict=True))
    for each, count in counts.items():
        name = _name(classes[each])
        if name not in types and len(types) >= NAMES:
            name = OTHERS
        types[name] = types.get(name, 0) + count * step


def _name(cls: type) -> str:
    """The name of a class, without the code that a metaclass may run."""
    name: str = _QUALNAME(cls)
    module: Any = _MODULE(cls)
    return name if module == "builtins" or type(module) is not str else f"{module}:{name}"


_QUALNAME: Final[Any] = type.__dict__["__qualname__"].__get__
_MODULE: Final[Any] = type.__dict__["__module__"].__get__


def _quantile(histogram: list[int], timed: int, share: float, longest: int) -> int:
    """The end of the bucket in which a share of the pauses is reached, in nanoseconds."""
    rank, seen = share * timed, 0
    for bucket, count in enumerate(histogram):
        seen += count
        if count and seen >= rank:
            length, part = bucket >> 3, bucket & 7
            return min(longest, (9 + part) << length - 4 if length > 3 else bucket)
    return 0
