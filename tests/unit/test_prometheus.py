"""The metrics of pools for Prometheus."""

import gc

import limits
import pytest
from helpers import on_another_thread, run_python

prometheus = limits.require("prometheus_client")

from prometheus_client.parser import text_string_to_metric_families

import pooled
from pooled.containers import BufferPool
from pooled.contrib.prometheus import PoolCollector, register

COUNTERS = {
    f"pooled_{what}"
    for what in ("hits", "misses", "inserted", "recycled", "escaped", "collected", "detached", "discarded")
} | {"pooled_gc_young_objects"}
GAUGES = {f"pooled_{what}" for what in ("live_objects", "parked_objects", "max_objects", "parked_bytes", "max_bytes")}


@pytest.fixture
def registry():
    registry = prometheus.CollectorRegistry()
    register(registry)
    return registry


def scraped(registry):
    """The parsed result of a scrape: a value for each name and its labels."""
    values = {}
    for family in text_string_to_metric_families(prometheus.generate_latest(registry).decode()):
        for sample in family.samples:
            key = (sample.name, *sample.labels.values())
            assert key not in values, "a scrape with the same series twice is thrown away as a whole"
            values[key] = sample.value
    return values


def test_the_exposition(registry):
    pool = pooled.GlobalPool(list, name='a "pool"\n', max=1)
    out = [pool.take() for _ in range(3)]
    out.pop()
    out.pop()
    text = prometheus.generate_latest(registry).decode()
    name, scope = 'pool="a \\"pool\\"\\n"', 'scope="global"'
    label = f"{name},{scope}"
    for line in (
        f"pooled_hits_total{{{label}}} 0.0",
        f"pooled_misses_total{{{label}}} 3.0",
        f"pooled_recycled_total{{{label}}} 1.0",
        f'pooled_discarded_total{{{name},reason="full",{scope}}} 1.0',
        f'pooled_discarded_total{{{name},reason="error",{scope}}} 0.0',
        f"pooled_live_objects{{{label}}} 1.0",
        f"pooled_parked_objects{{{label}}} 1.0",
        f"pooled_max_objects{{{label}}} 1.0",
        "# TYPE pooled_live_objects gauge",
        "# HELP pooled_live_objects Objects in use.",
        "# TYPE pooled_escaped_total counter",
    ):
        assert line in text.splitlines()


def test_the_families_and_their_types(registry):
    pool, memory = pooled.LocalPool(list, name="objects"), BufferPool(name="memory", max_bytes=1 << 20)
    pool.prefill(2)
    memory.prefill(100, 1)
    families = {family.name: family for family in PoolCollector().collect()}
    assert {name for name, family in families.items() if family.type == "counter"} == COUNTERS
    assert {name for name, family in families.items() if family.type == "gauge"} == GAUGES
    assert {name for name, family in families.items() if family.type == "histogram"} == {"pooled_gc_pause_seconds"}
    assert all(family.documentation.endswith(".") for family in families.values())
    described = list(PoolCollector().describe())
    assert {family.name for family in described} == COUNTERS | GAUGES | {"pooled_gc_pause_seconds"}
    assert [family.samples for family in described] == [[]] * len(described)
    found = scraped(registry)
    assert found["pooled_parked_objects", "objects", "local"] == 2
    assert found["pooled_max_objects", "objects", "local"] == pool.policy.max
    assert found["pooled_parked_objects", "memory", "global"] == 1
    assert found["pooled_parked_bytes", "memory", "global"] == memory.parked_bytes > 0
    assert found["pooled_max_bytes", "memory", "global"] == 1 << 20
    assert ("pooled_max_objects", "memory", "global") not in found
    assert ("pooled_max_bytes", "objects", "local") not in found
    pool.resize(max=7)
    assert scraped(registry)["pooled_max_objects", "objects", "local"] == 7


def test_the_pauses_of_the_collector(registry):
    with pooled.record_gc() as recording:
        nodes = [[] for _ in range(100)]
        gc.collect()
        found = scraped(registry)
        generation = "2"
        assert found["pooled_gc_pause_seconds_count", generation] == recording.pauses[2].count >= 1
        assert found["pooled_gc_pause_seconds_sum", generation] == pytest.approx(recording.pauses[2].seconds)
        buckets = [value for (name, *of), value in found.items() if name.endswith("_bucket") and generation in of]
        assert buckets == sorted(buckets)
        assert buckets[-1] == found["pooled_gc_pause_seconds_count", generation]
        if not limits.FREE_THREADED:
            assert found["pooled_gc_young_objects_total", "list"] >= 100
    del nodes


