"""The cases: take and drop, bursts of live objects, the grid of sizes, and a large table that is little used."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pooled
from benchmarks._measuring import Result, compare, compare_bursts
from benchmarks._subjects import STOCK, Pair, classes, pooled_container, subclass_of

ANY_SIZE = 1 << 40
"""A `max_cap` that nothing here reaches."""

INLINED = sys.version_info >= (3, 14)
"""Whether Python itself makes objects of ordinary classes much faster than before."""

SMALL_SIZES = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
LARGE_SIZES = (1_000, 10_000, 100_000)

FILL = {
    "List": "put = c.append\nfor i in items: put(i)",
    "Dict": "for i in items: c[i] = i",
    "Set": "put = c.add\nfor i in items: put(i)",
    "ByteArray": "c += data",
}
"""The statements that fill a container, from the numbers `items` or the bytes `data`."""


def take_and_drop(pairs: int) -> Iterator[Result]:
    """Make an object and drop it."""
    for name, (ours, stock) in STOCK.items():
        names = {"ours": ours, "theirs": stock}
        yield compare(f"{name}() against {stock.__name__}()", "ours()", "theirs()", names, pairs=pairs, wanted=1.1)
        names = {"ours": ours, "theirs": subclass_of(stock)}
        yield compare(f"{name}() against a subclass", "ours()", "theirs()", names, pairs=pairs, wanted=1.4)
    for name, (pooled_class, plain) in classes().items():
        names = {"ours": pooled_class, "theirs": plain}
        wanted = 1.0 if INLINED or "slots" not in name else 1.3
        yield compare(name, "ours(1, 2)", "theirs(1, 2)", names, pairs=pairs, wanted=wanted)


def attribute_reads(pairs: int) -> Iterator[Result]:
    """Read the attributes of a recycled object, and of a new one."""
    for name, (pooled_class, plain) in classes().items():
        pooled_class(1, 2)
        names = {"ours": pooled_class(1, 2), "theirs": plain(1, 2)}
        read = "o.a; o.b; o.a; o.b; o.a; o.b; o.a; o.b"
        ours, theirs = (f"o = {which}\nfor _ in r: {read}" for which in names)
        names["r"] = range(100)
        yield compare(f"reads, {name}", ours, theirs, names, pairs=pairs, wanted=1.0)


def bursts(pairs: int, count: int) -> Iterator[Result]:
    """Make many objects and keep them, then drop all of them, with the cyclic collector on."""
    limits = {"max": count}
    subjects: dict[str, Pair] = {"List": (pooled_container("List", **limits), list), **classes(**limits)}
    wanted = {"List": 2.2, "class, 2 slots": 1.8} if INLINED else {"List": 3.5, "class, 2 slots": 2.5}
    for name, (ours, theirs) in subjects.items():
        arguments = "" if name == "List" else "1, 2"
        yield compare_bursts(
            f"{count:,} alive, {name}",
            f"ours({arguments})",
            f"theirs({arguments})",
            {"ours": ours, "theirs": theirs},
            pairs=pairs,
            rounds=1,
            count=count,
            wanted=wanted.get(name, 1.2 if INLINED else 1.5),
        )
        pooled.pool_of(ours).clear()


def grid(pairs: int, sizes: tuple[int, ...]) -> Iterator[Result]:
    """For each size, make a container, fill it with this many elements or bytes, and drop it."""
    for scope in ("local", "global"):
        for name, fill in FILL.items():
            ours, theirs = pooled_container(name, scope=scope, max_cap=ANY_SIZE), STOCK[name][1]
            for size in sizes:
                names = {"ours": ours, "theirs": theirs, "items": list(range(size)), "data": bytes(size)}
                yield compare(
                    f"{scope} {name}, {size:,}",
                    f"c = ours()\n{fill}\ndel c",
                    f"c = theirs()\n{fill}\ndel c",
                    names,
                    pairs=pairs,
                    wanted=1.0,
                )


def little_used(pairs: int) -> Iterator[Result]:
    """Three elements in a container that held 100,000 ten lives earlier, against one that was always small."""
    for name in ("List", "Dict", "Set"):
        fill = FILL[name]
        names: dict[str, Any] = {"items": [1, 2, 3], "many": list(range(100_000))}
        for which in ("once_large", "always_small"):
            names[which] = pooled_container(name, max_cap=ANY_SIZE)
        exec(f"c = once_large()\n{fill.replace('items', 'many')}\ndel c", names)  # noqa: S102 (as timeit does it)
        for _ in range(10):
            exec(f"c = once_large()\n{fill}\ndel c", names)  # noqa: S102
        ours, theirs = (f"c = {which}()\n{fill}\ndel c" for which in ("once_large", "always_small"))
        yield compare(f"3 where 100,000 were, {name}", ours, theirs, names, pairs=pairs, wanted=1 / 1.5)
