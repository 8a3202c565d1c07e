# pyright: strict
"""Poolable classes of every kind for type checkers; nothing here runs.

Each keeps its type, the signature of its `__init__`, and its attributes.
"""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Generic, TypeVar, assert_type

import attrs

import pooled
from pooled import containers

T = TypeVar("T")


@pooled.poolable
class Box(Generic[T]):
    def __init__(self, item: T) -> None:
        self.item = item


@pooled.poolable(max=3, keep=["names"])
@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    number: int
    names: list[str] = field(default_factory=list[str])


@attrs.frozen
class AttrsOfMeta(metaclass=pooled.PooledMeta, max=3, keep=["names"]):
    number: int
    names: list[str] = attrs.field(factory=list[str])


@dataclass
class Base(metaclass=pooled.PooledABCMeta, scope="global", idle_trim=3):
    number: int

    @abstractmethod
    def double(self) -> int: ...


@dataclass
class Derived(Base, max=4):
    text: str = ""

    def double(self) -> int:
        return 2 * self.number


@pooled.poolable(max=64, max_cap=1 << 20, reset="reset", capacity="capacity")
class Decoder:
    def __init__(self, *, size: int = 1) -> None:
        self.buffer = bytearray(size)

    def reset(self) -> bool:
        return len(self.buffer) > 0

    def capacity(self) -> int:
        return len(self.buffer)

    @property
    def used(self) -> float:
        return 0.5

    @classmethod
    def large(cls) -> "Decoder":
        return cls(size=1 << 20)


@pooled.poolable(reset=lambda numbers: numbers.clear(), capacity=len)
class Numbers(list[int]):
    pass


@pooled.poolable
class Own(containers.List[T]):
    def last(self) -> T:
        return self[-1]


class Outer:
    @pooled.poolable
    class Inner:
        def __init__(self, *, a: int) -> None:
            self.a = a


def generic() -> None:
    assert_type(Box(3), Box[int])
    assert_type(Box("a").item, str)
    assert_type(pooled.take(Box, item=3), Box[int])
    assert_type(pooled.try_take(Box, "a"), Box[str] | None)
    assert_type(pooled.pool_of(Box[int]), pooled.Pool[Box[int]])
    assert_type(pooled.LocalPool(Box[int]).take(), Box[int])
    assert_type(pooled.orphan(Box, 3), Box[int])
    assert_type(Own([1]), Own[int])
    assert_type(Own([1]).last(), int)
    Box[int]("3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def of_fields() -> None:
    assert_type(Frozen(number=1), Frozen)
    assert_type(Frozen(number=1).names, list[str])
    assert_type(AttrsOfMeta(1), AttrsOfMeta)
    assert_type(AttrsOfMeta(1).names, list[str])
    Frozen(1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Frozen(number=1).number = 2  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
    AttrsOfMeta("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    AttrsOfMeta(1).number = 2  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def under_the_metaclass() -> None:
    derived = Derived(1, text="x")
    assert_type(derived, Derived)
    assert_type(derived.double(), int)
    assert_type(pooled.take(Derived, number=1).text, str)
    Base(1)  # type: ignore[abstract] # pyright: ignore[reportAbstractUsage]
    Derived(1, 2)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def methods() -> None:
    decoder = pooled.take(Decoder)
    assert_type(decoder.buffer, bytearray)
    assert_type(decoder.used, float)
    assert_type(Decoder.large(), Decoder)
    assert_type(Numbers([1])[0], int)
    assert_type(Outer.Inner(a=1).a, int)
    Decoder(1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Outer.Inner(a="1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    decoder.usd  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


@pooled.poolable
class Resetting(pooled.Poolable):
    def reset(self) -> None: ...


class Named(metaclass=pooled.PooledMeta, reset="clear", capacity=len):
    def clear(self) -> None: ...

    def __len__(self) -> int:
        return 1


def protocols_of_hooks(resets: pooled.SupportsReset, measures: pooled.SupportsCapacity) -> None:
    assert_type(resets.reset(), bool | None)
    assert_type(measures.capacity(), int)
    protocols_of_hooks(Decoder(), Decoder())
    protocols_of_hooks(Resetting(), Decoder())
    protocols_of_hooks(Resetting(), Named())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    protocols_of_hooks(3, Decoder())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    pooled.LocalPool(Named, reset=None, capacity="__len__")
    pooled.poolable(reset=3)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]
    Resetting().capacity()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    assert issubclass(pooled.PooledDeprecationWarning, FutureWarning)


def decorators_that_are_wrong() -> None:
    pooled.poolable(max="3")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]
    pooled.poolable(scope="all")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]
    pooled.poolable(limit=3)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
    pooled.poolable(3)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]
    pooled.take(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    pooled.assign(Box(1), Box)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
