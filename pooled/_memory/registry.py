"""Registries of all existing pools, which do not keep the pools alive, and the base class of pools of memory."""

from __future__ import annotations

import os
from typing import Any, Final, Generic, NoReturn, SupportsIndex, TypeVar
from weakref import WeakValueDictionary

from pooled._stats import Stats

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


class MemoryPool:
    """The base class of pools of blocks of memory. A pool is registered when it is initialised."""

    __slots__ = ("__weakref__", "_max_bytes", "_name")

    def __init__(self, max_bytes: int, name: str) -> None:
        self._max_bytes = max_bytes
        self._name = name
        memory_pools.add(self)

    @property
    def name(self) -> str:
        """The name of the pool in reports."""
        return self._name

    @property
    def max_bytes(self) -> int:
        """The most bytes that the pool parks."""
        return self._max_bytes

    @property
    def parked_bytes(self) -> int:
        """How many bytes are parked."""
        raise NotImplementedError

    def stats(self) -> Stats:
        """Counts of the blocks that this pool handed out, and of how they ended. `parked_bytes` gives bytes."""
        raise NotImplementedError

    def _after_fork_in_child(self) -> None:
        """Make the pool usable in the child of a fork, which has only this thread."""

    def _prunable_bytes(self) -> int:
        """The least number of bytes that `prune` frees: 10 % of `max_bytes` if more than that is parked, else 1 %."""
        percent = 10 if self.parked_bytes * 10 > self._max_bytes else 1
        return max(1, self._max_bytes * percent // 100)

    def __bool__(self) -> bool:
        return True  # an empty pool is a pool

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)


memory_pools: Final[Registry[Any]] = Registry()
"""All pools of memory. It is here, since most programs need no more of this package."""


def _after_fork_in_child() -> None:
    for pool in memory_pools.all():
        pool._after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def refuse_pickling(pool: object) -> NoReturn:
    """Raise TypeError: a copy of a pool would not own the objects of the original, in this process or another."""
    raise TypeError(f"{pool!r}: a pool cannot be copied or sent; send its objects, or make a pool in the other process")
