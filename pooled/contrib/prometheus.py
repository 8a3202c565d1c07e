"""A collector for Prometheus: what the pools did, each time it is asked. It needs the extra `prometheus`.

`prometheus_client.REGISTRY.register(PoolCollector())`, or `register()`, which does that. The names begin with
`pooled_`. Each has the labels `pool`, a name that no other pool has while it lives, and `scope`, "local" or "global";
what was discarded has a `reason`, too. What a pool of memory counts is blocks; `pooled_parked_bytes` and
`pooled_max_bytes` are of those pools alone, and `pooled_max_objects` of all others. The series of a pool end with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pooled._report.metrics import BYTES, COUNTERS, DISCARDED, OBJECTS, REASONS, Figures, figures

__all__ = ["PoolCollector", "register"]


class PoolCollector(Collector):
    """Gives the statistics of all pools whenever Prometheus asks. Costs a walk over all pools and threads."""

    def collect(self) -> Iterator[Metric]:
        """The metrics: counters, and gauges of what is there now and may be; all of the same moment."""
        return self._of(figures())

    def describe(self) -> Iterator[Metric]:
        """The same without figures, so that a registry sees that it has them already."""
        return self._of([])

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


def _gauge(name: str, text: str, attribute: str, pools: Sequence[Figures]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=["pool", "scope"])
    for pool in pools:
        value = getattr(pool, attribute)
        if value is not None:
            gauge.add_metric([pool.pool, pool.scope], value)
    return gauge


def register(registry: CollectorRegistry = REGISTRY) -> PoolCollector:
    """Have a registry, by default that of the process, ask the pools.

    Returns:
        The collector, for `registry.unregister`.

    Raises:
        ValueError: the registry has one already.
    """
    collector = PoolCollector()
    registry.register(collector)
    return collector
