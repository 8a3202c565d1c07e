"""What is said of pools to programs that collect metrics: the names, and their meaning in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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

GAUGES: Final[Mapping[str, str]] = MappingProxyType(
    {"live": "Objects that are out.", "parked": "Objects that wait in the pool."}
)
"""Counts of what is there now."""
