"""The cost with growing numbers of live objects, of poolable classes, and of threads. It should not grow."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

import pooled
from benchmarks._measuring import Result, compare, result_of
from benchmarks._subjects import Slotted
from benchmarks._threads import Point, PooledPoint, cost, points

LIVE = (1, 100, 10_000, 1_000_000)
CLASSES = (1, 10, 100, 1_000)
THREADS = (1, 2, 4, 8, 16, 32, 64)


def _twin() -> type:
    return type("Slotted", (), {name: vars(Slotted)[name] for name in ("__slots__", "__init__")})


def live(pairs: int) -> Iterator[Result]:
    """Take and drop an object, while many others are in use."""
    for count in LIVE:
        ours = pooled.poolable(max=count)(_twin())
        names = {"ours": ours, "theirs": Slotted}
        out = [cls(1, 2) for cls in names.values() for _ in range(count)]
        yield compare(f"{count:,} objects out", "ours(1, 2)", "theirs(1, 2)", names, pairs=pairs)
        del out


def classes(pairs: int) -> Iterator[Result]:
    """Take and drop an object of each of several classes, in turn. The figures are for one object."""
    for count in CLASSES:
        names = {"ours": [pooled.poolable(_twin()) for _ in range(count)], "theirs": [_twin() for _ in range(count)]}
        ours, theirs = "for cls in ours: cls(1, 2)", "for cls in theirs: cls(1, 2)"
        yield _for_one(compare(f"{count:,} classes", ours, theirs, names, pairs=pairs), count)


def _for_one(result: Result, count: int) -> Result:
    return attrs.evolve(result, pooled=result.pooled / count, other=result.other / count)


def threads(pairs: int) -> Iterator[Result]:
    """Take and drop on several threads at the same time, each with its local pool. The clock is that of each thread."""
    for count in THREADS:
        taken = [(cost(points(PooledPoint), count), cost(points(Point), count)) for _ in range(pairs)]
        yield result_of(f"{count} threads", taken)
