"""What is said of pools to programs that collect metrics: the names, their meaning in a sentence, and the figures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from pooled._memory.pool import MemoryPool
from pooled._policy import Scope
from pooled._report.names import encodable
from pooled._report.stats import named_pools
from pooled._stats import Stats

COUNTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hits": "Objects that were handed out from the pool.",
        "misses": "Objects that were handed out new.",
        "recycled": "Objects that were emptied and parked.",
        "escaped": "Objects that somebody still held when they should have been parked.",
        "collected": "Objects that the cyclic garbage collector freed.",
        "detached": "Objects that were taken out of the pool's care.",
    }
)
"""Counts that only grow, as attributes of `Stats`."""

DISCARDED: Final = "Objects that really died when they were dropped, by the reason."

REASONS: Final = ("full", "large", "error", "refused")
"""Of `discarded`, each an attribute of `Stats` with that before it."""

OBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "live": "Objects that are out.",
        "parked": "Objects that wait in the pool.",
        "max": "Objects that the pool parks at most; one of local scope: in each thread.",
    }
)
"""Counts of what is there now, or may be, as attributes of `Figures`."""

BYTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "parked": "Bytes that wait in a pool of memory.",
        "max": "Bytes that a pool of memory parks at most.",
    }
)
"""The same in bytes, each an attribute of `Figures` with `_bytes` after it."""


@attrs.frozen(kw_only=True)
class Figures:
    """What is known of one pool at one moment. None is what such a pool does not have.

    Attributes:
        pool: its name; no other pool has that at this moment, and UTF-8 can write it.
        scope: who shares it: "local", each thread has its own; "global", all threads have one.
        stats: what it did so far. What a pool of memory counts is blocks.
        max: how many objects it parks at most.
        parked_bytes: how many bytes it parks.
        max_bytes: how many bytes it parks at most.
    """

    pool: str
    scope: Scope
    stats: Stats
    max: int | None = None
    parked_bytes: int | None = None
    max_bytes: int | None = None

    @property
    def live(self) -> int:
        """How many objects are out."""
        return self.stats.live

    @property
    def parked(self) -> int:
        """How many objects wait."""
        return self.stats.parked


def figures() -> list[Figures]:
    """Those of all pools, in the order of `stats`. Costs a walk over all pools and threads."""
    found: list[Figures] = []
    for name, pool in named_pools().items():
        label, stats = encodable(name), pool.stats()
        if isinstance(pool, MemoryPool):
            in_bytes = {"parked_bytes": pool.parked_bytes, "max_bytes": pool.max_bytes}
            found.append(Figures(pool=label, scope="global", stats=stats, **in_bytes))
        else:
            found.append(Figures(pool=label, scope=pool.policy.scope, stats=stats, max=pool.policy.max))
    return found
