"""The cases of an attrs class and a dataclass with containers and other fields, whose `__init__` C carries out.

`take` of the pooled class is compared with a call of the plain class. Both return an object with its defaults.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from typing import Any

import attrs

import pooled
from benchmarks import _requests
from benchmarks._measuring import Result, compare, compare_bursts, result_of
from benchmarks._subjects import FIELD_CLASSES

INLINED = sys.version_info >= (3, 14)
"""Whether Python itself makes objects of ordinary classes much faster than before."""

ALIVE = 10_000
"""The number of objects of a burst, which are alive at the same time."""

FILL = {
    "": "",
    ", 10 each by extend": "o.rows.extend(ten); o.index.update(pairs); o.seen.update(same)\n",
    ", the set from a list": "o.rows.extend(ten); o.index.update(pairs); o.seen.update(ten)\n",
    ", 10 each in a loop": "for i in ten: o.rows.append(i); o.index[i] = i; o.seen.add(i)\n",
}
"""The statements between taking and dropping an object, by their names in the tables.

They bind no name to a container or to a method of one: if the name outlives the object, the container is not kept.
"""

WANTED: dict[str, tuple[float, float]] = {
    "": (4.5, 3.3),
    ", 10 each by extend": (1.7, 1.45),
    ", the set from a list": (1.7, 1.45),
    ", 10 each in a loop": (1.35, 1.25),
    "burst": (8.0, 6.0),
    "mean": (10.0, 7.0),
    "99th percentile": (150.0, 150.0),
}
"""The aims of the attrs class, up to Python 3.13 and from 3.14. The aim of the dataclass is half of each."""


def _wanted(kind: str, case: str) -> float:
    share = 1.0 if kind == "attrs" else 0.5
    return WANTED[case][INLINED] * share


def _pairs_of_classes(**limits: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each kind with the names that statements see: `ours` to take, `theirs` to call, and elements to fill in."""
    ten = list(range(10))
    for kind, make in FIELD_CLASSES.items():
        ours, theirs = pooled.poolable(**limits)(make()), make()
        yield (
            kind,
            {
                "take": pooled.take,
                "ours": ours,
                "theirs": theirs,
                "ten": ten,
                "same": set(ten),
                "pairs": dict(zip(ten, ten, strict=True)),
            },
        )


def lives(pairs: int) -> Iterator[Result]:
    """Take an object, fill it or not, and drop it. Also compare a call of the pooled class."""
    for kind, names in _pairs_of_classes():
        for what, fill in FILL.items():
            ours, theirs = (f"o = {make}\n{fill}del o" for make in ("take(ours)", "theirs()"))
            yield compare(f"{kind}{what}", ours, theirs, names, pairs=pairs, wanted=_wanted(kind, what))
        yield compare(f"{kind}, by cls()", "ours()", "theirs()", names, pairs=pairs)


def bursts(pairs: int) -> Iterator[Result]:
    """Take many objects and keep them, then drop all of them, repeatedly, with the cyclic collector on."""
    for kind, names in _pairs_of_classes(max=ALIVE):
        yield compare_bursts(
            f"{ALIVE:,} alive, {kind}",
            "take(ours)",
            "theirs()",
            names,
            pairs=pairs,
            rounds=20,  # a single burst would start with cold caches, unlike those of a program at work
            count=ALIVE,
            wanted=_wanted(kind, "burst"),
        )


def requests(rounds: int) -> Iterator[Result]:
    """Requests that each build many objects, in processes that hold many other objects, with the collector on."""
    for kind in FIELD_CLASSES:
        served = _requests.in_turn(kind, rounds)
        full = [sum(done.full_collections for done in side) for side in zip(*served, strict=True)]
        note = f"full collections: {full[0]} against {full[1]}"
        means = [(statistics.mean(ours.seconds), statistics.mean(theirs.seconds)) for ours, theirs in served]
        # Over all rounds: full collections are so rare that they may hit fewer than 1 % of the requests of one round.
        ours, theirs = ([seconds for done in side for seconds in done.seconds] for side in zip(*served, strict=True))
        slow = (statistics.quantiles(ours, n=100)[-1], statistics.quantiles(theirs, n=100)[-1])
        for what, taken in (("mean", means), ("99th percentile", [slow])):
            result = result_of(f"requests, {kind}: {what}", taken, wanted=_wanted(kind, what))
            yield attrs.evolve(result, note=note)
