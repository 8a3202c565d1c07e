"""Counts the objects of one class with the native engine, without a change that the program can see."""

from __future__ import annotations

from typing import Any

from pooled._cli.profile.class_profile import ClassProfile
from pooled._cli.profile.gc_clock import GcClock
from pooled._cli.profile.native_counter import ClassCounter as NativeCounter
from pooled._cli.profile.places import SKIPPED
from pooled._config import target_of
from pooled._plan.checks import refuse_unhookable
from pooled._pool.class_pool import is_poolable
from pooled._pool.decorate import PooledMeta


class CannotCountError(Exception):
    """The objects of a class cannot be counted without changing the class. The text is a reason."""


class ClassCounter:
    """Counts the objects of one class, from now until `finish`.

    Raises:
        CannotCountError: that would change the class.
    """

    def __init__(self, cls: type, clock: GcClock) -> None:
        if NativeCounter is None:
            raise CannotCountError(
                "only the native engine, which is not built here, counts a class without changing it"
            )
        self._profile = ClassProfile(target_of(cls), cls, clock)
        try:
            self._counter: Any = NativeCounter(cls, clock=clock, skipped=SKIPPED)
        except TypeError:
            raise CannotCountError("their bases in C allocate or finalize objects themselves") from None

    @property
    def profile(self) -> ClassProfile:
        """The results so far."""
        profile = self._profile
        for name, value in self._counter.numbers().items():
            setattr(profile, name, value)
        profile.places.clear()
        for file, line, count in self._counter.places():
            if count:
                profile.places[file, line] += count
        return profile

    def finish(self) -> None:
        """Stop counting."""
        self._counter.stop()


def can_be_profiled(cls: type) -> bool:
    """Whether a pool can be useful for a class."""
    try:
        refuse_unhookable(cls)
    except TypeError:
        return False
    return not (issubclass(cls, BaseException) or is_poolable(cls) or isinstance(cls, PooledMeta))
