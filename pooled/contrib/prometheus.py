"""A collector for Prometheus: what the pools did, each time it is asked. It needs the extra `prometheus`.

`prometheus_client.REGISTRY.register(PoolCollector())`, or `register()`, which does that. The names begin with
`pooled_`; each has the label `pool`, the name of the pool; what was discarded has a `reason`, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import pooled
from pooled._metrics import COUNTERS, DISCARDED, GAUGES, REASONS

__all__ = ["PoolCollector", "register"]


class PoolCollector(Collector):
    """Gives the statistics of all pools whenever Prometheus asks. Costs a walk over all pools and threads."""

    def collect(self) -> Iterator[Metric]:
        """The metrics: counters, and gauges of what is live and parked."""
        return self._of(pooled.stats())

    def describe(self) -> Iterator[Metric]:
        """The same without figures, so that a registry sees that it has them already."""
        return self._of({})

    def _of(self, pools: Mapping[str, pooled.Stats]) -> Iterator[Metric]:
        for what, text in COUNTERS.items():
            counter = CounterMetricFamily(f"pooled_{what}", text, labels=["pool"])
            for name, stats in pools.items():
                counter.add_metric([name], getattr(stats, what))
            yield counter
        discarded = CounterMetricFamily("pooled_discarded", DISCARDED, labels=["pool", "reason"])
        for name, stats in pools.items():
            for reason in REASONS:
                discarded.add_metric([name, reason], getattr(stats, f"discarded_{reason}"))
        yield discarded
        for what, text in GAUGES.items():
            gauge = GaugeMetricFamily(f"pooled_{what}", text, labels=["pool"])
            for name, stats in pools.items():
                gauge.add_metric([name], getattr(stats, what))
            yield gauge


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
