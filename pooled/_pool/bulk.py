"""Operations on all pools at once, of objects and of memory: clear and prune."""

from __future__ import annotations

from pooled._memory.registry import memory_pools
from pooled._pool.pools import all_pools


def clear() -> int:
    """Free all parked objects of all pools (of local pools: those of this thread), and all parked memory.

    Returns:
        The number of freed objects and blocks of memory.
    """
    return sum(pool.clear() for pool in (*all_pools(), *memory_pools.all()))


def prune() -> int:
    """Free some parked objects of each pool, as many as the `prune` method of the pool does.

    Returns:
        The number of freed objects and blocks of memory.
    """
    return sum(pool.prune() for pool in (*all_pools(), *memory_pools.all()))
