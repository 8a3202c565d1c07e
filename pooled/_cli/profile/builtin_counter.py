"""Counts the builtin containers that one module constructs by calling `list`, `dict`, `set` or `bytearray`."""

from __future__ import annotations

import sys
from typing import Any

from pooled._cli.profile.class_profile import ClassProfile
from pooled._cli.profile.gc_clock import CLOCK, GcClock
from pooled._cli.profile.places import place_of
from pooled._instrument.builtin_shims import BuiltinShim, lookalike_methods
from pooled._plan.builtins import capacity_of


class BuiltinCounter:
    """Counts the calls of a builtin container in a module; `shim` takes the place of its name there.

    A sampled container is an object of a subclass, whose `__del__` reports its death.

    Attributes:
        profile: records the containers.
        shim: replaces the builtin in the module. It calls this counter while the counter is installed.
    """

    def __init__(self, module: str, builtin: type, clock: GcClock, seconds_per_call: float) -> None:
        self.profile = ClassProfile(f"{module}:{builtin.__name__}", builtin, clock)
        self.__module__ = builtin.__module__  # the shim shows it, in the signatures of functions for example
        self._builtin = builtin
        self._seconds_per_call = seconds_per_call

        def __del__(self: Any) -> None:  # noqa: N807 (it becomes a method)
            sample = getattr(self, "pooled_sample", None)  # None if its `__init__` has raised an error
            if sample is not None and not sample.profile.is_finished:
                sample.profile.record_death(sample, collecting=clock.is_collecting_here(), capacity=capacity_of(self))

        body = {
            "__slots__": ("pooled_sample",),
            "__module__": "builtins",
            "__del__": __del__,
            **lookalike_methods(builtin),
        }
        self._sampled: Any = type(builtin.__name__, (builtin,), body)
        self.shim = BuiltinShim(builtin, self)

    @property
    def profiling_seconds(self) -> float:
        """The time that counting itself has taken so far, estimated."""
        return self.profile.counted * self._seconds_per_call

    def install(self) -> None:
        """Count from now on, unless counting has ended."""
        self.shim.__wrapped__ = self
        if self.profile.is_finished:
            self.uninstall()

    def uninstall(self) -> None:
        """Let the shim call the builtin, so that a call runs no Python code."""
        self.shim.__wrapped__ = self._builtin

    def restart(self) -> None:
        """Begin a new profile."""
        old, self.profile = self.profile, ClassProfile(self.profile.target, self._builtin, self.profile.clock)
        self.profile.is_finished, old.is_finished = old.is_finished, True
        self.install()

    def finish(self) -> None:
        """Stop counting and end the profile."""
        self.profile.finish()
        self.uninstall()

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """That of the builtin: `isinstance(list, type)` reads it."""
        return type

    def __getattr__(self, name: str) -> Any:
        return getattr(self._builtin, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Count a call and construct the container."""
        profile = self.profile
        clock = profile.clock
        if not profile.count():
            clock.excluded += self._seconds_per_call
            return self._builtin(*args, **kwargs)
        began = CLOCK()
        obj = self._sampled(*args, **kwargs)
        obj.pooled_sample = profile.sample(place_of(sys._getframe()))
        clock.excluded += CLOCK() - began + self._seconds_per_call
        return obj
