# pyright: strict
"""`pooled.contrib` and the pytest plugin for type checkers; nothing here runs."""

from collections.abc import Callable, Iterator
from typing import Any, assert_type

import cattrs
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from opentelemetry.metrics import get_meter
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from pooled import AllStats, Stats, pool_of, pytest_plugin
from pooled.containers import List
from pooled.contrib import cattrs as structuring
from pooled.contrib import dask, opentelemetry, prometheus, ray, sortedcontainers
from pooled.contrib import msgspec as hooks
from pooled.contrib import numpy as arrays


def recycled_arrays() -> None:
    pool = arrays.ArrayPool(max_bytes=1 << 20, max_cap=1 << 16, name="frames")
    assert_type(pool.take(3), NDArray[np.float64])
    assert_type(pool.take((3, 4), np.uint8, zero=True, order="F"), NDArray[np.uint8])
    assert_type(pool.take([3, 4], np.dtype(np.int32)), NDArray[np.int32])
    assert_type(pool.take(3, "<u2"), NDArray[Any])
    assert_type(pool.prefill((3, 4), 2, np.uint8), int)
    assert_type(pool.stats(), Stats)
    assert_type(pool.parked_bytes, int)
    pool.take("3")  # type: ignore[arg-type] # pyright: ignore[reportCallIssue, reportArgumentType]
    pool.take(3, order="K")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]


def unchanged_code() -> None:
    with arrays.pooled_arrays("1GiB", name="frames") as memory:
        assert_type(memory.stats(), Stats)
        assert_type(memory.parked_bytes, int)

    @arrays.pooled_arrays(max_bytes=1 << 20)
    def mean(values: NDArray[np.float64]) -> float:
        return float(values.mean())

    assert_type(mean(np.ones(3)), float)
    arrays.install("1GiB")
    mean("3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    arrays.install(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def sorted_ones() -> None:
    numbers = sortedcontainers.SortedList([3, 1, 2])
    assert_type(numbers, sortedcontainers.SortedList[int])
    assert_type(numbers[0], int)
    words: sortedcontainers.SortedList[str] = sortedcontainers.SortedList()
    words.add(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(sortedcontainers.SortedKeyList(["b"], key=len), sortedcontainers.SortedKeyList[str])
    assert_type(sortedcontainers.SortedSet({1.5}), sortedcontainers.SortedSet[float])
    table = sortedcontainers.SortedDict({"a": 1}, b=2)
    assert_type(table, sortedcontainers.SortedDict[str, int])
    assert_type(table["a"], int)
    assert_type(sortedcontainers.SortedDict(len, {"a": 1}), sortedcontainers.SortedDict[str, int])
    assert_type(sortedcontainers.SortedDict[int, str](), sortedcontainers.SortedDict[int, str])
    assert_type(pool_of(sortedcontainers.SortedList[int]).take(), sortedcontainers.SortedList[int])
    sortedcontainers.SortedList([1], key=len)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


class Row(msgspec.Struct):
    numbers: List[int]


def field_types() -> None:
    decoder = msgspec.json.Decoder(Row, dec_hook=hooks.dec_hook)
    assert_type(decoder.decode("[1]").numbers, List[int])
    msgspec.json.encode(List([1]), enc_hook=hooks.enc_hook)
    msgspec.json.schema(Row, schema_hook=hooks.schema_hook)
    msgspec.json.Decoder(Row, strict=False, dec_hook=hooks.make_dec_hook(hooks.dec_hook, strict=False))
    msgspec.json.encode(List([1]), enc_hook=hooks.make_enc_hook(str))
    structuring.configure(cattrs.Converter())
    structuring.configure(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    hooks.make_dec_hook(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def metrics() -> None:
    assert_type(prometheus.PoolCollector().collect(), Iterator[Metric])
    assert_type(prometheus.PoolCollector().describe(), Iterator[Metric])
    assert_type(prometheus.register(CollectorRegistry()), prometheus.PoolCollector)
    opentelemetry.instrument()
    opentelemetry.instrument(meter=get_meter("orders"))


def dask_workers(client: Any, worker: Any) -> None:
    plugin = dask.PooledPlugin({"instrument": {"shop:Order": {"max": 64}}})
    plugin.setup(worker)
    plugin.teardown(worker)
    assert_type(plugin.name, str)
    dask.PooledPlugin("pooled.toml")
    dask.PooledPlugin(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    stats = dask.cluster_stats(client)
    assert_type(stats, dask.ClusterStats)
    assert_type(dask.cluster_report(client), str)
    assert_type(stats["shop:Order"], Stats)
    assert_type(stats.total, Stats)
    assert_type(stats.processes, dict[str, AllStats])
    assert_type(stats.ended, frozenset[str])
    assert_type(stats.notes, tuple[str, ...])


async def dask_workers_awaited(client: Any) -> None:
    assert_type(await dask.gather_stats(client), dask.ClusterStats)


def ray_workers() -> None:
    assert_type(ray.worker_setup("pooled.toml", interval=5), Callable[[], None])
    ray.worker_setup(interval="5")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(ray.cluster_stats(timeout=3), ray.ClusterStats)
    assert_type(ray.cluster_report(), str)
    ray.forget_stats()


def plugin(mark: pytest.Mark) -> None:
    expected = pytest_plugin.Expected.of(mark)
    assert_type(expected, pytest_plugin.Expected)
    assert_type(expected.no_escapes, bool)
    assert_type(expected.max_live, int | None)
    assert_type(pytest_plugin.Watch().faults(expected), list[str])