def test_a_registry_has_it_once(registry):
    with pytest.raises(ValueError, match="Duplicated"):
        register(registry)
    assert scraped(registry)
    other = prometheus.CollectorRegistry()
    collector = register(other)
    other.unregister(collector)
    assert prometheus.generate_latest(other) == b""
    assert isinstance(register(other), PoolCollector)


@pytest.mark.parametrize("name", ["twins", "half a pair: \ud800"])
def test_every_pool_has_series_of_its_own(registry, name):
    first, second = (pooled.GlobalPool(list, name=name) for _ in range(2))
    alike = pooled.GlobalPool(list, name=name.encode("utf-8", "backslashreplace").decode())
    memory = BufferPool(name=name, max_bytes=1)
    classes = [pooled.poolable(type("Twin", (), {"__module__": name})) for _ in range(2)]
    for count, pool in enumerate((first, second, alike), 1):
        for _ in range(count):
            pool.take()

    def listed():
        shown = name.encode("utf-8", "backslashreplace").decode()
        return [
            ((what, pool), value) for (what, pool, *_), value in scraped(registry).items() if pool.startswith(shown)
        ]

    found = dict(listed())
    labels = [pool for what, pool in found if what == "pooled_misses_total"]
    assert len(labels) == len(set(labels)) == 6
    assert sorted(found["pooled_misses_total", label] for label in labels) == [0, 0, 0, 1, 1, 1]
    kept = {label for label in labels if found["pooled_hits_total", label] in (1, 2)}
    del first
    gc.collect()
    after = dict(listed())
    assert len(after) < len(found)
    assert all(after["pooled_hits_total", label] == found["pooled_hits_total", label] for label in kept)
    del classes, memory


def test_a_pool_may_go_while_it_is_collected():
    pool = pooled.GlobalPool(list, name="passing")
    pool.take()
    families = PoolCollector().collect()
    first = next(families)
    del pool
    gc.collect()
    for family in (first, *families):
        if family.name not in ("pooled_parked_bytes", "pooled_max_bytes") and "_gc_" not in family.name:
            assert "passing" in {sample.labels["pool"] for sample in family.samples}
    assert "passing" not in pooled.stats()


def test_what_other_threads_did_and_one_that_asks_from_elsewhere(registry):
    pool = pooled.LocalPool(list, name="shared")
    on_another_thread(pool.prefill, 3)
    out = [pool.take() for _ in range(2)]
    found = on_another_thread(scraped, registry)
    assert found["pooled_misses_total", "shared", "local"] == 2
    assert found["pooled_live_objects", "shared", "local"] == 2
    assert found["pooled_recycled_total", "shared", "local"] == 0
    del out
    assert on_another_thread(scraped, registry)["pooled_recycled_total", "shared", "local"] == 2


@limits.skip_if("no-fork")
def test_the_child_of_a_fork_goes_on_counting():
    code = """
import os, prometheus_client, pooled, pooled.contrib.prometheus
registry = prometheus_client.CollectorRegistry()
pooled.contrib.prometheus.register(registry)
pool = pooled.GlobalPool(list, name="forked")
pool.take()
value = lambda: registry.get_sample_value("pooled_hits_total", {"pool": "forked", "scope": "global"})
assert value() == 0
child = os.fork()
pool.take()
if not child:
    pool.take()
assert value() == (1 if child else 2), value()
if not child:
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run_python("import warnings; warnings.simplefilter('ignore')\n" + code) == (0, "")


@pytest.mark.parametrize("engine", ["off", "reference", ""])
def test_any_engine_can_be_asked(engine):
    code = """
import prometheus_client, pooled, pooled.contrib.prometheus
pooled.contrib.prometheus.register()
pools = [pooled.LocalPool(list, name="one"), pooled.GlobalPool(list, name="another")]
for pool in pools:
    pool.take()
assert b'pooled_max_objects{pool="one",scope="local"} 1024.0' in prometheus_client.generate_latest()
assert b'pooled_max_objects{pool="another",scope="global"} 1024.0' in prometheus_client.generate_latest()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")
