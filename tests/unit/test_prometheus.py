"""What Prometheus reads of the pools."""

import pytest

prometheus = pytest.importorskip("prometheus_client")

import pooled  # noqa: E402 (skipped first)
from pooled.contrib.prometheus import PoolCollector, register  # noqa: E402


def test_the_exposition():
    pool = pooled.GlobalPool(list, name='a "pool"\n', max=1)
    out = [pool.take() for _ in range(3)]
    out.pop()
    out.pop()
    registry = prometheus.CollectorRegistry()
    collector = register(registry)
    assert isinstance(collector, PoolCollector)
    text = prometheus.generate_latest(registry).decode()
    label = 'pool="a \\"pool\\"\\n"'
    for line in (
        f"pooled_hits_total{{{label}}} 0.0",
        f"pooled_misses_total{{{label}}} 3.0",
        f"pooled_recycled_total{{{label}}} 1.0",
        f'pooled_discarded_total{{{label},reason="full"}} 1.0',
        f'pooled_discarded_total{{{label},reason="error"}} 0.0',
        f"pooled_live{{{label}}} 1.0",
        f"pooled_parked{{{label}}} 1.0",
        "# TYPE pooled_live gauge",
        "# TYPE pooled_escaped_total counter",
    ):
        assert line in text.splitlines()
    assert [metric.samples for metric in collector.describe()] == [[]] * 9
    assert (
        {metric.name for metric in collector.collect()}
        == {metric.name for metric in collector.describe()}
        == {
            f"pooled_{what}"
            for what in (
                "hits",
                "misses",
                "recycled",
                "escaped",
                "collected",
                "detached",
                "discarded",
                "live",
                "parked",
            )
        }
    )
    with pytest.raises(ValueError, match="Duplicated"):
        register(registry)
    registry.unregister(collector)
    assert prometheus.generate_latest(registry) == b""
