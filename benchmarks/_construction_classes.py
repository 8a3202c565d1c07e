"""The classes whose construction is measured, and the ratio that each of their cells has to reach.

A class and its poolable twin share no bytecode: the interpreter specialises the `__init__` of each for its own class,
as it does in a program that has only one of them.
"""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass, field
from typing import Any, Final

import attrs

import pooled
from benchmarks._subjects import Slotted, Two

IS_NEW: Final = sys.version_info >= (3, 14)
"""Whether the interpreter inlines the `__init__` of a class that is not poolable."""


@dataclass
class Pair:
    """A dataclass of two fields."""

    a: int
    b: int


@dataclass(slots=True)
class SlottedPair:
    """The same with slots."""

    a: int
    b: int


@attrs.define
class AttrsPair:
    """The same as an attrs class, which has slots."""

    a: int
    b: int


class Six:
    """Six attributes, four of them constants."""

    def __init__(self, a: int, b: int) -> None:
        self.a = a
        self.b = b
        self.c = None
        self.d = 0
        self.e = ""
        self.f = 1.5


class Containing:
    """Two arguments and two containers."""

    def __init__(self, a: int, b: int) -> None:
        self.a = a
        self.b = b
        self.items: list[int] = []
        self.meta: dict[str, int] = {}


@dataclass
class Eight:
    """A dataclass of eight fields, three of them containers."""

    a: int
    b: int
    c: int = 1
    d: str = ""
    e: float = 0.0
    items: list[int] = field(default_factory=list)
    table: dict[str, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


@dataclass(slots=True)
class SlottedEight:
    """The same with slots."""

    a: int
    b: int
    c: int = 1
    d: str = ""
    e: float = 0.0
    items: list[int] = field(default_factory=list)
    table: dict[str, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


@attrs.define
class AttrsEight:
    """The same as an attrs class, which has slots."""

    a: int
    b: int
    c: int = 1
    d: str = ""
    e: float = 0.0
    items: list[int] = attrs.field(factory=list)
    table: dict[str, int] = attrs.field(factory=dict)
    seen: set[int] = attrs.field(factory=set)


class Comprehending:
    """An `__init__` with a branch and a comprehension, which runs as Python code."""

    def __init__(self, a: int, b: int) -> None:
        self.a = a
        self.b = b if b > 1 else None
        self.items = [a for _ in "ab"]


class Branching:
    """A short `__init__` with a branch, which runs as Python code."""

    def __init__(self, a: int, b: int) -> None:
        self.a = a
        self.b = b if b > 1 else None


@dataclass(slots=True)
class Finished:
    """A dataclass with a `__post_init__`."""

    a: int
    b: int
    c: int = 1
    d: str = ""
    e: float = 0.0
    f: int = 0

    def __post_init__(self) -> None:
        """Do nothing."""


@attrs.frozen
class Bars:
    """The least ratio of each cell of a class: before Python 3.14, and from then on."""

    positional: tuple[float, float]
    keywords: tuple[float, float]
    many_alive: tuple[float, float]
    misses: tuple[float, float]


def bars(old: tuple[float, float, float, float], new: tuple[float, float, float, float]) -> Bars:
    """Return the bars of a class, from a row for Python before 3.14 and a row for 3.14 and newer."""
    return Bars(*zip(old, new, strict=True))


TWO: Final = bars((2.2, 3.0, 3.5, 1.0), (1.3, 2.3, 1.8, 0.97))
FIELDS: Final = bars((2.3, 3.5, 2.6, 1.4), (1.35, 2.3, 1.8, 0.97))
EIGHT: Final = bars((3.5, 3.5, 4.5, 1.2), (2.7, 2.7, 5.0, 1.1))

CLASSES: Final[dict[str, tuple[type, Bars]]] = {
    "two attributes": (Two, TWO),
    "two attributes, dataclass": (Pair, TWO),
    "two slots": (Slotted, bars((2.2, 3.5, 4.0, 1.4), (1.3, 2.3, 1.8, 0.97))),
    "two slots, dataclass": (SlottedPair, FIELDS),
    "two slots, attrs": (AttrsPair, FIELDS),
    "six attributes": (Six, bars((2.2, 3.0, 4.0, 1.0), (1.5, 2.3, 2.0, 0.97))),
    "with [] and {}": (Containing, bars((2.2, 3.0, 3.0, 1.0), (1.5, 2.3, 2.5, 0.97))),
    "eight fields, dataclass": (Eight, EIGHT),
    "eight fields, attrs": (AttrsEight, EIGHT),
    "not planned": (Comprehending, bars((1.0, 1.0, 1.2, 0.97), (0.97, 1.0, 1.2, 0.95))),
    "not planned, light": (Branching, bars((1.0, 1.0, 1.2, 0.95), (0.85, 1.0, 1.2, 0.72))),
}
"""The classes of two arguments, `a` and `b`, with their bars."""


def poolable_twin(cls: Any, **limits: Any) -> Any:
    """A poolable class from the same dictionary, with functions of its own."""
    left_out = ("__dict__", "__weakref__", *getattr(cls, "__slots__", ()))
    namespace = {name: _own(value) for name, value in vars(cls).items() if name not in left_out}
    return pooled.poolable(**limits)(type(cls.__name__, (), namespace))


def _own(value: object) -> object:
    """Return a copy of a function, which the interpreter specialises separately; other values stay unchanged."""
    if not isinstance(value, types.FunctionType):
        return value
    copy = types.FunctionType(
        value.__code__.replace(), value.__globals__, value.__name__, value.__defaults__, value.__closure__
    )
    copy.__kwdefaults__ = value.__kwdefaults__
    copy.__qualname__ = value.__qualname__
    copy.__annotations__ = value.__annotations__
    return copy
