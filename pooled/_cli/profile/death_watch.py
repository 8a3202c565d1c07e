"""Reports the death of sampled objects of one class to its profile."""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import Any, Protocol

from pooled._cli.profile.class_profile import ClassProfile, Sample


class DeathWatch(Protocol):
    """Reports the death of the objects that it watches."""

    def watch(self, obj: Any, sample: Sample) -> None:
        """Report the death of this object."""

    def install(self) -> None:
        """Prepare the class: more objects may be watched from now on."""

    def uninstall(self) -> None:
        """Restore the class as soon as no watched object is left."""

    def forget(self) -> None:
        """Report nothing more. The remaining objects may die when the interpreter has cleared all globals."""


def death_watch(profile: ClassProfile) -> DeathWatch:
    """The cheapest watch that the class permits."""
    return _WeakrefWatch(profile) if profile.cls.__weakrefoffset__ else _FinalizerWatch(profile)


class _SampleRef(weakref.ref[Any]):
    """A weak reference to a sampled object."""

    __slots__ = ("sample",)
    sample: Sample


class _WeakrefWatch:
    """Watches by weak references, which cost the other objects of the class nothing."""

    def __init__(self, profile: ClassProfile) -> None:
        self._profile = profile
        self._references: dict[int, _SampleRef] = {}

    def watch(self, obj: Any, sample: Sample) -> None:
        reference = _SampleRef(obj, self._report)
        reference.sample = sample
        self._references[id(reference)] = reference

    def install(self) -> None:
        pass

    def uninstall(self) -> None:
        pass

    def forget(self) -> None:
        self._references.clear()

    def _report(self, reference: Any) -> None:
        del self._references[id(reference)]
        self._profile.record_death(reference.sample, collecting=self._profile.clock.is_collecting_here())


class _FinalizerWatch:
    """Watches by a `__del__` of the class, which the class has only while a watched object is alive."""

    def __init__(self, profile: ClassProfile) -> None:
        self._cls = cls = profile.cls
        self._original = cls.__dict__.get("__del__")
        self._samples: dict[int, Sample] = {}
        self._is_installed = False
        inherited = getattr(cls, "__del__", None)
        samples = self._samples

        def __del__(obj: Any) -> None:  # noqa: N807 (it becomes a method)
            sample = samples.pop(id(obj), None)
            if sample is not None:
                profile.record_death(sample, collecting=profile.clock.is_collecting_here())
                self._restore_if_idle()
            if inherited is not None:
                inherited(obj)

        self._finalizer = __del__

    def watch(self, obj: Any, sample: Sample) -> None:
        self._samples[id(obj)] = sample
        if not self._is_installed:  # another thread uninstalled it after the construction began
            type.__setattr__(self._cls, "__del__", self._finalizer)

    def install(self) -> None:
        self._is_installed = True
        type.__setattr__(self._cls, "__del__", self._finalizer)

    def uninstall(self) -> None:
        self._is_installed = False
        self._restore_if_idle()

    def forget(self) -> None:
        self._samples.clear()
        self.uninstall()

    def _restore_if_idle(self) -> None:
        """Remove our `__del__` when no watched object needs it, so that objects die without calling Python code."""
        if self._is_installed or self._samples or self._cls.__dict__.get("__del__") is not self._finalizer:
            return
        if self._original is None:
            with suppress(AttributeError):  # another thread has just removed it
                type.__delattr__(self._cls, "__del__")
        else:
            type.__setattr__(self._cls, "__del__", self._original)
