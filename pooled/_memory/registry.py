"""Registries of all existing pools, which do not keep them alive."""

from __future__ import annotations

import os
from typing import Any, Final, Generic, NoReturn, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")


class Registry(Generic[T]):
    """A set of objects that holds weak references only, in the order in which they were added."""

    __slots__ = ("_by_id",)

    def __init__(self) -> None:
        self._by_id: Final[WeakValueDictionary[int, T]] = WeakValueDictionary()

    def add(self, obj: T) -> None:
        """Add an object."""
        self._by_id[id(obj)] = obj

    def discard(self, obj: T) -> None:
        """Remove an object, if it is registered."""
        self._by_id.pop(id(obj), None)

    def all(self) -> list[T]:
        """The registered objects that are still alive, oldest first."""
        objects = (reference() for reference in self._by_id.valuerefs())
        return [obj for obj in objects if obj is not None]


memory_pools: Final[Registry[Any]] = Registry()
"""All pools of memory. It is here, since most programs need no more of this package."""


def _after_fork_in_child() -> None:
    for pool in memory_pools.all():
        pool.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def refuse_pickling(pool: object) -> NoReturn:
    """Raise TypeError: a copy of a pool, in this process or another, would not own the objects of the original."""
    raise TypeError(f"{pool!r}: a pool stays in its process; send what it hands out, or make one there")
