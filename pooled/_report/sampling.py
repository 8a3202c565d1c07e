"""Sampling: a thread that records the statistics of all pools at intervals."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Self

from pooled._policy import check_limit, check_seconds
from pooled._record import Record
from pooled._report.stats import AllStats, stats
from pooled._stats import Stats

LEAST: Final = 0.001
"""The least number of seconds between two samples, since each costs a walk over all pools and threads."""

_FEW: Final = 10
"""The fewest samples of a pool from which a lifetime is estimated."""


class Sample(Record):
    """The statistics of all pools at one moment.

    Attributes:
        seconds: the time of the sample, in seconds since the sampling began.
        pools: the statistics of each pool, by its name, as `stats` returns them.
    """

    seconds: float
    pools: Mapping[str, Stats]


class Sampling:
    """A running or stopped sampling, started by `sample`. It is a context manager, which stops it.

    Attributes:
        interval: the current number of seconds between two samples. When the limit of samples is reached, every other
            sample is deleted and the interval doubles, so that the samples still cover the whole time.
    """

    def __init__(self, interval: float, keep: int) -> None:
        self.interval: float = interval
        self._keep = keep
        self._samples: list[Sample] = []
        self._began = time.monotonic()
        self._over = threading.Event()
        self._is_complete = False
        self._lock = threading.RLock()  # a signal handler may interrupt the thread that holds it
        self._thread = threading.Thread(target=self._run, daemon=True, name="pooled-sample")
        self._take_sample()
        _running.add(self)
        self._thread.start()

    @property
    def samples(self) -> list[Sample]:
        """The samples taken so far, oldest first."""
        with self._lock:
            return list(self._samples)

    @property
    def is_running(self) -> bool:
        """Whether more samples will be taken. In the child of a `fork`, none are."""
        return self._thread.is_alive() and not self._over.is_set()

    def stop(self) -> None:
        """Take a last sample and stop. Further calls take no sample. Each call waits for the last sample."""
        self._over.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        with self._lock:
            if not self._is_complete:
                self._is_complete = True
                self._take_sample()
        _running.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "over"
        return f"<{type(self).__name__} {state} interval={self.interval} samples={len(self._samples)}>"

    def _run(self) -> None:
        while not self._over.wait(min(self.interval, threading.TIMEOUT_MAX)):
            self._take_sample()

    def _take_sample(self) -> None:
        seconds, found = time.monotonic() - self._began, stats()
        with self._lock:
            if self._samples:
                found = _shared(found, self._samples[-1].pools)
            if len(self._samples) == self._keep:
                del self._samples[1::2]
                self.interval *= 2
            self._samples.append(Sample(seconds=seconds, pools=found))

    def _stop_in_child(self) -> None:
        """Stop in the child of a fork. New locks replace those that a thread of the parent may have held."""
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._over.set()
        self._is_complete = True


def _shared(found: AllStats, before: Mapping[str, Stats]) -> AllStats:
    """The same statistics, but with the `Stats` objects of the previous sample for unchanged pools, to save memory."""
    return AllStats({name: before[name] if before.get(name) == new else new for name, new in found.items()})


_running: Final[weakref.WeakSet[Sampling]] = weakref.WeakSet()

_latest: list[Sampling] = []
"""The latest sampling, for the charts of a report."""


def sample(interval: float, *, keep: int = 2_000) -> Sampling:
    """Record the statistics of all pools now, and every `interval` seconds on a daemon thread, until it is stopped.

    Use `with pooled.sample(0.1) as sampling: ...`, or `sampling = pooled.sample(1.0)` and `sampling.stop()`. A report
    with `html=` has charts of the sampling that was started last.

    Args:
        interval: seconds, at least 0.001. A sample costs a walk over all pools and threads, a few microseconds for
            each.
        keep: the most samples to keep. When it is reached, every other sample is deleted and the interval doubles. This
            limits their memory: for each pool, a sample takes about 50 bytes if the pool did not change, and at most
            600 otherwise.

    Raises:
        TypeError: `interval` is not a number, or `keep` not an int.
        ValueError: `interval` is too small or not finite, or `keep` is below 2.
        RuntimeError: the system cannot start another thread.
    """
    check_seconds("interval", interval, least=LEAST, way_out="1.0 is often enough")
    if check_limit("keep", keep) < 2:
        raise ValueError(f"keep={keep!r}: expected 2 or more; leave it out for the default")
    sampling = Sampling(float(interval), keep)
    _latest[:] = [sampling]
    return sampling


def latest() -> list[Sample]:
    """The samples of the sampling that was started last."""
    return _latest[0].samples if _latest else []


def lifetimes(samples: Sequence[Sample]) -> dict[str, float]:
    """How long the objects of each pool were live on average, in seconds, by the name of the pool.

    It is an estimate by Little's law: the mean number of live objects, divided by the number taken in a second. It
    omits pools that have too few samples.
    """
    seen: dict[str, list[tuple[float, Stats]]] = {}
    for each in samples:
        for name, counts in each.pools.items():
            seen.setdefault(name, []).append((each.seconds, counts))
    found = {}
    for name, points in seen.items():
        before = samples[0].pools.get(name, Stats())
        taken = points[-1][1].taken - before.taken
        object_seconds = sum((end - start) * (old.live + new.live) / 2 for (start, old), (end, new) in pairwise(points))
        if len(points) >= _FEW and taken > 0 and object_seconds > 0:
            found[name] = object_seconds / taken
    return found


def _stop_in_child() -> None:
    for sampling in list(_running):
        sampling._stop_in_child()
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_stop_in_child)
