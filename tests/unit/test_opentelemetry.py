"""What a reader of OpenTelemetry gets of the pools."""

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import pooled
from pooled.contrib.opentelemetry import instrument


def test_the_observations():
    pool = pooled.GlobalPool(list, name="observed", max=1)
    out = [pool.take() for _ in range(3)]
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    instrument(provider.get_meter("test"))
    assert observed(reader)["pooled.live"] == {(): 3}
    out.pop()
    out.pop()
    found = observed(reader)
    assert (found["pooled.misses"], found["pooled.recycled"]) == ({(): 3}, {(): 1})
    assert (found["pooled.live"], found["pooled.parked"]) == ({(): 1}, {(): 1})
    assert found["pooled.discarded"] == {("full",): 1, ("large",): 0, ("error",): 0, ("refused",): 0}
    provider.shutdown()


def observed(reader):
    """What is said of the pool `observed`: by the metric, and by what else there is to tell points apart."""
    data = reader.get_metrics_data()
    return {
        metric.name: {
            tuple(value for key, value in point.attributes.items() if key != "pool"): point.value
            for point in metric.data.data_points
            if point.attributes["pool"] == "observed"
        }
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
