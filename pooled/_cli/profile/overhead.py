"""Measures the time that profiling adds to one construction, so that the results can exclude it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Self

import attrs

from pooled._cli.profile.builtin_counter import BuiltinCounter
from pooled._cli.profile.class_profile import ClassProfile
from pooled._cli.profile.gc_clock import CLOCK, GcClock
from pooled._cli.profile.init_hook import InitHook

_TRIES: Final = 20
"""Many short measurements: on a loaded machine, some of them run undisturbed."""

_CALLS: Final = 500


@attrs.frozen
class Overhead:
    """The seconds that counting one object takes.

    Attributes:
        weakref: for a class whose objects support weak references.
        finalizer: for a class whose objects do not.
        builtin: for a builtin container.
    """

    weakref: float
    finalizer: float
    builtin: float

    @classmethod
    def measure(cls) -> Self:
        """Measure it on this machine."""
        return cls(_of_init_hook("__weakref__"), _of_init_hook(), _of_builtin_counter())

    def of_class(self, cls: type) -> float:
        """The seconds that counting one object of a class takes."""
        return self.weakref if cls.__weakrefoffset__ else self.finalizer


def _of_init_hook(*slots: str) -> float:
    class Counted:
        __slots__ = (*slots, "a")

        def __init__(self, a: object) -> None:
            self.a = a

    alone = _seconds(Counted, 1)
    hook = InitHook(ClassProfile("", Counted, GcClock()), 0.0)
    hook.profile.counted = 1_000_000  # so that the sample is sparse
    _seconds(Counted, 1)
    return max(0.0, _seconds(Counted, 1) - alone)


def _of_builtin_counter() -> float:
    counter = BuiltinCounter("", list, GcClock(), 0.0)
    counter.profile.counted = 1_000_000
    _seconds(counter)
    return max(0.0, _seconds(counter) - _seconds(list))


def _seconds(make: Callable[..., Any], *arguments: Any) -> float:
    """The shortest duration of one call."""
    best = 1.0
    for _ in range(_TRIES):
        began = CLOCK()
        for _ in range(_CALLS):
            make(*arguments)
        best = min(best, CLOCK() - began)
    return best / _CALLS
