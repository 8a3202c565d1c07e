"""The metrics of pools for OpenTelemetry."""

import gc

import limits
import pytest
from helpers import on_another_thread

limits.require("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import pooled
from pooled.containers import BufferPool
from pooled.contrib.opentelemetry import instrument

COUNTERS = {
    f"pooled.{what}"
    for what in ("hits", "misses", "inserted", "recycled", "escaped", "collected", "detached", "discarded")
}
COLLECTOR = {"pooled.gc.pauses", "pooled.gc.pause_time", "pooled.gc.young_objects"}
GAUGES = {"pooled.live", "pooled.parked", "pooled.max", "pooled.memory.parked", "pooled.memory.max"}


@pytest.fixture
def reader():
    """A metric reader with the instruments of pooled."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    reader.meter = provider.get_meter("test")
    instrument(reader.meter)
    yield reader
    provider.shutdown()


def metrics(reader):
    data = reader.get_metrics_data()
    found = [metric for of in data.resource_metrics for scope in of.scope_metrics for metric in scope.metrics]
    assert len({metric.name for metric in found}) == len(found)
    return found


def observed(reader, pool):
    """The values of a pool, by metric and by the other attributes of a data point."""
    found = {}
    for metric in metrics(reader):
        points = [point for point in metric.data.data_points if point.attributes.get("pooled.pool") == pool]
        values = {
            tuple(value for key, value in point.attributes.items() if key != "pooled.pool"): point.value
            for point in points
        }
        assert len(values) == len(points)
        found[metric.name] = values
    return found


def test_the_observations(reader):
    pool = pooled.GlobalPool(list, name="observed", max=1)
    out = [pool.take() for _ in range(3)]
    assert observed(reader, "observed")["pooled.live"] == {("global",): 3}
    out.pop()
    out.pop()
    found = observed(reader, "observed")
    assert (found["pooled.misses"], found["pooled.recycled"]) == ({("global",): 3}, {("global",): 1})
    assert (found["pooled.live"], found["pooled.parked"]) == ({("global",): 1}, {("global",): 1})
    assert found["pooled.max"] == {("global",): 1}
    assert found["pooled.discarded"] == {
        ("global", reason): count for reason, count in {"full": 1, "large": 0, "error": 0, "refused": 0}.items()
    }


def test_the_instruments_and_their_units(reader):
    pool, memory = pooled.LocalPool(list, name="objects"), BufferPool(name="memory", max_bytes=1 << 20)
    memory.prefill(100, 1)
    found = {metric.name: metric for metric in metrics(reader) if metric.name not in COLLECTOR}
    assert {name for name, metric in found.items() if getattr(metric.data, "is_monotonic", False)} == COUNTERS
    assert {name for name, metric in found.items() if type(metric.data).__name__ == "Gauge"} == GAUGES
    assert {name for name, metric in found.items() if metric.unit == "By"} == {
        *("pooled.memory.parked", "pooled.memory.max")
    }
    assert {metric.unit for metric in found.values()} == {"{object}", "By"}
    assert all(metric.description.endswith(".") for metric in found.values())
    said = observed(reader, "memory")
    assert said["pooled.memory.parked"] == {("global",): memory.parked_bytes}
    assert said["pooled.memory.max"] == {("global",): 1 << 20}
    assert (said["pooled.parked"], said["pooled.max"]) == ({("global",): 1}, {})
    assert observed(reader, "objects")["pooled.max"] == {("local",): pool.policy.max}


def test_the_pauses_of_the_collector(reader):
    with pooled.record_gc():
        gc.collect()
        found = {metric.name: metric for metric in metrics(reader)}
    counts = {
        point.attributes["pooled.generation"]: point.value for point in found["pooled.gc.pauses"].data.data_points
    }
    assert counts[2] == 1
    times = {
        point.attributes["pooled.generation"]: point.value for point in found["pooled.gc.pause_time"].data.data_points
    }
    assert 0 < times[2] < 60
    assert found["pooled.gc.pause_time"].unit == "s"


def test_a_meter_that_has_them_already(reader, caplog):
    pool = pooled.GlobalPool(list, name="once")
    pool.take()
    instrument(reader.meter)
    assert observed(reader, "once")["pooled.misses"] == {("global",): 1}


def test_pools_of_the_same_name_and_of_any(reader):
    pools = [pooled.GlobalPool(list, name="of odd name: \ud800") for _ in range(2)]
    for pool in (pools[0], pools[1], pools[1]):
        pool.take()
    first, second = "of odd name: \\ud800", "of odd name: \\ud800#2"
    assert observed(reader, first)["pooled.hits"] == {("global",): 0}
    assert observed(reader, second)["pooled.hits"] == {("global",): 1}
    pools[0] = None
    gc.collect()
    assert observed(reader, first)["pooled.hits"] == {}
    assert observed(reader, second)["pooled.hits"] == {("global",): 1}


def test_a_reader_on_a_thread_of_its_own(reader):
    pool = pooled.LocalPool(list, name="local")
    out = [pool.take() for _ in range(2)]
    found = on_another_thread(observed, reader, "local")
    assert found["pooled.live"] == {("local",): 2}
    del out
    assert on_another_thread(observed, reader, "local")["pooled.recycled"] == {("local",): 2}
