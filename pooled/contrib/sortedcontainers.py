"""Poolable SortedList, SortedKeyList, SortedDict and SortedSet of the package sortedcontainers.

Each class is a subclass of the one with the same name and works like it, with one exception: `SortedList(key=...)`
raises an error, as in every subclass of the original; make a `SortedKeyList` instead. Results of `copy`, `pickle`,
operators and set operations are poolable too. You can subclass these classes; decorate the subclass with `poolable` to
recycle its objects.

A dropped object is scrubbed, and the original `__init__` runs for each construction. So a recycled object has the key,
the load factor and all other state of a new one, and an iterator over a dropped object continues to its end.

Cost: with the native engine, the same as the originals. The inner lists are new each time, so pooling saves only the
    object itself. This matters if creating the object is most of the work (an empty `SortedKeyList` takes about half
    the time), but not for a `SortedDict`. With the reference engine, each object takes a few microseconds longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from pooled._plan.construction import new_without_arguments
from pooled._pool.decorate import poolable

try:
    import sortedcontainers as stock
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.sortedcontainers needs sortedcontainers, which is not installed: "
        "pip install 'pooled-objects[sortedcontainers]'"
    ) from _error

__all__ = ["SortedDict", "SortedKeyList", "SortedList", "SortedSet"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


@poolable
class SortedList(stock.SortedList[T]):
    """A poolable `sortedcontainers.SortedList`.

    Raises:
        TypeError: a `key` is given.
    """

    if TYPE_CHECKING:  # type checkers would else take objects to be of the original class

        def __new__(cls, iterable: Iterable[T] | None = None, key: None = None) -> Self:
            """Make one, of this class."""
            ...

    else:
        __new__ = new_without_arguments  # the original only chooses between SortedList and SortedKeyList

        def __init__(self, iterable: Iterable[T] | None = None, key: None = None) -> None:
            if key is not None:
                raise TypeError(f"key={key!r}: a SortedList has none; use SortedKeyList(iterable, key=...)")
            super().__init__(iterable)


@poolable
class SortedKeyList(stock.SortedKeyList[T, Any]):
    """A poolable `sortedcontainers.SortedKeyList`."""

    if TYPE_CHECKING:

        def __new__(cls, iterable: Iterable[T] | None = None, key: Callable[[T], Any] = ...) -> Self:
            """Make one, of this class."""
            ...

    else:
        __new__ = new_without_arguments  # the original does nothing else


@poolable
class SortedDict(stock.SortedDict[K, V]):
    """A poolable `sortedcontainers.SortedDict`."""

    if TYPE_CHECKING:

        @overload
        def __new__(cls, entries: Mapping[K, V] = ..., /) -> Self: ...
        @overload
        def __new__(cls, entries: Iterable[tuple[K, V]], /) -> Self: ...
        @overload
        def __new__(cls, key: Callable[[K], Any] | None, entries: Mapping[K, V] = ..., /) -> Self: ...
        @overload
        def __new__(cls, key: Callable[[K], Any] | None, entries: Iterable[tuple[K, V]], /) -> Self: ...
        @overload
        def __new__(cls: type[SortedDict[str, V]], /, *key_and_entries: Any, **more: V) -> SortedDict[str, V]: ...
        def __new__(cls: Any, /, *args: Any, **kwargs: Any) -> Any:
            """Make one, of this class."""
            ...


@poolable
class SortedSet(stock.SortedSet[T]):
    """A poolable `sortedcontainers.SortedSet`."""

    if TYPE_CHECKING:

        def __new__(cls, iterable: Iterable[T] | None = None, key: Callable[[T], Any] | None = None) -> Self:
            """Make one, of this class."""
            ...

    @classmethod
    def _fromset(cls, values: set[T], key: Callable[[T], Any] | None = None) -> Any:
        # Set operations use this. The original makes an object without a call of its class, so it bypasses the pool.
        make: Any = cls
        return make(values, key)
