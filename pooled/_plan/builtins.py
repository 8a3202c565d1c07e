"""Builtin containers: how each is emptied, measured, and filled again."""

from __future__ import annotations

import array
import collections
import io
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pooled._record import Record


class Builtin(Record, eq=False):
    """How instances of one builtin type, or of a subclass of it, are recycled.

    Attributes:
        empty: restores the state after `__new__`, without the methods of a subclass.
        capacity: the elements, bytes or characters that the instance can hold.
        fits: whether a parked instance can be used for a construction with these arguments; None means always.
        refill: does what `__new__` does with the positional arguments of a construction; None if it ignores them.
    """

    empty: Callable[[Any], object]
    capacity: Callable[[Any], int]
    fits: Callable[[Any, tuple[Any, ...]], bool] | None = None
    refill: Callable[..., object] | None = None


class Shim:
    """Stands for a builtin container in a module, where its calls use a pool. `_self_builtin` is the builtin itself."""

    __slots__ = ()
    _self_builtin: type


def _tail_size(cls: type, unit: int) -> Callable[[Any], int]:
    """A function that gives the memory of an instance of `cls` beyond its fixed part, in units of `unit` bytes."""
    size_of: Callable[[Any], int] = vars(cls)["__sizeof__"]

    def capacity(self: Any) -> int:
        return max(0, size_of(self) - type(self).__basicsize__) // unit

    return capacity


_POINTER: Final = sys.maxsize.bit_length() // 8 + 1

_set_table = _tail_size(set, 2 * _POINTER)


def _set_capacity(self: set[Any]) -> int:
    return _set_table(self) or 8  # the small table is a part of the object


_dict_bytes = _tail_size(dict, 1)
_DICT_ENTRY: Final = {0: 2 * _POINTER, 1: 3 * _POINTER}  # a table with only str keys, and any other table


def _dict_index(log2_size: int) -> int:
    """Bytes of one index in the hash table of a dict with `2 ** log2_size` slots."""
    return next((width for width in (1, 2, 4) if log2_size < 8 * width), 8)


def _dict_table(log2_size: int, entry: int) -> int:
    """Bytes of the hash table of a dict with `2 ** log2_size` slots, without its header."""
    slots = 1 << log2_size
    return slots * _dict_index(log2_size) + (slots * 2 // 3) * entry


_DICT_HEADER: Final = _dict_bytes({"a": 1}) - _dict_table(3, _DICT_ENTRY[0])


def _dict_capacity(self: dict[Any, Any]) -> int:
    """The entries that fit into the table of a dict, computed from its size in bytes; 0 without a table."""
    table = _dict_bytes(self) - _DICT_HEADER
    for log2_size in range(3, 64):
        for entry in _DICT_ENTRY.values():
            if table <= _dict_table(log2_size, entry):
                return (1 << log2_size) * 2 // 3 if table > 0 else 0
    return sys.maxsize


_deque_bytes = _tail_size(collections.deque, 1)
_DEQUE_BLOCK: Final = _deque_bytes(collections.deque())
_DEQUE_BLOCK_ITEMS: Final = 64


def _deque_capacity(self: collections.deque[Any]) -> int:
    return _deque_bytes(self) // _DEQUE_BLOCK * _DEQUE_BLOCK_ITEMS


def _array_capacity(self: array.array[Any]) -> int:
    return _tail_size(array.array, self.itemsize)(self)


def _array_fits(self: array.array[Any], args: tuple[Any, ...]) -> bool:
    return bool(args) and args[0] == self.typecode


def _array_refill(self: array.array[Any], typecode: str, initializer: Any = (), /) -> None:
    array.array.extend(self, array.array(typecode, initializer))


def _stringio_capacity(self: io.StringIO) -> int:
    """The characters in it; Python does not expose how many it can hold."""
    if self.closed:
        return 0
    position = io.StringIO.tell(self)
    held = io.StringIO.seek(self, 0, io.SEEK_END)
    io.StringIO.seek(self, position)
    return held


_DEFAULT_FACTORY: Final[Any] = vars(collections.defaultdict)[
    "default_factory"
]  # that of the builtin, since a subclass may override it


def _empty_defaultdict(self: collections.defaultdict[Any, Any]) -> None:
    dict.clear(self)
    _DEFAULT_FACTORY.__set__(self, None)


def _empty_ordered(self: collections.OrderedDict[Any, Any]) -> None:
    collections.OrderedDict.clear(self)


def _empty_array(self: array.array[Any]) -> None:
    array.array.__delitem__(self, slice(None))


def _empty_bytesio(self: io.BytesIO) -> None:
    io.BytesIO.__init__(self, b"")  # it also reopens a closed one


def _empty_stringio(self: io.StringIO) -> None:
    io.StringIO.__init__(self)


def _empty_deque(self: collections.deque[Any]) -> None:
    collections.deque.__init__(self)  # it also removes maxlen


EMPTIABLE: Final[Mapping[type, Builtin]] = MappingProxyType(
    {
        list: Builtin(empty=list.clear, capacity=_tail_size(list, _POINTER)),
        dict: Builtin(empty=dict.clear, capacity=_dict_capacity),
        set: Builtin(empty=set.clear, capacity=_set_capacity),
        bytearray: Builtin(empty=bytearray.clear, capacity=bytearray.__alloc__),
        collections.deque: Builtin(empty=_empty_deque, capacity=_deque_capacity),
        collections.OrderedDict: Builtin(empty=_empty_ordered, capacity=_dict_capacity),
        collections.defaultdict: Builtin(empty=_empty_defaultdict, capacity=_dict_capacity),
        array.array: Builtin(empty=_empty_array, capacity=_array_capacity, fits=_array_fits, refill=_array_refill),
        io.BytesIO: Builtin(empty=_empty_bytesio, capacity=_tail_size(io.BytesIO, 1)),
        io.StringIO: Builtin(empty=_empty_stringio, capacity=_stringio_capacity),
    }
)
"""The builtin types, without `Counter`, which is a dict subclass written in Python."""


def builtin_of(cls: type) -> Builtin | None:
    """The entry of the nearest builtin base of `cls`; None if it has none."""
    return next((EMPTIABLE[base] for base in cls.__mro__ if base in EMPTIABLE), None)


_IS_BUILTIN: Final = "__pooled_builtin__"


def of_the_builtin(method: Callable[[Any], int]) -> Callable[[Any], int]:
    """Mark a `capacity` method that returns `capacity_of(self)`, so that an engine need not call it."""
    setattr(method, _IS_BUILTIN, True)
    return method


def is_of_the_builtin(capacity: Callable[[Any], int]) -> bool:
    """Whether `capacity` was marked by `of_the_builtin`."""
    return getattr(capacity, _IS_BUILTIN, False)


def capacity_of(container: object) -> int:
    """The capacity of an instance of a builtin container or of a subclass of one.

    It is in elements for list, dict, set, deque and array, in bytes for bytearray and BytesIO, and in characters for
    StringIO.

    Raises:
        TypeError: it is no such container.
    """
    builtin = builtin_of(container.__class__)
    if builtin is None:
        raise TypeError(f"container={container!r}: expected a list, dict, set, deque, array or buffer")
    return builtin.capacity(container)
