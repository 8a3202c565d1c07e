"""The containers of the standard library, poolable.

Each is a subclass of the one it is named after and works as that one does; subclass it as you like, and decorate
the subclass with `poolable` to have its objects recycled too. All but `Array` are made as their namesakes are, and
recycled empty. Their limits are the configured defaults; `pooled.configure` before the import of this module, or
the configuration file, change them, and `pool_of(List).resize(...)` does at any time.

Capacity is what a container has room for without growing: elements, for the buffers bytes, for `StringIO`
characters. One whose capacity is above the pool's `max_cap` is discarded.

`BufferPool` is for memory rather than objects: it hands out memoryviews, for reading into.
"""

from __future__ import annotations

import array
import collections
import io
from collections.abc import Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar, cast, overload

from pooled._memory.buffers import BufferPool
from pooled._plan.builtins import capacity_of, of_the_builtin
from pooled._pool.decorate import poolable

__all__ = [
    "Array",
    "BufferPool",
    "ByteArray",
    "BytesIO",
    "Counter",
    "DefaultDict",
    "Deque",
    "Dict",
    "List",
    "OrderedDict",
    "Set",
    "StringIO",
]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
N = TypeVar("N", int, float, str)


@poolable
class List(list[T]):
    """A poolable `list`."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Elements it has room for."""
        return capacity_of(self)


@poolable
class Dict(dict[K, V]):
    """A poolable `dict`."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Entries it has room for."""
        return capacity_of(self)


@poolable
class Set(set[T]):
    """A poolable `set`."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Slots of its hash table; a set grows when three fifths of them are taken."""
        return capacity_of(self)


@poolable
class Deque(collections.deque[T]):
    """A poolable `collections.deque`."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Elements its blocks have room for."""
        return capacity_of(self)


@poolable
class ByteArray(bytearray):
    """A poolable `bytearray`."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Bytes it has room for."""
        return capacity_of(self)


@poolable
class BytesIO(io.BytesIO):
    """A poolable `io.BytesIO`. One that was closed is recycled too."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Bytes its buffer has room for; 0 while it shares the `bytes` it was made from."""
        return capacity_of(self)


@poolable
class StringIO(io.StringIO):
    """A poolable `io.StringIO`. One that was closed is recycled too."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Characters it holds; Python does not tell how many it has room for."""
        return capacity_of(self)


@poolable
class OrderedDict(collections.OrderedDict[K, V]):
    """A poolable `collections.OrderedDict`."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Entries it has room for."""
        return capacity_of(self)


@poolable
class DefaultDict(collections.defaultdict[K, V]):
    """A poolable `collections.defaultdict`. The default factory is forgotten when it is recycled."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """Entries it has room for."""
        return capacity_of(self)


@poolable
class Counter(collections.Counter[T]):
    """A poolable `collections.Counter`."""

    @of_the_builtin
    def capacity(self) -> int:
        """Entries it has room for."""
        return capacity_of(self)


if TYPE_CHECKING:
    _Array = array.array
    _Bytes: TypeAlias = bytes | bytearray
    _IntCode: TypeAlias = Literal["b", "B", "h", "H", "i", "I", "l", "L", "q", "Q"]
else:
    _Array = GenericAlias(array.array, N)  # what `array.array[N]` is from 3.12 on


@poolable
class Array(_Array[N]):
    """A poolable `array.array`.

    Its type code is made with it, so a parked array serves only a construction with the same one. Of a pool's
    arrays a few are looked at; where many type codes are in use at once, make a pool for each:
    `GlobalPool(lambda: array.array("d"), reset=lambda a: a.__delitem__(slice(None)))`.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # to checkers, what the stock one makes is of its own class

        @overload
        def __new__(cls: type[Array[int]], code: _IntCode, initial: _Bytes | Iterable[int] = ..., /) -> Array[int]: ...
        @overload
        def __new__(
            cls: type[Array[float]], code: Literal["f", "d"], initial: _Bytes | Iterable[float] = ..., /
        ) -> Array[float]: ...
        @overload
        def __new__(
            cls: type[Array[str]], code: Literal["u", "w"], initial: _Bytes | Iterable[str] = ..., /
        ) -> Array[str]: ...
        @overload
        def __new__(cls, code: str, initial: Iterable[N], /) -> Self: ...
        @overload
        def __new__(cls, code: str, initial: _Bytes = ..., /) -> Self: ...
        def __new__(cls, code: str, initial: Any = ..., /) -> Any:
            """Make an array of this type code."""

    else:
        __class_getitem__ = classmethod(GenericAlias)  # the stock one has it from 3.12 on

    @of_the_builtin
    def capacity(self) -> int:
        """Elements it has room for."""
        return capacity_of(self)

    # The stock methods make the array without asking its class, which would leave the pool out.

    def __copy__(self) -> Any:
        return type(self)(self.typecode, self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__copy__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        remake, arguments, state = cast("tuple[Any, ...]", super().__reduce_ex__(max(protocol, 3)))
        return _remake, (type(self), remake, arguments[1:]), state


def _remake(cls: type[array.array[Any]], remake: Any, contents: tuple[Any, ...]) -> Any:
    stock = remake(array.array, *contents)
    return cls(stock.typecode, stock)
