"""Construction of ordinary classes by a call: hits, misses with their discards, and objects that decoders make.

The figures are for one object, its drop and the loop included, with the cyclic collector on.
"""

from __future__ import annotations

import gc
import importlib
import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import pooled
from benchmarks._construction_classes import (
    CLASSES,
    IS_NEW,
    Bars,
    Eight,
    Finished,
    Pair,
    SlottedEight,
    SlottedPair,
    poolable_twin,
)
from benchmarks._measuring import CLOCK, Result, compare_timers

SOME_ALIVE: Final = 1_000
MANY_ALIVE: Final = 50_000
ROUNDS: Final = 2 * MANY_ALIVE
"""How many objects a sample makes."""

COLUMNS: Final[dict[str, tuple[str, int, int, Callable[[Bars], tuple[float, float]]]]] = {
    "positional": ("new(1, 2)", 1, MANY_ALIVE, lambda bars: bars.positional),
    "keywords": ("new(a=1, b=2)", 1, MANY_ALIVE, lambda bars: bars.keywords),
    "50,000 alive": ("new(1, 2)", MANY_ALIVE, MANY_ALIVE, lambda bars: bars.many_alive),
    "all misses": ("new(1, 2)", SOME_ALIVE, 1, lambda bars: bars.misses),
}
"""The expression, the number of its objects that are alive, the number that the pool parks, and the aim."""


def calls(pairs: int) -> Iterator[Result]:
    """Calls of each class, in each column.

    If 1,000 objects are alive and the pool parks one, nearly every call misses, and nearly every drop discards.
    """
    for name, (cls, bars) in CLASSES.items():
        for column, (expression, alive, most, bar) in COLUMNS.items():
            timers = (_timer(expression, each, alive) for each in (poolable_twin(cls, max=most), cls))
            yield _compare(f"{name}: {column}", *timers, pairs=pairs, wanted=bar(bars)[IS_NEW])


def finished(pairs: int) -> Iterator[Result]:
    """A slotted dataclass of six fields with a `__post_init__`: a call and `take`, against a call without a pool."""
    wanted = (1.2, 0.95)[IS_NEW]
    for how, expression in {"call": "new(1, 2)", "take": "take(new, 1, 2)"}.items():
        timers = (_timer(expression, poolable_twin(Finished)), _timer("new(1, 2)", Finished))
        yield _compare(f"six slots and __post_init__, by {how}", *timers, pairs=pairs, wanted=wanted)


def decoders(pairs: int) -> Iterator[Result]:
    """Objects that msgspec and pydantic make from JSON: they come from the pool, through `tp_alloc`."""
    classes = {"two attributes": Pair, "two slots": SlottedPair, "eight fields": Eight}
    for library, decoder in DECODERS.items():
        if find_spec(library) is None:
            print(f"  {library}: left out, it is not installed")
            continue
        for name, cls in classes.items():
            ours, theirs = decoder(pooled.poolable(_subclass(cls))), decoder(_subclass(cls))
            timers = (_timer("new(text)", each) for each in (ours, theirs))
            yield _compare(f"{library}, {name}", *timers, pairs=pairs, wanted=1.0)


def structs(pairs: int) -> Iterator[Result]:
    """A poolable dataclass with slots, against the `msgspec.Struct` of the same fields."""
    if find_spec("msgspec") is None:
        print("  left out: msgspec is not installed")
        return
    factories = {"items": list, "table": dict, "seen": set}
    msgspec: Any = importlib.import_module("msgspec")
    pair = [("a", int), ("b", int)]
    scalars = [*pair, ("c", int, 1), ("d", str, ""), ("e", float, 0.0)]
    containers = [(name, make, msgspec.field(default_factory=make)) for name, make in factories.items()]
    cases = {
        "two fields": (SlottedPair, msgspec.defstruct("Pair", pair), 1.0),
        "eight fields": (SlottedEight, msgspec.defstruct("Eight", [*scalars, *containers]), 1.3),
    }
    for name, (cls, struct, wanted) in cases.items():
        timers = (_timer("new(1, 2)", each) for each in (poolable_twin(cls), struct))
        yield _compare(f"{name}, against msgspec.Struct", *timers, pairs=pairs, wanted=wanted)


def _timer(expression: str, new: object, alive: int = 1) -> Callable[[int], float]:
    """Return a timer for an expression that sees `new`. It keeps `alive` results alive at the same time."""
    timer = timeit.Timer(
        expression if alive == 1 else f"[{expression} for _ in everyone]",
        setup="gc.enable(); new = subject",  # timeit turns the collector off
        timer=CLOCK,
        globals={"subject": new, "everyone": range(alive), "gc": gc, "take": pooled.take, "text": TEXT},
    )

    def timed(rounds: int) -> float:
        gc.collect()  # so that collections come after the same number of objects in each sample
        return timer.timeit(rounds // alive)

    return timed


def _compare(case: str, ours: Callable[[int], float], theirs: Callable[[int], float], **options: Any) -> Result:
    """Compare two timers, after the pool has filled and the interpreter has specialised its code."""
    for timer in (ours, theirs):
        timer(ROUNDS)
    return compare_timers(case, ours, theirs, rounds=ROUNDS, **options)


TEXT: Final = b'{"a": 1, "b": 2, "items": [1, 2, 3]}'


def _msgspec_decoder(cls: type) -> Callable[[bytes], Any]:
    decode: Callable[[bytes], Any] = importlib.import_module("msgspec").json.Decoder(cls).decode
    return decode


def _pydantic_decoder(cls: type) -> Callable[[bytes], Any]:
    validate: Callable[[bytes], Any] = importlib.import_module("pydantic").TypeAdapter(cls).validate_json
    return validate


DECODERS: Final = {"msgspec": _msgspec_decoder, "pydantic": _pydantic_decoder}
"""By library: takes a class, and returns a function that decodes JSON into objects of it."""


def _subclass(cls: type) -> Any:
    """Return a dataclass with the fields of `cls`, in a form that each decoder accepts."""
    return dataclass(type(cls.__name__, (cls,), {"__slots__": ()} if cls is SlottedPair else {}))
