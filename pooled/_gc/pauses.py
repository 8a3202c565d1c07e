"""Records the pauses of the garbage collector in histograms, and counts the types of the objects that trigger it."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from pooled._gc.histogram import BOUNDS, Histogram
from pooled._record import Record

if TYPE_CHECKING:
    from pooled._gc.recorder import Recorder
else:
    try:
        from pooled._gc.recorder import Recorder
    except ImportError:
        from pooled._gc.python_recorder import Recorder

IS_UNSEEN: Final = Recorder.__module__ == "pooled._gc.recorder"
"""Whether the recorder is invisible to the program. The frames of a recorder in Python are visible, and may exceed the
recursion limit.
"""

CENSUS_SHARE: Final = 500
"""The census takes at most one nanosecond in this many."""

EVERY: Final = 8
"""The census examines at most one collection in this many."""

SEEN: Final = 2_000
"""The most young objects that a census examines. If there are more, it examines every second, third and so on."""

NAMES: Final = 1_000
"""The most type names that are counted; further types count as "others"."""

GENERATIONS: Final = 3


class GcPauses(Record):
    """The pauses that collections of one generation made.

    Attributes:
        count: the number of collections.
        seconds: the sum of the pauses, in seconds.
        p50: the pause that half of the collections did not exceed, in seconds. It may be up to an eighth too high.
        p99: the same for 99 % of the collections.
        longest: the longest pause, in seconds.
        histogram: pairs of a bound in seconds and the number of pauses up to this bound that exceeded the previous one.
            The bounds are four microseconds to four seconds, each four times the previous one, as far as pauses reached
            them, and infinity if there were longer pauses.
    """

    count: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0
    histogram: tuple[tuple[float, int], ...] = ()


class GcRecording:
    """A running or stopped recording, started by `record_gc`. It is a context manager, which stops it."""

    def __init__(self) -> None:
        self._types: dict[str, int] = {}
        self._recorder = Recorder(gc.get_objects, _MODULE_OF, self._types, (EVERY, CENSUS_SHARE, SEEN, NAMES))
        self._is_running = True
        gc.callbacks.append(self._recorder)
        _running.append(self)

    @property
    def is_running(self) -> bool:
        """Whether collections are recorded."""
        return self._is_running

    @property
    def pauses(self) -> Mapping[int, GcPauses]:
        """The pauses so far, by generation. In a build without a GIL, all of them count as generation 2."""
        return dict(enumerate(map(pauses_of, self._histograms())))

    @property
    def types(self) -> Mapping[str, int]:
        """Young objects that samples of the collections found, counted by type, the most frequent first."""
        return most_frequent_first(self._types)

    def stop(self) -> None:
        """Stop the recording. Further calls do nothing."""
        if self._is_running:
            self._is_running = False
            _running.remove(self)
            with suppress(ValueError):  # the program may have removed it
                gc.callbacks.remove(self._recorder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'running' if self.is_running else 'over'}>"

    def _histograms(self) -> list[Histogram]:
        """The pauses so far of each generation."""
        read = [self._recorder.read(generation) for generation in range(GENERATIONS)]
        return [Histogram(counts=counts, total=total, longest=longest) for counts, total, longest in read]

    def _clear(self) -> None:
        """Forget what was recorded so far."""
        self._recorder.clear()


def record_gc() -> GcRecording:
    """Record from now on how long the garbage collector stops the program, and which objects trigger it.

    Use `with pooled.record_gc() as recording: ...`, or `recording = pooled.record_gc()` and `recording.stop()`. Reports
    and metrics show the recording that was started last. During the recording, `gc.callbacks` has one more entry, which
    takes 0.4 microseconds for each collection, and 1.8 if the extension `pooled._gc.recorder` was not built. Samples of
    the young objects take at most 0.2 % of the time after the first sample, and raise the audit event `gc.get_objects`.
    A build without a GIL has no young objects, and no samples.
    """
    recording = GcRecording()
    _latest[:] = [recording]
    return recording


def latest() -> GcRecording | None:
    """The recording that was started last."""
    return _latest[0] if _latest else None


def pauses_of(histogram: Histogram) -> GcPauses:
    """The pauses of a histogram, in seconds."""
    up_to = [*histogram.up_to(), histogram.count]
    bounds = (*(bound / 1e9 for bound in BOUNDS), float("inf"))
    buckets = [(bound, more - less) for bound, less, more in zip(bounds, [0, *up_to], up_to, strict=False)]
    while buckets and not buckets[-1][1]:
        buckets.pop()
    return GcPauses(
        count=histogram.count,
        seconds=histogram.total / 1e9,
        p50=histogram.quantile(0.5) / 1e9,
        p99=histogram.quantile(0.99) / 1e9,
        longest=histogram.longest / 1e9,
        histogram=tuple(buckets),
    )


def most_frequent_first(types: dict[str, int]) -> dict[str, int]:
    """The counts in the order of a report. A census may change them at the same time."""
    return dict(sorted(types.copy().items(), key=lambda item: (-item[1], item[0])))


_running: Final[list[GcRecording]] = []

_latest: Final[list[GcRecording]] = []

_MODULE_OF: Final[Any] = type.__dict__["__module__"].__get__


@atexit.register
def _stop_all() -> None:
    """Stop at exit: Python still runs collections while it clears the globals of modules."""
    for recording in _running.copy():
        recording.stop()
