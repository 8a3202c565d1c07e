"""Measures the time that profiling adds to one call of a builtin container, so that the results can exclude it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pooled._cli.profile.builtin_counter import BuiltinCounter
from pooled._cli.profile.gc_clock import CLOCK, GcClock

_TRIES: Final = 20
"""Many short measurements: on a loaded machine, some of them run undisturbed."""

_CALLS: Final = 500


def seconds_per_call() -> float:
    """The seconds that counting one builtin container takes on this machine."""
    counter = BuiltinCounter("", list, GcClock(), 0.0)
    counter.profile.counted = 1_000_000  # so that the sample is sparse
    _seconds(counter)
    return max(0.0, _seconds(counter) - _seconds(list))


def _seconds(make: Callable[[], Any]) -> float:
    """The shortest duration of one call."""
    best = 1.0
    for _ in range(_TRIES):
        began = CLOCK()
        for _ in range(_CALLS):
            make()
        best = min(best, CLOCK() - began)
    return best / _CALLS
