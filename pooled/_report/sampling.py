"""Sampling: the statistics of all pools, looked at now and then on a thread of its own."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Final, Self

import attrs

from pooled._policy import check_limit, check_seconds
from pooled._report.stats import AllStats, stats
from pooled._stats import Stats

LEAST: Final = 0.001
"""Seconds between two samples, at least: each costs a walk over all pools and threads."""


@attrs.frozen(kw_only=True)
class Sample:
    """What the pools had done at one moment.

    Attributes:
        seconds: when that was, in seconds since the sampling began.
        pools: the statistics of each pool, by its name, as `stats` gives them.
    """

    seconds: float
    pools: Mapping[str, Stats]


class Sampling:
    """Samples that are being taken, or were. `sample` begins one; it is a context manager, which ends it.

    Attributes:
        interval: seconds between two samples now. It doubles where there would be more samples than are kept: every
            other one goes then, so that what stays covers the whole time.
    """

    def __init__(self, interval: float, keep: int) -> None:
        self.interval: float = interval
        self._keep = keep
        self._samples: list[Sample] = []
        self._began = time.monotonic()
        self._over = threading.Event()
        self._is_complete = False
        self._lock = threading.RLock()  # a signal handler may ask while its thread is at it
        self._thread = threading.Thread(target=self._look_on, daemon=True, name="pooled-sample")
        self._look()
        _running.add(self)
        self._thread.start()

    @property
    def samples(self) -> list[Sample]:
        """Those that were taken so far, oldest first."""
        with self._lock:
            return list(self._samples)

    @property
    def is_running(self) -> bool:
        """Whether more will be taken. In the child of a `fork`, none are."""
        return self._thread.is_alive() and not self._over.is_set()

    def stop(self) -> None:
        """Take the last sample, and no more. To stop twice changes nothing: each call waits until that is done."""
        self._over.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        with self._lock:
            if not self._is_complete:
                self._is_complete = True
                self._look()
        _running.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "over"
        return f"<{type(self).__name__} {state} interval={self.interval} samples={len(self._samples)}>"

    def _look_on(self) -> None:
        while not self._over.wait(min(self.interval, threading.TIMEOUT_MAX)):
            self._look()

    def _look(self) -> None:
        seconds, found = time.monotonic() - self._began, stats()
        with self._lock:
            if self._samples:
                found = _shared(found, self._samples[-1].pools)
            if len(self._samples) == self._keep:
                del self._samples[1::2]
                self.interval *= 2
            self._samples.append(Sample(seconds=seconds, pools=found))

    def _be_in_child(self) -> None:
        """There is one thread in the child of a fork; whoever held a lock, that of the event among them, is gone."""
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._over.set()
        self._is_complete = True


def _shared(found: AllStats, before: Mapping[str, Stats]) -> AllStats:
    """The same, but of a pool that did nothing the `Stats` that are there already: most pools are idle mostly."""
    return AllStats({name: before[name] if before.get(name) == new else new for name, new in found.items()})


_running: Final[weakref.WeakSet[Sampling]] = weakref.WeakSet()

_latest: list[Sampling] = []
"""The sampling that began last, for the chart of a report."""


def sample(interval: float, *, keep: int = 2_000) -> Sampling:
    """Look at the statistics of all pools now, and every `interval` seconds on a daemon thread, until that is stopped.

    `with pooled.sample(0.1) as sampling: ...`, or `sampling = pooled.sample(1.0)` and `sampling.stop()`. A report
    written with `html=` charts what the sampling that began last has seen.

    Args:
        interval: seconds, at least 0.001. A sample costs a walk over all pools and threads, some microseconds each.
        keep: how many samples are kept at most; where there would be more, every other one goes and the interval
            doubles. That bounds their memory: in each, a pool takes some 50 bytes if it did nothing since the one
            before, and else 600 at most.

    Raises:
        TypeError: `interval` is not a number, or `keep` not an int.
        ValueError: `interval` is too small or not finite, or `keep` is below 2.
        RuntimeError: the system gives no further thread.
    """
    check_seconds("interval", interval, least=LEAST, way_out="1.0 is often enough")
    if check_limit("keep", keep) < 2:
        raise ValueError(f"keep={keep!r}: expected 2 or more; leave it out for the default")
    sampling = Sampling(float(interval), keep)
    _latest[:] = [sampling]
    return sampling


def latest() -> list[Sample]:
    """The samples of the sampling that began last."""
    return _latest[0].samples if _latest else []


def _be_in_child() -> None:
    for sampling in list(_running):
        sampling._be_in_child()
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_be_in_child)
