"""The hook on one class that profiles the constructions of its objects: a counting `__init__`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from pooled._cli.profile.class_profile import ClassProfile, Sample
from pooled._cli.profile.death_watch import death_watch
from pooled._cli.profile.gc_clock import CLOCK
from pooled._cli.profile.places import place_of
from pooled._plan.checks import refuse_unhookable
from pooled._pool.class_pool import is_poolable
from pooled._pool.decorate import PooledMeta


class InitHook:
    """Profiles one class by replacing its `__init__` while the hook is installed.

    Attributes:
        profile: records the objects.
    """

    def __init__(self, profile: ClassProfile, seconds_per_call: float) -> None:
        self.profile = profile
        self._seconds_per_call = seconds_per_call
        self._original = profile.cls.__dict__.get("__init__")
        self._death_watch = death_watch(profile)
        self._counting = _counting_init(profile, self._death_watch.watch)
        self.install()

    @property
    def profiling_seconds(self) -> float:
        """The time that the hook itself has taken so far, estimated."""
        return self.profile.counted * self._seconds_per_call

    def install(self) -> None:
        """Profile the class from now on."""
        self._death_watch.install()
        type.__setattr__(self.profile.cls, "__init__", self._counting)

    def uninstall(self) -> None:
        """Restore the class, unless somebody else has replaced its `__init__` since."""
        self._death_watch.uninstall()
        cls = self.profile.cls
        if cls.__dict__.get("__init__") is not self._counting:
            return
        if self._original is None:
            type.__delattr__(cls, "__init__")
        else:
            type.__setattr__(cls, "__init__", self._original)

    def finish(self) -> None:
        """Restore the class and end its profile."""
        self.uninstall()
        self.profile.finish()
        self._death_watch.forget()


def can_be_profiled(cls: type) -> bool:
    """Whether the class permits the hook, and a pool is of any use for it."""
    try:
        refuse_unhookable(cls)
    except TypeError:
        return False
    return not (issubclass(cls, BaseException) or is_poolable(cls) or isinstance(cls, PooledMeta))


def _counting_init(profile: ClassProfile, watch: Callable[[Any, Sample], None]) -> Callable[..., None]:
    cls: Any = profile.cls
    clock = profile.clock
    original = cls.__init__
    if original is object.__init__ and cls.__new__ is not object.__new__:
        original = _no_init  # object.__init__ rejects all arguments in a class that overrides it, as this one will

    @functools.wraps(original)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807 (it becomes a method)
        if type(self) is not cls or not profile.count():
            return original(self, *args, **kwargs)  # type: ignore[no-any-return]
        entered = CLOCK()
        watch(self, profile.sample(place_of(sys._getframe(1))))
        excluded = clock.excluded
        began = CLOCK()
        original(self, *args, **kwargs)
        profile.making += max(0.0, CLOCK() - began - (clock.excluded - excluded))
        profile.timed += 1
        clock.excluded += began - entered
        return None

    return __init__


def _no_init(*_: Any, **__: Any) -> None:
    pass
