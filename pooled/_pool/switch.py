"""`disable` and `enable`, which turn pooling off and on again in a running process."""

from __future__ import annotations

from typing import Any

from pooled import _config
from pooled._memory.registry import memory_pools
from pooled._pool.class_pool import pool_of
from pooled._pool.pools import all_pools


def disable(cls: type[Any] | None = None, /) -> None:
    """Turn pooling off in all threads: all pools free their parked objects and memory, and park none from now on.

    Poolable classes stay poolable. Their objects are allocated and freed like those of other classes. They are still
    counted, so that the statistics add up. A call then costs as much as a miss. Set `POOLED_ENGINE=off` to measure a
    program without pools: then no class is hooked.

    Args:
        cls: a poolable class, to turn off its pool alone.

    Raises:
        TypeError: the class is not poolable.
    """
    _turn(cls, on=False)


def enable(cls: type[Any] | None = None, /) -> None:
    """Turn pooling on again: pools park dropped objects and memory, including those that were taken meanwhile.

    Args:
        cls: a poolable class whose pool `disable(cls)` turned off. While all pools are off, its pool stays off, too.

    Raises:
        TypeError: the class is not poolable.
    """
    _turn(cls, on=True)


def _turn(cls: type[Any] | None, *, on: bool) -> None:
    if cls is not None:
        pool = pool_of(cls)
        pool._is_on = on
        pool._follow_switch()
        return
    _config.current.pooling = on  # first: a pool that is made now reads it after it is registered
    for each in (*all_pools(), *memory_pools.all()):
        each._follow_switch()
