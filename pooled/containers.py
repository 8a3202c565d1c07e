"""Poolable containers of the standard library.

Each class is a subclass of the container with the same name and works like it; the library has no `OrderedSet`. You
can subclass it; decorate the subclass with `poolable` to recycle its objects too. A recycled container is empty. The
limits are the configured defaults. Change them in the configuration file, with `pooled.configure` before you import
this module, or at any time with `pool_of(List).resize(...)`.

The capacity of a container is how much it can hold without growing: in bytes for buffers, in characters for `StringIO`,
and in elements for all others. A container with a capacity above the `max_cap` of its pool is discarded.

You can use the containers as field types with pydantic, msgspec and cattrs; see the guide "Containers as field types".

`BufferPool` is a pool of memory instead of objects: it hands out memoryviews to read into.
"""

from __future__ import annotations

import array
import collections
import io
from collections.abc import Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias, TypeVar, cast, overload

from pooled._field_types import pydantic_schema
from pooled._memory.buffers import BufferPool
from pooled._plan.builtins import capacity_of, of_the_builtin
from pooled._pool.decorate import poolable
from pooled._structures import ChainMap, OrderedSet, UserDict, UserList

__all__ = [
    "Array",
    "BufferPool",
    "ByteArray",
    "BytesIO",
    "ChainMap",
    "Counter",
    "DefaultDict",
    "Deque",
    "Dict",
    "List",
    "OrderedDict",
    "OrderedSet",
    "Set",
    "StringIO",
    "UserDict",
    "UserList",
]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
N = TypeVar("N", int, float, str)


@poolable
class List(list[T]):
    """A poolable `list`."""

    __slots__ = ()

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of elements that it can hold without growing."""
        return capacity_of(self)


@poolable
class Dict(dict[K, V]):
    """A poolable `dict`."""

    __slots__ = ()

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of entries that it can hold without growing."""
        return capacity_of(self)


@poolable
class Set(set[T]):
    """A poolable `set`."""

    __slots__ = ()

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of slots of its hash table; a set grows when three fifths of them are used."""
        return capacity_of(self)


@poolable
class Deque(collections.deque[T]):
    """A poolable `collections.deque`."""

    __slots__ = ()

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of elements that fit into its blocks."""
        return capacity_of(self)


@poolable
class ByteArray(bytearray):
    """A poolable `bytearray`."""

    __slots__ = ()

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of bytes that it can hold without growing."""
        return capacity_of(self)


@poolable
class BytesIO(io.BytesIO):
    """A poolable `io.BytesIO`. A closed one is recycled too."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """The bytes that its buffer can hold; 0 while it shares the memory of the `bytes` it was made from."""
        return capacity_of(self)


@poolable
class StringIO(io.StringIO):
    """A poolable `io.StringIO`. A closed one is recycled too."""

    __slots__ = ()

    @of_the_builtin
    def capacity(self) -> int:
        """The number of characters in it; Python does not expose how many it can hold."""
        return capacity_of(self)


@poolable
class OrderedDict(collections.OrderedDict[K, V]):
    """A poolable `collections.OrderedDict`."""

    __slots__ = ()

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of entries that it can hold without growing."""
        return capacity_of(self)


@poolable
class DefaultDict(collections.defaultdict[K, V]):
    """A poolable `collections.defaultdict`. Recycling removes its default factory."""

    __slots__ = ()

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of entries that it can hold without growing."""
        return capacity_of(self)


@poolable
class Counter(collections.Counter[T]):
    """A poolable `collections.Counter`."""

    __get_pydantic_core_schema__: ClassVar[Any] = classmethod(pydantic_schema)

    @of_the_builtin
    def capacity(self) -> int:
        """The number of entries that it can hold without growing."""
        return capacity_of(self)


if TYPE_CHECKING:
    _Array = array.array
    _Bytes: TypeAlias = bytes | bytearray
    _IntCode: TypeAlias = Literal["b", "B", "h", "H", "i", "I", "l", "L", "q", "Q"]
else:
    _Array = GenericAlias(array.array, N)  # as `array.array[N]` from 3.12 on


@poolable
class Array(_Array[N]):
    """A poolable `array.array`.

    The type code of an array is fixed, so a parked array can only be reused with the same type code. A construction
    checks only a few parked arrays. If you use many type codes at once, make a pool for each: `GlobalPool(lambda:
    array.array("d"), reset=lambda a: a.__delitem__(slice(None)))`.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # type checkers would else take objects to be of the builtin class

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
        __class_getitem__ = classmethod(GenericAlias)  # array.array has it from 3.12 on

    @of_the_builtin
    def capacity(self) -> int:
        """The number of elements that it can hold without growing."""
        return capacity_of(self)

    # The builtin methods create an array without calling its class, so they would not use the pool.

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
