"""SortedList, SortedKeyList, SortedDict and SortedSet of the package sortedcontainers, poolable.

Each is a subclass of the one it is named after and works as that one does, but for one thing: `SortedList(key=...)`
is refused, as every subclass of the stock one refuses it; make a `SortedKeyList`. What `copy`, `pickle`, operators
and set operations make of them is poolable too. Subclass them as you like, and decorate the subclass with `poolable`
to have its objects recycled.

They are scrubbed when they are dropped, and made ready by the stock `__init__` each time: so key, load factor and
everything else are those of a new one, and an iterator over one that is gone goes on to its end.

Cost: with the native engine, that of the stock ones. Their inner lists are new each time, so what is saved is only the
object itself, which shows where it is most of the work (an empty `SortedKeyList` takes about half the time), and not in
a `SortedDict`. With the reference engine, some microseconds more for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

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

    if TYPE_CHECKING:  # to checkers, what the stock one makes is of its own class

        def __new__(cls, iterable: Iterable[T] | None = None, key: None = None) -> Self:
            """Make one, of this class."""
            ...

    else:
        __new__ = object.__new__  # all that the stock one does is to choose between its class and the one with a key

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
        __new__ = object.__new__  # all that the stock one does


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
        # What set operations use. The stock one makes the object without asking its class, which leaves the pool out.
        make: Any = cls
        return make(values, key)
