"""Instruments for OpenTelemetry: what the pools did, whenever a reader asks. It needs the extra `opentelemetry`.

`instrument()` makes them. Their names begin with `pooled.`; each observation has the attribute `pool`, the name of the
pool; those of `pooled.discarded` have a `reason`, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter

import pooled
from pooled._metrics import COUNTERS, DISCARDED, GAUGES, REASONS

__all__ = ["instrument"]

_UNIT = "{object}"


def instrument(meter: Meter | None = None) -> None:
    """Make the instruments: observable counters, and observable gauges of what is live and parked.

    A reader that asks them costs a walk over all pools and threads for each.

    Args:
        meter: what makes them; None: that of the global provider, called `pooled`.
    """
    meter = get_meter("pooled", pooled.__version__) if meter is None else meter
    for what, text in COUNTERS.items():
        meter.create_observable_counter(f"pooled.{what}", [_observed(what)], unit=_UNIT, description=text)
    meter.create_observable_counter("pooled.discarded", [_discarded], unit=_UNIT, description=DISCARDED)
    for what, text in GAUGES.items():
        meter.create_observable_gauge(f"pooled.{what}", [_observed(what)], unit=_UNIT, description=text)


def _observed(what: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        for name, stats in pooled.stats().items():
            yield Observation(getattr(stats, what), {"pool": name})

    return observe


def _discarded(_: CallbackOptions) -> Iterator[Observation]:
    for name, stats in pooled.stats().items():
        for reason in REASONS:
            yield Observation(getattr(stats, f"discarded_{reason}"), {"pool": name, "reason": reason})
