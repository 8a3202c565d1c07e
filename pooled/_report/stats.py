"""Reports: the statistics of all pools, as a mapping and as a table; and what is known of the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import attrs

from pooled import _engine
from pooled._memory.pool import MemoryPool, memory_pools
from pooled._pool.pools import Pool, all_pools
from pooled._report.names import distinct, encodable, shown
from pooled._stats import Stats

_COLUMNS = ("hits", "misses", "recycled", "discarded", "escaped", "collected", "detached", "live", "parked")


AnyPool: TypeAlias = Pool[Any] | MemoryPool

_names: Final[WeakKeyDictionary[AnyPool, str]] = WeakKeyDictionary()
"""What each pool was called so far: a series of figures must not go on with those of another pool."""


class AllStats(Mapping[str, Stats]):
    """The statistics of all pools at one moment, by the names of the pools. Printed, they are a table."""

    __slots__ = ("_by_name",)

    def __init__(self, by_name: Mapping[str, Stats]) -> None:
        self._by_name = dict(by_name)

    def __getitem__(self, name: str) -> Stats:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._by_name!r})"

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [("pool", *_COLUMNS)]
        rows += [(shown(name), *(f"{getattr(stats, column):,}" for column in _COLUMNS)) for name, stats in self.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    first, *numbers = (
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((first, *numbers)).rstrip()


def stats() -> AllStats:
    """What became of the objects that the pools handed out: a mapping of pool names to `Stats`.

    Pools of memory come last; what they count is blocks. Pools of the same name are told apart by a number: `name`,
    `name#2`. A pool keeps that while it lives. Pools that handed out nothing are in it. Printed, it is a table.
    """
    return AllStats({name: pool.stats() for name, pool in named_pools().items()})


def named_pools() -> dict[str, AnyPool]:
    """Every pool there is, in the order of `stats`, by a name that no other one has while it lives."""
    pools: list[AnyPool] = [*all_pools(), *memory_pools()]
    names: dict[AnyPool, str] = {}
    used: set[str] = set()
    for pool in pools:
        name = _names.get(pool)
        if name is not None and encodable(name) not in used:  # threads that ask at once may have given one to two pools
            names[pool] = name
            used.add(encodable(name))
    for pool in pools:
        if pool not in names:
            names[pool] = _names[pool] = name = distinct(pool.name, used)
            used.add(encodable(name))
    return {names[pool]: pool for pool in pools}


@attrs.frozen(kw_only=True)
class EngineInfo:
    """What is known of the engine that runs.

    Attributes:
        name: "native", "reference" or "off".
        built_for: the version of Python that the native engine was compiled for; None with another engine.
        keeps_capacity: of the containers whose room can be kept from life to life, which do here. What that rests
            on was tried out at import; where it did not hold, a container is emptied in the stock way, which gives
            its room back. Empty where an engine keeps none.
    """

    name: str
    built_for: str | None
    keeps_capacity: Mapping[str, bool]


def engine_info() -> EngineInfo:
    """What is known of the engine that runs. Costs nothing: it was found out at import."""
    return EngineInfo(name=_engine.name, built_for=_engine.built_for, keeps_capacity=_engine.keeps_capacity)
