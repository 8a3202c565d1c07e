"""Sampling: the statistics of all pools, looked at now and then on a thread of its own."""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Final, Self

import attrs

from pooled._policy import check_limit
from pooled._report import stats
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
        interval: seconds between two samples now. It doubles when there are as many samples as are kept: every other
            one goes then, so that what stays covers the whole time.
    """

    def __init__(self, interval: float, keep: int) -> None:
        self.interval: float = interval
        self._keep = keep
        self._samples: list[Sample] = []
        self._began = time.monotonic()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._look_on, daemon=True, name="pooled-sample")
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
        """Take the last sample, and no more. To stop twice changes nothing."""
        if self._over.is_set():
            return
        self._over.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
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
        self._look()
        while not self._over.wait(self.interval):
            self._look()

    def _look(self) -> None:
        taken = Sample(seconds=time.monotonic() - self._began, pools=dict(stats()))
        with self._lock:
            self._samples.append(taken)
            if len(self._samples) >= self._keep:
                del self._samples[1::2]
                self.interval *= 2

    def _be_in_child(self) -> None:
        """There is one thread in the child of a fork; whoever held a lock, that of the event among them, is gone."""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()


_running: Final[weakref.WeakSet[Sampling]] = weakref.WeakSet()

_latest: list[Sampling] = []
"""The sampling that began last, for the chart of a report."""


def sample(interval: float, *, keep: int = 2_000) -> Sampling:
    """Look at the statistics of all pools every `interval` seconds, on a daemon thread, until that is stopped.

    `with pooled.sample(0.1) as sampling: ...`, or `sampling = pooled.sample(1.0)` and `sampling.stop()`. A report
    written with `html=` charts what the sampling that began last has seen.

    Args:
        interval: seconds, at least 0.001. A sample costs a walk over all pools and threads, some microseconds each.
        keep: how many samples are kept; where there would be more, every other one goes and the interval doubles.

    Raises:
        TypeError: `interval` is not a number, or `keep` not an int.
        ValueError: `interval` is too small or not finite, or `keep` is below 2.
    """
    if isinstance(interval, bool) or not isinstance(interval, int | float):
        raise TypeError(f"interval={interval!r}: expected seconds as a number, got {type(interval).__name__}")
    if not (math.isfinite(interval) and interval >= LEAST):
        raise ValueError(f"interval={interval!r}: expected seconds, at least {LEAST}; 1.0 is often enough")
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
