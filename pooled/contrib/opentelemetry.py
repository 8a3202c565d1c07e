"""Instruments for OpenTelemetry: what the pools did, whenever a reader asks. It needs the extra `opentelemetry`.

`instrument()` makes them. Their names begin with `pooled.`. Each observation has the attributes `pooled.pool`, a name
that no other pool has while it lives, and `pooled.scope`, "local" or "global"; those of `pooled.discarded` have a
`pooled.reason`, too. What a pool of memory counts is blocks; `pooled.memory.parked` and `pooled.memory.max`, in bytes,
are of those pools alone, and `pooled.max` of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter

import pooled
from pooled._report.metrics import BYTES, COUNTERS, DISCARDED, OBJECTS, REASONS, Figures, figures

__all__ = ["instrument"]


def instrument(meter: Meter | None = None) -> None:
    """Make the instruments: observable counters, and observable gauges of what is there now and may be.

    A reader that asks them costs a walk over all pools and threads for each.

    Args:
        meter: what makes them; None: that of the global provider, called `pooled`.
    """
    meter = get_meter("pooled", pooled.__version__) if meter is None else meter
    for what, text in COUNTERS.items():
        meter.create_observable_counter(f"pooled.{what}", [_counted(what)], unit="{object}", description=text)
    meter.create_observable_counter("pooled.discarded", [_discarded], unit="{object}", description=DISCARDED)
    for what, text in OBJECTS.items():
        meter.create_observable_gauge(f"pooled.{what}", [_there(what)], unit="{object}", description=text)
    for what, text in BYTES.items():
        meter.create_observable_gauge(f"pooled.memory.{what}", [_there(f"{what}_bytes")], unit="By", description=text)


def _counted(what: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        for pool in figures():
            yield Observation(getattr(pool.stats, what), _attributes(pool))

    return observe


def _discarded(_: CallbackOptions) -> Iterator[Observation]:
    for pool in figures():
        for reason in REASONS:
            yield Observation(
                getattr(pool.stats, f"discarded_{reason}"), {**_attributes(pool), "pooled.reason": reason}
            )


def _there(attribute: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        for pool in figures():
            value = getattr(pool, attribute)
            if value is not None:
                yield Observation(value, _attributes(pool))

    return observe


def _attributes(pool: Figures) -> dict[str, str]:
    return {"pooled.pool": pool.pool, "pooled.scope": pool.scope}
