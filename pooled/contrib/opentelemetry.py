"""OpenTelemetry instruments for the statistics of all pools. They need the extra `opentelemetry`.

`instrument()` makes them. Their names begin with `pooled.`. Each observation has the attributes `pooled.pool`, a name
that is unique while the pool lives, and `pooled.scope`, "local" or "global"; those of `pooled.discarded` also have
`pooled.reason`. Pools of memory count blocks. Only they have `pooled.memory.parked` and `pooled.memory.max`, in bytes;
only the others have `pooled.max`.

`pooled.gc.pauses` and `pooled.gc.pause_time`, in seconds, have the attribute `pooled.generation`;
`pooled.gc.young_objects` has `pooled.type`. They have values once `pooled.record_gc()` was called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter

import pooled
from pooled._report.metrics import (
    BYTES,
    COLLECTIONS,
    COUNTERS,
    DISCARDED,
    OBJECTS,
    PAUSES,
    REASONS,
    YOUNG,
    Figures,
    figures,
    pauses,
    young,
)

__all__ = ["instrument"]


def instrument(meter: Meter | None = None) -> None:
    """Make the instruments: observable counters, and observable gauges of current values and limits.

    Each observation of an instrument costs a walk over all pools and threads.

    Args:
        meter: the meter that makes the instruments; None for the one named `pooled` of the global provider.
    """
    meter = get_meter("pooled", pooled.__version__) if meter is None else meter
    for what, text in COUNTERS.items():
        meter.create_observable_counter(f"pooled.{what}", [_counted(what)], unit="{object}", description=text)
    meter.create_observable_counter("pooled.discarded", [_discarded], unit="{object}", description=DISCARDED)
    for what, text in OBJECTS.items():
        meter.create_observable_gauge(f"pooled.{what}", [_current(what)], unit="{object}", description=text)
    for what, text in BYTES.items():
        meter.create_observable_gauge(f"pooled.memory.{what}", [_current(f"{what}_bytes")], unit="By", description=text)
    meter.create_observable_counter("pooled.gc.pauses", [_pauses], unit="{pause}", description=COLLECTIONS)
    meter.create_observable_counter("pooled.gc.pause_time", [_pause_time], unit="s", description=PAUSES)
    meter.create_observable_counter("pooled.gc.young_objects", [_young], unit="{object}", description=YOUNG)


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


def _current(attribute: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        for pool in figures():
            value = getattr(pool, attribute)
            if value is not None:
                yield Observation(value, _attributes(pool))

    return observe


def _pauses(_: CallbackOptions) -> Iterator[Observation]:
    for generation, found in pauses().items():
        yield Observation(found.count, {"pooled.generation": generation})


def _pause_time(_: CallbackOptions) -> Iterator[Observation]:
    for generation, found in pauses().items():
        yield Observation(found.total / 1e9, {"pooled.generation": generation})


def _young(_: CallbackOptions) -> Iterator[Observation]:
    for name, count in young().items():
        yield Observation(count, {"pooled.type": name})


def _attributes(pool: Figures) -> dict[str, str]:
    return {"pooled.pool": pool.pool, "pooled.scope": pool.scope}
