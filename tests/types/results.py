# pyright: strict
"""The results of public functions for type checkers: statistics, records and settings. Nothing here runs."""

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Literal, assert_type

import pooled
from pooled import arc, containers


def of_a_pool(stats: pooled.Stats) -> None:
    assert_type((stats.hits, stats.misses, stats.inserted, stats.taken), tuple[int, int, int, int])
    assert_type((stats.recycled, stats.escaped, stats.collected), tuple[int, int, int])
    assert_type((stats.detached, stats.discarded, stats.discarded_full), tuple[int, int, int])
    assert_type((stats.discarded_large, stats.discarded_error, stats.discarded_refused), tuple[int, int, int])
    assert_type((stats.live, stats.parked), tuple[int, int])
    assert_type(stats.hit_rate, float)
    assert_type(stats + stats, pooled.Stats)
    stats.hits = 3  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def of_all_pools(path: PathLike[str]) -> None:
    everything = pooled.stats()
    assert_type(iter(everything), Iterator[str])
    assert_type({name: stats.live for name, stats in everything.items()}, dict[str, int])
    assert_type(pooled.report(), str)
    assert_type(pooled.report(html=path), str)
    pooled.report(path)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def of_what_is_out() -> None:
    for life in pooled.live():
        assert_type(life.cls, type)
        assert_type((life.pool, life.filename, life.function, life.thread), tuple[str, str, str, str])
        assert_type((life.lineno, life.thread_id), tuple[int, int])
        assert_type((life.since, life.seconds), tuple[float, float])
        assert_type(life.scope, Literal["local", "global"])


def of_samples() -> None:
    sampling = pooled.sample(1)
    assert_type(sampling.stop(), None)
    assert_type((sampling.is_running, sampling.interval), tuple[bool, float])
    for sample in sampling.samples:
        assert_type(sample.seconds, float)
        assert_type(sample.pools, Mapping[str, pooled.Stats])
    pooled.sample("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def of_the_engine() -> None:
    info = pooled.engine_info()
    assert_type(info.name, str)
    assert_type(info.built_for, str | None)
    assert_type(info.why, str | None)
    assert_type(info.keeps_capacity, Mapping[str, bool])


def of_settings(policy: pooled.Policy) -> None:
    assert_type((policy.max, policy.max_cap, policy.idle_trim), tuple[int | Literal["auto"], int, float])
    assert_type(policy.scope, Literal["local", "global"])
    pooled.configure(budget=1 << 20)
    pooled.configure(maximum=3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    pooled.instrument.when_imported("a.b:C", scope="global", keep=["rows"], reset=lambda obj: obj.clear())
    pooled.instrument.when_imported(dict)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def of_fields(cls: type) -> None:
    resets = pooled.field_reset(cls)
    assert_type((resets.cls, resets.construction, resets.in_c), tuple[type, str, bool])
    assert_type(resets.fields, tuple[pooled.FieldReset, ...])
    assert_type(resets["items"].action, Literal["emptied", "made", "kept", "assigned"])
    assert_type((resets["items"].name, resets["items"].detail), tuple[str, str])


def of_containers(rows: containers.List[str], cell: arc.Cell[int]) -> None:
    assert_type(rows.capacity(), int)
    assert_type(cell.value, int | None)
    rows.append(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
