"""Calls of ordinary classes: misses with their discards, hits, many objects alive, and objects that decoders make."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from time import process_time
from typing import Any

import pooled
from benchmarks._measuring import Result, compare_timers
from benchmarks._subjects import Slotted, Two

ALIVE = 1_000
MANY_ALIVE = 50_000
IS_NEW = sys.version_info >= (3, 14)
"""Whether the interpreter inlines the `__init__` of a class that is not poolable."""


class Branching:
    """An `__init__` with a branch and a comprehension."""

    def __init__(self, a: int, b: int) -> None:
        if not a:
            a = b
        self.a = a
        self.squares = [each * each for each in (a, b)]


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


CLASSES: dict[str, tuple[type, float, float]] = {
    "two attributes": (Two, 0.95, 0.72),
    "two slots": (Slotted, 0.95, 0.72),
    "dataclass, 2 fields": (Pair, 0.95, 0.72),
    "dataclass with slots, 2 fields": (SlottedPair, 0.95, 0.72),
    "a branch and a comprehension": (Branching, 0.97, 0.95),
    "dataclass, 8 fields": (Eight, 0.98, 0.95),
}
"""The class, and the least ratio that all misses shall reach: before Python 3.14, and from then on."""

Loop = Callable[[type, int], None]


def poolable_twin(cls: type, **limits: Any) -> type:
    """A poolable class from the same dictionary."""
    namespace = {
        name: value
        for name, value in vars(cls).items()
        if name not in ("__dict__", "__weakref__", *getattr(cls, "__slots__", ()))
    }
    return pooled.poolable(**limits)(type(cls.__name__, (), namespace))


def _one_by_one(cls: type, rounds: int) -> None:
    for _ in range(rounds):
        cls(1, 2)


def _by_keywords(cls: type, rounds: int) -> None:
    for _ in range(rounds):
        cls(a=1, b=2)


def _many_alive(cls: type, rounds: int) -> None:
    for _ in range(rounds // MANY_ALIVE):
        [cls(1, 2) for _ in range(MANY_ALIVE)]


def _some_alive(cls: type, rounds: int) -> None:
    for _ in range(rounds // ALIVE):
        [cls(1, 2) for _ in range(ALIVE)]


def _timer(loop: Callable[..., None], subject: object) -> Callable[[int], float]:
    def timed(rounds: int) -> float:
        begun = process_time()
        loop(subject, rounds)
        return process_time() - begun

    return timed


def _compare(case: str, loop: Callable[..., None], ours: object, theirs: object, **options: Any) -> Result:
    for each in (ours, theirs):
        loop(each, options["rounds"])  # the pool fills, and the interpreter specialises its code
    return compare_timers(case, _timer(loop, ours), _timer(loop, theirs), **options)


def misses(pairs: int) -> Iterator[Result]:
    """A thousand objects alive, where the pool parks one: nearly every call misses, and nearly every drop discards."""
    for name, (cls, *wanted) in CLASSES.items():
        twin = poolable_twin(cls, max=1)
        yield _compare(name, _some_alive, twin, cls, pairs=pairs, rounds=20 * ALIVE, wanted=wanted[IS_NEW])


def hits(pairs: int) -> Iterator[Result]:
    """Calls that find a parked object: one at a time by position and by keyword, and 50,000 alive at once."""
    loops: dict[str, tuple[Loop, int]] = {
        "positional": (_one_by_one, 20_000),
        "keywords": (_by_keywords, 20_000),
        "50,000 alive": (_many_alive, MANY_ALIVE),
    }
    for name, (cls, *_) in CLASSES.items():
        for how, (loop, rounds) in loops.items():
            twin = poolable_twin(cls, max=MANY_ALIVE)
            yield _compare(f"{name}, {how}", loop, twin, cls, pairs=pairs, rounds=rounds)


def decoders(pairs: int) -> Iterator[Result]:
    """Objects that msgspec and pydantic make from JSON: they come from the pool, through `tp_alloc`."""
    text = b'{"a": 1, "b": 2, "items": [1, 2, 3]}'

    def decode(function: Callable[[bytes], Any], rounds: int) -> None:
        for _ in range(rounds):
            function(text)

    for name, cls in {"dataclass, 8 fields": Eight, "dataclass, 2 fields": Pair, "with slots": SlottedPair}.items():
        twin, theirs = (_subclass(cls) for _ in range(2))
        classes = (pooled.poolable(twin), theirs)
        if find_spec("msgspec") is not None:
            import msgspec

            ours, others = (msgspec.json.Decoder(each).decode for each in classes)
            yield _compare(f"msgspec, {name}", decode, ours, others, pairs=pairs, rounds=10_000, wanted=1.0)
        if find_spec("pydantic") is not None:
            import pydantic

            adapters = [pydantic.TypeAdapter(each) for each in classes]
            first, second = (adapter.validate_json for adapter in adapters)
            yield _compare(f"pydantic, {name}", decode, first, second, pairs=pairs, rounds=5_000, wanted=1.0)


def _subclass(cls: type) -> Any:
    """A dataclass with the fields of `cls`, under which each decoder knows it."""
    return dataclass(type(cls.__name__, (cls,), {"__slots__": ()} if cls is SlottedPair else {}))
