# pyright: strict
"""`take` and `try_take` have the parameters of the class; nothing here runs.

A line that the checkers must reject has a `type: ignore` and a `pyright: ignore`, which are errors if not needed.
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar, assert_type

import attrs

import pooled

T = TypeVar("T")


@pooled.poolable
class Plain:
    def __init__(self, number: int, /, text: str = "", *, flag: bool = False) -> None:
        self.number, self.text, self.flag = number, text, flag


@pooled.poolable
class Empty:
    pass


@pooled.poolable(max=64)
@dataclass(slots=True)
class Data:
    number: int
    names: list[str] = field(default_factory=list[str])
    hidden: int = field(default=0, init=False)


@pooled.poolable
@dataclass(frozen=True, kw_only=True)
class Keywords:
    number: int
    text: str = ""


@pooled.poolable
@attrs.define
class Attrs:
    number: int
    _private: str = attrs.field(default="x", alias="private")
    names: list[str] = attrs.field(factory=list[str])


@pooled.poolable
@attrs.frozen
class AttrsKeywords:
    number: int = attrs.field(kw_only=True)


@pooled.poolable
@dataclass
class Box(Generic[T]):
    item: T


class Counted(metaclass=pooled.PooledMeta):
    def __init__(self, count: int) -> None:
        self.count = count


@pooled.poolable(reset="reset")
class Resetting:
    def __init__(self, size: int = 1) -> None:
        self.buffer = bytearray(size)

    def reset(self) -> None: ...


def of_a_class() -> None:
    assert_type(pooled.take(Plain, 1), Plain)
    assert_type(pooled.take(Plain, 1, text="x", flag=True).text, str)
    assert_type(pooled.try_take(Plain, 1, "x"), Plain | None)
    assert_type(pooled.take(Empty), Empty)
    assert_type(pooled.take(Counted, 3).count, int)
    assert_type(pooled.try_take(Counted, count=3), Counted | None)
    pooled.take(Plain)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Plain, "1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    pooled.take(Plain, number=1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Plain, 1, "x", True)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Plain, 1, other=2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.try_take(Plain)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Empty, 1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Counted)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Counted, "3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def of_a_dataclass() -> None:
    assert_type(pooled.take(Data, 1), Data)
    assert_type(pooled.take(Data, number=1, names=["a"]).names, list[str])
    assert_type(pooled.try_take(Data, 1), Data | None)
    assert_type(pooled.take(Keywords, number=1), Keywords)
    pooled.take(Data)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Data, names=["a"])  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Data, 1, names=[2])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    pooled.take(Data, 1, hidden=2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Keywords, 1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.try_take(Keywords, text="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def of_an_attrs_class() -> None:
    assert_type(pooled.take(Attrs, 1), Attrs)
    assert_type(pooled.take(Attrs, 1, private="y", names=["a"]).names, list[str])
    assert_type(pooled.try_take(Attrs, number=1), Attrs | None)
    assert_type(pooled.take(AttrsKeywords, number=1).number, int)
    pooled.take(Attrs)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Attrs, 1, _private="y")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.take(Attrs, "1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    pooled.take(AttrsKeywords, 1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def of_a_generic_class() -> None:
    assert_type(pooled.take(Box, 3), Box[int])
    assert_type(pooled.take(Box, item="a").item, str)
    assert_type(pooled.try_take(Box, 3), Box[int] | None)
    pooled.take(Box)  # type: ignore[arg-type] # pyright: ignore[reportCallIssue]
    pooled.take(Box[str], 3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def of_a_class_with_a_reset() -> None:
    assert_type(pooled.take(Resetting), Resetting)
    assert_type(pooled.take(Resetting, size=3).buffer, bytearray)
    assert_type(pooled.try_take(Resetting), Resetting | None)
    pooled.take(Resetting, "3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
