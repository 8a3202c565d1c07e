"""The classes that are measured: for every kind of object, a pooled class and the class to compare it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import attrs

import pooled
from pooled import containers

Pair: TypeAlias = tuple[Any, Any]
"""A pooled class, and the class that it is compared with."""

STOCK: dict[str, Pair] = {
    "List": (containers.List, list),
    "Dict": (containers.Dict, dict),
    "Set": (containers.Set, set),
    "ByteArray": (containers.ByteArray, bytearray),
}


def subclass_of(stock: type) -> type:
    """Return a subclass without a pool, to compare with a pooled container."""
    return type(stock.__name__.title(), (stock,), {"__slots__": ()})


def pooled_container(name: str, **limits: Any) -> type:
    """Return a new pooled subclass of the builtin type that the pooled container `name` derives from."""
    return pooled.poolable(**limits)(subclass_of(STOCK[name][1]))


class Slotted:
    """Two slots, set by `__init__`."""

    __slots__ = ("a", "b")

    def __init__(self, a: object, b: object) -> None:
        self.a = a
        self.b = b


class Two:
    """Two attributes in a `__dict__`."""

    def __init__(self, a: object, b: object) -> None:
        self.a = a
        self.b = b


class Six:
    """Six attributes in a `__dict__`."""

    def __init__(self, a: object, b: object) -> None:
        self.a = self.c = self.e = a
        self.b = self.d = self.f = b


def classes(**limits: Any) -> dict[str, Pair]:
    """Return the classes above by their names in the tables: a pooled twin, and the class itself."""
    names = {"class, 2 slots": Slotted, "class, 2 attributes": Two, "class, 6 attributes": Six}
    return {name: (_pooled_twin(cls, **limits), cls) for name, cls in names.items()}


def _pooled_twin(cls: type, **limits: Any) -> type:
    body = {name: value for name, value in vars(cls).items() if name in ("__slots__", "__init__", "__module__")}
    return pooled.poolable(**limits)(type(cls.__name__, (), body))


def attrs_class() -> type:
    """A new attrs class, with slots: five fields with defaults and three containers."""

    @attrs.define(eq=False)
    class Request:
        name: str = ""
        size: int = 0
        ratio: float = 1.0
        is_last: bool = False
        parent: object = None
        rows: list[int] = attrs.field(factory=list)
        index: dict[int, int] = attrs.field(factory=dict)
        seen: set[int] = attrs.field(factory=set)

    return Request


def data_class() -> type:
    """The same as a dataclass, with a `__dict__`."""

    @dataclass(eq=False)
    class Request:
        name: str = ""
        size: int = 0
        ratio: float = 1.0
        is_last: bool = False
        parent: object = None
        rows: list[int] = field(default_factory=list)
        index: dict[int, int] = field(default_factory=dict)
        seen: set[int] = field(default_factory=set)

    return Request


FIELD_CLASSES: dict[str, Callable[[], type]] = {"attrs": attrs_class, "dataclass": data_class}
"""The functions that make a class with fields, by its name in the tables."""
