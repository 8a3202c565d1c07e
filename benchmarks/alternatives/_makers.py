"""The ways to make the objects of the programs: the same fields, as a class of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, make_dataclass
from typing import Any, Final, TypeAlias

import attrs
import msgspec

import pooled

MOST: Final = 8_192
"""How many objects a pool parks: more than any of the programs keeps alive."""

FIELDS: Final[dict[str, list[tuple[str, type, Callable[[], Any] | None]]]] = {
    "Line": [("product", object, None), ("count", int, None), ("discounts", list, list)],
    "Record": [("number", int, None), ("source", str, None), ("values", dict, dict), ("errors", list, list)],
    "Event": [("kind", int, None), ("value", int, None)],
}
"""The classes: the name, the type and the default factory of each field."""


@attrs.frozen
class Maker:
    """How the objects of a class are made.

    Attributes:
        make: makes an object from the values of the fields without a default.
        give_back: has to be called with each object that is no longer needed; None if no call is needed.
    """

    make: Callable[..., Any]
    give_back: Callable[[Any], None] | None = None


def dataclass_of(name: str, *, slots: bool = False) -> Any:
    fields = [
        (key, kind) if factory is None else (key, kind, field(default_factory=factory))
        for key, kind, factory in FIELDS[name]
    ]
    return make_dataclass(name, fields, slots=slots, eq=False)


def plain(name: str) -> Maker:
    """A dataclass."""
    return Maker(dataclass_of(name))


def slotted(name: str) -> Maker:
    """A dataclass with slots."""
    return Maker(dataclass_of(name, slots=True))


def struct(name: str, *, tracked: bool = True) -> Maker:
    """A Struct of msgspec, which the collector tracks or not."""
    fields = [
        (key, kind) if factory is None else (key, kind, msgspec.field(default_factory=factory))
        for key, kind, factory in FIELDS[name]
    ]
    return Maker(msgspec.defstruct(name, fields, eq=False, gc=tracked))


def untracked_struct(name: str) -> Maker:
    """A Struct that the collector does not track."""
    return struct(name, tracked=False)


def by_hand(name: str) -> Maker:
    """A list of free objects, and functions as people write them for each class."""
    return {"Line": _lines_by_hand, "Record": _records_by_hand, "Event": _events_by_hand}[name](dataclass_of(name))


def _lines_by_hand(cls: Any) -> Maker:
    free: list[Any] = []

    def make(product: object, count: int) -> Any:
        if not free:
            return cls(product, count)
        line = free.pop()
        line.product = product
        line.count = count
        return line

    def give_back(line: Any) -> None:
        line.product = None
        line.discounts.clear()
        free.append(line)

    return Maker(make, give_back)


def _records_by_hand(cls: Any) -> Maker:
    free: list[Any] = []

    def make(number: int, source: str) -> Any:
        if not free:
            return cls(number, source)
        record = free.pop()
        record.number = number
        record.source = source
        return record

    def give_back(record: Any) -> None:
        record.values.clear()
        record.errors.clear()
        free.append(record)

    return Maker(make, give_back)


def _events_by_hand(cls: Any) -> Maker:
    free: list[Any] = []

    def make(kind: int, value: int) -> Any:
        if not free:
            return cls(kind, value)
        event = free.pop()
        event.kind = kind
        event.value = value
        return event

    return Maker(make, free.append)


def recycled(name: str) -> Maker:
    """The dataclass, poolable."""
    return Maker(pooled.poolable(max=MOST)(dataclass_of(name)))


def recycled_slotted(name: str) -> Maker:
    """The dataclass with slots, poolable."""
    return Maker(pooled.poolable(max=MOST)(dataclass_of(name, slots=True)))


Kind: TypeAlias = Callable[[str], Maker]

KINDS: Final[dict[str, Kind]] = {
    "plain": plain,
    "slots": slotted,
    "struct": struct,
    "untracked-struct": untracked_struct,
    "by-hand": by_hand,
    "pooled": recycled,
    "pooled-slots": recycled_slotted,
}
