"""Poolable structures written in Python; `pooled.containers` has their names."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, MutableSet
from collections.abc import Set as AbstractSet
from typing import Any, Final, Generic, Self, TypeVar

from pooled._pool.decorate import poolable

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

_NOTHING: Final = ()


@poolable(keep=("_items",))
class OrderedSet(MutableSet[T], Generic[T]):
    """A poolable set that keeps the order in which its items were added.

    It has the methods of `set`, and the operators of `collections.abc.MutableSet`, which also accept sets of other
    classes. It equals any set of the same items, in any order. Like a dict, it keeps the position of an item that is
    added again. With the native engine, `OrderedSet()` keeps the memory of the table; `OrderedSet(items)` makes a new
    one.
    """

    __module__ = "pooled.containers"
    __slots__ = ("_items",)

    def __init__(self, items: Iterable[T] = _NOTHING, /) -> None:
        if items is not _NOTHING:
            self._items: dict[T, None] = dict.fromkeys(items)
            return
        try:
            kept = self._items
        except AttributeError:  # it is a new object
            self._items = {}
        else:
            if kept:  # the table of an empty dict stays
                kept.clear()

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __reversed__(self) -> Iterator[T]:
        return reversed(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._items) if self._items else ''})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (list(self._items),)

    def __copy__(self) -> Self:
        return self.copy()

    def __and__(self, other: Iterable[Any]) -> OrderedSet[T]:
        """The items that `other` has, too, in the order of this set."""
        return self.intersection(other) if isinstance(other, Iterable) else NotImplemented

    __rand__ = __and__

    def add(self, item: T) -> None:
        """Add an item at the end, unless it is there."""
        self._items[item] = None

    def discard(self, item: Any) -> None:
        """Remove an item if it is there."""
        self._items.pop(item, None)

    def remove(self, item: T) -> None:
        """Remove an item.

        Raises:
            KeyError: it is not there.
        """
        del self._items[item]

    def pop(self, *, last: bool = True) -> T:
        """Remove and return the last item, or the first.

        Raises:
            KeyError: the set is empty.
        """
        if last:
            return self._items.popitem()[0]
        for item in self._items:
            del self._items[item]
            return item
        raise KeyError("pop from an empty set")

    def clear(self) -> None:
        """Remove all items."""
        self._items.clear()

    def copy(self) -> Self:
        """A set with the same items, from the pool."""
        return type(self)(self._items)

    def update(self, *others: Iterable[T]) -> None:
        """Add the items of all `others`."""
        for other in others:
            self._items.update(dict.fromkeys(other))

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Remove the items that any of `others` has."""
        for other in others:
            for item in list(other):
                self._items.pop(item, None)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Remove the items that one of `others` does not have."""
        for other in others:
            kept = _as_set(other)
            for item in [item for item in self._items if item not in kept]:
                del self._items[item]

    def symmetric_difference_update(self, other: Iterable[T]) -> None:
        """Remove the items that `other` has, and add those that only `other` has."""
        for item in dict.fromkeys(other):
            if item in self._items:
                del self._items[item]
            else:
                self._items[item] = None

    def union(self, *others: Iterable[T]) -> Self:
        """A copy with the items of all `others`."""
        made = self.copy()
        made.update(*others)
        return made

    def difference(self, *others: Iterable[Any]) -> Self:
        """A copy without the items that any of `others` has."""
        made = self.copy()
        made.difference_update(*others)
        return made

    def intersection(self, *others: Iterable[Any]) -> Self:
        """A copy of the items that all `others` have, in the order of this set."""
        made = self.copy()
        made.intersection_update(*others)
        return made

    def symmetric_difference(self, other: Iterable[T]) -> Self:
        """A copy without the items that `other` has, and with those that only `other` has."""
        made = self.copy()
        made.symmetric_difference_update(other)
        return made

    def issubset(self, other: Iterable[Any]) -> bool:
        """Whether `other` has all items."""
        others = _as_set(other)
        return all(item in others for item in self._items)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Whether all items of `other` are here."""
        return all(item in self._items for item in other)


def _as_set(items: Iterable[Any]) -> Any:
    return items if isinstance(items, (AbstractSet, dict)) else dict.fromkeys(items)


@poolable
class UserDict(collections.UserDict[K, V]):
    """A poolable `collections.UserDict`."""

    __module__ = "pooled.containers"


@poolable
class UserList(collections.UserList[T]):
    """A poolable `collections.UserList`."""

    __module__ = "pooled.containers"


@poolable
class ChainMap(collections.ChainMap[K, V]):
    """A poolable `collections.ChainMap`. Dropping one drops its references to the mappings; it does not empty them."""

    __module__ = "pooled.containers"
