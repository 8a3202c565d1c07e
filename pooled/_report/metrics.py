"""Metrics of pools for monitoring systems: their names, their descriptions, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pooled._gc.histogram import BOUNDS, Histogram
from pooled._gc.pauses import latest
from pooled._memory.registry import MemoryPool
from pooled._policy import Scope
from pooled._record import Record
from pooled._report.names import encodable
from pooled._report.stats import named_pools
from pooled._stats import Stats

COUNTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hits": "Objects that were handed out from the pool.",
        "misses": "Objects that were created because no parked object fitted.",
        "inserted": "Objects that were made elsewhere and inserted into the pool.",
        "recycled": "Objects that were emptied and parked.",
        "escaped": "Objects that were not parked because something else referred to them.",
        "collected": "Objects that the cyclic garbage collector freed.",
        "detached": "Objects that were detached, or moved to another pool.",
    }
)
"""The attributes of `Stats` that are counters, and their descriptions."""

DISCARDED: Final = "Objects that were freed when they were dropped, by reason."

REASONS: Final = ("full", "large", "error", "refused")
"""Reasons for a discard. A reason with the prefix `discarded_` is the name of an attribute of `Stats`."""

OBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "live": "Objects in use.",
        "parked": "Objects parked in the pool.",
        "max": 'The most objects that the pool parks; with local scope, per thread. With "auto": the current limit.',
    }
)
"""Current counts of objects and their limits, as attributes of `Figures`, and their descriptions."""

BYTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "parked": "Bytes parked in a pool of memory.",
        "max": "The most bytes that a pool of memory parks.",
    }
)
"""The same in bytes: a name with the suffix `_bytes` is the name of an attribute of `Figures`."""


COLLECTIONS: Final = "How often the garbage collector stopped the program, by generation."

PAUSES: Final = "How long the garbage collector stopped the program, by generation."

YOUNG: Final = "Young objects when the garbage collector ran, in samples of its collections, by type."

TYPES: Final = 20
"""The number of types of young objects that have a series, the most frequent first."""


class Figures(Record):
    """The values of one pool at one moment. None is a value that such a pool does not have.

    Attributes:
        pool: its name, which is unique at this moment and can be encoded as UTF-8.
        scope: "local": each thread has its own pool. "global": all threads share one.
        stats: its counts, of objects or of blocks of memory.
        max: the most objects that it parks; with "auto", the current limit.
        parked_bytes: the bytes that it parks now.
        max_bytes: the most bytes that it parks.
    """

    pool: str
    scope: Scope
    stats: Stats
    max: int | None = None
    parked_bytes: int | None = None
    max_bytes: int | None = None

    @property
    def live(self) -> int:
        """How many objects are in use."""
        return self.stats.live

    @property
    def parked(self) -> int:
        """How many objects are parked."""
        return self.stats.parked


def figures() -> list[Figures]:
    """The values of all pools, in the order of `stats`. Costs a walk over all pools and threads."""
    found: list[Figures] = []
    for name, pool in named_pools().items():
        label, stats = encodable(name), pool.stats()
        if isinstance(pool, MemoryPool):
            in_bytes = {"parked_bytes": pool.parked_bytes, "max_bytes": pool.max_bytes}
            found.append(Figures(pool=label, scope="global", stats=stats, **in_bytes))
        else:
            found.append(Figures(pool=label, scope=pool.policy.scope, stats=stats, max=pool.depth))
    return found


def pauses() -> dict[int, Histogram]:
    """The pauses of the recording that `record_gc` started last, by generation; empty if there is none."""
    recording = latest()
    return {} if recording is None else dict(enumerate(recording._histograms()))


def cumulative(histogram: Histogram) -> list[tuple[float, int]]:
    """Bounds in seconds, the last of them infinite, and how many pauses did not exceed each."""
    bounds = (*(bound / 1e9 for bound in BOUNDS), float("inf"))
    return list(zip(bounds, (*histogram.up_to(), histogram.count), strict=True))


def young() -> dict[str, int]:
    """The most frequent types of young objects in that recording, and how many were found."""
    recording = latest()
    return (
        {} if recording is None else {encodable(name): count for name, count in list(recording.types.items())[:TYPES]}
    )
