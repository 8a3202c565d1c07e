"""Hearing of the ends of the objects of a class."""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import Any, Protocol

from pooled._cli.profile.class_profile import Life, Watched


class Ends(Protocol):
    """What hears of the ends of the objects that it is to look after."""

    def look_after(self, obj: Any, life: Life) -> None:
        """Tell what is known of the class when this one ends."""

    def put_on(self) -> None:
        """There may be more from now on."""

    def put_back(self) -> None:
        """There will be no more for now."""

    def forget(self) -> None:
        """Nobody wants to hear of those that are left: the modules may have lost their names when they end."""


def ends_of(watched: Watched) -> Ends:
    """What does that for a class."""
    return _References(watched) if watched.cls.__weakrefoffset__ else _Finalizer(watched)


class _Reference(weakref.ref[Any]):
    """A weak reference to an object that is looked after."""

    __slots__ = ("life",)
    life: Life


class _References:
    """By weak references. They cost the other objects nothing."""

    def __init__(self, watched: Watched) -> None:
        self._native_debug = watched
        self._references: dict[int, _Reference] = {}

    def look_after(self, obj: Any, life: Life) -> None:
        reference = _Reference(obj, self._ended)
        reference.life = life
        self._references[id(reference)] = reference

    def put_on(self) -> None:
        pass

    def put_back(self) -> None:
        pass

    def forget(self) -> None:
        self._references.clear()

    def _ended(self, reference: Any) -> None:
        del self._references[id(reference)]
        self._native_debug.end(reference.life, collecting=self._native_debug.collector.is_at_work())


class _Finalizer:
    """By a `__del__` of the class, which it has as long as there is an object that is looked after."""

    def __init__(self, watched: Watched) -> None:
        self._cls = cls = watched.cls
        self._own = cls.__dict__.get("__del__")
        self._lives: dict[int, Life] = {}
        self._is_on = False
        inherited = getattr(cls, "__del__", None)
        lives = self._lives

        def __del__(obj: Any) -> None:  # noqa: N807 (it becomes one)
            life = lives.pop(id(obj), None)
            if life is not None:
                watched.end(life, collecting=watched.collector.is_at_work())
                self._spare()
            if inherited is not None:
                inherited(obj)

        self._function = __del__

    def look_after(self, obj: Any, life: Life) -> None:
        self._lives[id(obj)] = life
        if not self._is_on:  # another thread was between the two
            type.__setattr__(self._cls, "__del__", self._function)

    def put_on(self) -> None:
        self._is_on = True
        type.__setattr__(self._cls, "__del__", self._function)

    def put_back(self) -> None:
        self._is_on = False
        self._spare()

    def forget(self) -> None:
        self._lives.clear()
        self.put_back()

    def _spare(self) -> None:
        """Have objects end without any code in Python, where none of them is looked after."""
        if self._is_on or self._lives or self._cls.__dict__.get("__del__") is not self._function:
            return
        if self._own is None:
            with suppress(AttributeError):  # another thread has just done it
                type.__delattr__(self._cls, "__del__")
        else:
            type.__setattr__(self._cls, "__del__", self._own)
