"""A Prometheus collector for the statistics of all pools. It needs the extra `prometheus`.

Call `register()`, which is `prometheus_client.REGISTRY.register(PoolCollector())`. The names of the metrics begin with
`pooled_`. Each has the labels `pool`, a name that is unique while the pool lives, and `scope`, "local" or "global";
`pooled_discarded` also has the label `reason`. Pools of memory count blocks. Only they have `pooled_parked_bytes` and
`pooled_max_bytes`; only the others have `pooled_max_objects`. The series of a pool end when the pool is freed.

`pooled_gc_pause_seconds` is a histogram with the label `generation`; `pooled_gc_young_objects` has the label `type`.
They have values once `pooled.record_gc()` was called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isinf

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pooled._gc.histogram import Histogram
from pooled._report.metrics import (
    BYTES,
    COUNTERS,
    DISCARDED,
    OBJECTS,
    PAUSES,
    REASONS,
    YOUNG,
    Figures,
    cumulative,
    figures,
    pauses,
    young,
)

__all__ = ["PoolCollector", "register"]


class PoolCollector(Collector):
    """Collects the statistics of all pools for each scrape. Costs a walk over all pools and threads."""

    def collect(self) -> Iterator[Metric]:
        """The metrics: counters, and gauges of current values and limits, all of the same moment."""
        yield from self._of(figures())
        yield from _of_collector(pauses(), young())

    def describe(self) -> Iterator[Metric]:
        """The same metrics without values, by which a registry detects duplicate collectors."""
        yield from self._of([])
        yield from _of_collector({}, {})

    def _of(self, pools: Sequence[Figures]) -> Iterator[Metric]:
        for what, text in COUNTERS.items():
            counter = CounterMetricFamily(f"pooled_{what}", text, labels=["pool", "scope"])
            for pool in pools:
                counter.add_metric([pool.pool, pool.scope], getattr(pool.stats, what))
            yield counter
        discarded = CounterMetricFamily("pooled_discarded", DISCARDED, labels=["pool", "scope", "reason"])
        for pool in pools:
            for reason in REASONS:
                discarded.add_metric([pool.pool, pool.scope, reason], getattr(pool.stats, f"discarded_{reason}"))
        yield discarded
        for what, text in OBJECTS.items():
            yield _gauge(f"pooled_{what}_objects", text, what, pools)
        for what, text in BYTES.items():
            yield _gauge(f"pooled_{what}_bytes", text, f"{what}_bytes", pools)


def _of_collector(by_generation: Mapping[int, Histogram], by_type: Mapping[str, int]) -> Iterator[Metric]:
    """The metrics of the garbage collector."""
    histogram = HistogramMetricFamily("pooled_gc_pause_seconds", PAUSES, labels=["generation"])
    for generation, found in by_generation.items():
        buckets = [("+Inf" if isinf(bound) else repr(bound), count) for bound, count in cumulative(found)]
        histogram.add_metric([str(generation)], buckets, found.total / 1e9)
    yield histogram
    counter = CounterMetricFamily("pooled_gc_young_objects", YOUNG, labels=["type"])
    for name, count in by_type.items():
        counter.add_metric([name], count)
    yield counter


def _gauge(name: str, text: str, attribute: str, pools: Sequence[Figures]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=["pool", "scope"])
    for pool in pools:
        value = getattr(pool, attribute)
        if value is not None:
            gauge.add_metric([pool.pool, pool.scope], value)
    return gauge


def register(registry: CollectorRegistry = REGISTRY) -> PoolCollector:
    """Register a new collector, by default with the registry of the process.

    Returns:
        The collector, for `registry.unregister`.

    Raises:
        ValueError: the registry already has such a collector.
    """
    collector = PoolCollector()
    registry.register(collector)
    return collector
