"""`stats`: the statistics of all pools, as a mapping and as a table; and `engine_info`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from pooled import _engine
from pooled._memory.registry import memory_pools
from pooled._pool.pools import Pool, all_pools
from pooled._record import Record
from pooled._report.names import distinct, encodable, shown
from pooled._stats import Stats

_COLUMNS = ("hits", "misses", "inserted", "recycled", "discarded", "escaped", "collected", "detached", "live", "parked")


if TYPE_CHECKING:
    from pooled._memory.registry import MemoryPool

    AnyPool: TypeAlias = Pool[Any] | MemoryPool

_names: Final[WeakKeyDictionary[AnyPool, str]] = WeakKeyDictionary()
"""The names that pools have had in reports, so that no series of values continues with another pool."""


class AllStats(Mapping[str, Stats]):
    """The statistics of all pools at one moment, by the names of the pools. `str()` of it is a table.

    The table has a column `inserted` if objects were inserted into a pool.
    """

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
        columns = columns_for(_COLUMNS, self)
        rows: list[tuple[str, ...]] = [("pool", *columns)]
        rows += [(shown(name), *(f"{getattr(stats, column):,}" for column in columns)) for name, stats in self.items()]
        return table(rows)


def columns_for(columns: Sequence[str], pools: Mapping[str, Stats]) -> list[str]:
    """These columns, without `inserted` if no object was inserted into any of the pools, as in most programs."""
    inserts = any(stats.inserted for stats in pools.values())
    return [column for column in columns if inserts or column != "inserted"]


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """The rows as lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    first, *numbers = (
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((first, *numbers)).rstrip()


def stats() -> AllStats:
    """The statistics of all pools: a mapping of pool names to `Stats`.

    It includes pools without takes. Pools of memory come last, and count blocks. A number distinguishes pools with the
    same name: `name`, `name#2`. A pool keeps its number as long as it exists. `str()` of the result is a table. Costs a
    walk over all pools and threads.
    """
    return AllStats({name: pool.stats() for name, pool in named_pools().items()})


def named_pools() -> dict[str, AnyPool]:
    """All pools in the order of `stats`, by a name that is unique as long as the pool exists."""
    pools: list[AnyPool] = [*all_pools(), *memory_pools.all()]
    names: dict[AnyPool, str] = {}
    used: set[str] = set()
    for pool in pools:
        name = _names.get(pool)
        # Two threads at once may have given two pools the same name.
        if name is not None and encodable(name) not in used:
            names[pool] = name
            used.add(encodable(name))
    for pool in pools:
        if pool not in names:
            names[pool] = _names[pool] = name = distinct(pool.name, used)
            used.add(encodable(name))
    return {names[pool]: pool for pool in pools}


class EngineInfo(Record):
    """Facts about the engine in use.

    Attributes:
        name: "native", "reference" or "off".
        built_for: the version of Python that the native engine was compiled for; None for other engines.
        keeps_capacity: whether the engine keeps the allocated memory of an emptied container, by the name of the
            container type. The engine verifies the necessary assumptions about CPython internals at import. If one
            fails, the container is emptied by its own method, which frees that memory. The mapping is empty for engines
            that never keep memory.
        why: why the native engine does not run: the setting of `POOLED_ENGINE`, or the error when the native engine was
            imported. None if it runs.
    """

    name: str
    built_for: str | None
    keeps_capacity: Mapping[str, bool]
    why: str | None


def engine_info() -> EngineInfo:
    """Facts about the engine in use. They are collected at import, so this call costs nothing."""
    return EngineInfo(
        name=_engine.name, built_for=_engine.built_for, keeps_capacity=_engine.keeps_capacity, why=_engine.why
    )
