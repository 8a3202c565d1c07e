"""The budget: the most bytes that all pools together park, also those with max="auto", which grow."""

from __future__ import annotations

import weakref
from collections.abc import Container, Sequence
from typing import Any, Final, Protocol

from pooled._memory.registry import memory_pools
from pooled._policy import AUTO, Policy
from pooled._stats import Stats

UNKNOWN: Final = 1024.0
"""The estimated bytes of an object, if no object of its pool was weighed yet."""

_weights: Final[weakref.WeakKeyDictionary[Any, float]] = weakref.WeakKeyDictionary()
"""The bytes of an object of each pool, as it was last weighed."""


class Store(Protocol):
    """The store of a pool, as far as trimming uses it."""

    @property
    def policy(self) -> Policy:
        """The limits of the pool."""
        ...

    def stats(self) -> Stats:
        """The counts of the pool."""
        ...

    def keep(self, count: int, /) -> int:
        """Free all but `count` objects of each freelist; return the number."""
        ...

    def trim(self) -> int:
        """Free half of the objects that were not used since the last trim; return the number."""
        ...

    def weigh(self) -> tuple[int, int]:
        """The bytes of a sample of the parked objects, and the number of objects in the sample."""
        ...

    def depths(self) -> tuple[int, int, int]:
        """For how many objects there is room now: on the deepest freelist, on all, and the number of freelists.

        This is about pools with max="auto".
        """
        ...

    def set_bound(self, bound: int | None) -> None:
        """Set the most objects of a freelist, if the policy has max="auto"; None: as many as the policy allows."""
        ...


class _Parked:
    """The parked objects of a pool: their number, and the average bytes of one."""

    __slots__ = ("count", "each", "store")

    def __init__(self, store: Store) -> None:
        nbytes, count = store.weigh()
        self.store = store
        self.count = store.stats().parked
        if count:
            _weights[store] = nbytes / count
        self.each = _weights.get(store, UNKNOWN)

    @property
    def nbytes(self) -> float:
        """The bytes of all of them."""
        return self.count * self.each


def fit(stores: Sequence[Store], idle: Container[Store], budget: int) -> int:
    """Free objects until all pools are within the budget, and limit those that grow; return the freed number.

    Args:
        stores: the stores of all pools.
        idle: the stores whose objects are freed first. Those of the largest pools follow.
        budget: the most bytes.
    """
    parked = [_Parked(store) for store in stores]
    memory = [pool for pool in memory_pools.all() if pool not in stores]
    excess = sum(each.nbytes for each in parked) + sum(pool.parked_bytes for pool in memory) - budget
    freed = 0
    for each in sorted(parked, key=lambda each: (each.store not in idle, -each.nbytes)):
        if excess <= 0:
            break
        count = _free(each, excess)
        excess -= count * each.each
        freed += count
        each.count -= count
    for pool in memory:
        while excess > 0 and len(pool):
            before = pool.parked_bytes
            freed += pool.prune()
            excess -= before - pool.parked_bytes
    fixed = sum(each.nbytes for each in parked if each.store.policy.max != AUTO)
    fixed += sum(pool.parked_bytes for pool in memory)
    return freed + _bound([each for each in parked if each.store.policy.max == AUTO], budget - fixed)


def _free(parked: _Parked, excess: float) -> int:
    """Free `excess` bytes of a pool, or all; in a local pool, of all threads alike. Return the number of objects."""
    wanted = min(parked.count, int(-(-excess // parked.each)))
    keep, freed = parked.count - wanted, 0
    while freed < wanted:
        freed += parked.store.keep(keep)
        if not keep:
            break
        keep //= 2  # no single thread has more than that
    return freed


def bound_new(store: Store, budget: int) -> None:
    """Limit a new pool with max="auto", until its use is known."""
    if not store.depths()[0]:
        store.set_bound(int(budget // UNKNOWN))


def _bound(parked: Sequence[_Parked], available: float) -> int:
    """Share bytes among the pools with max="auto": each keeps its depth, and may grow by an equal part of the rest.

    If the depths need more than that, all of them are reduced by the same factor. Return the number of freed objects.
    """
    depths = [each.store.depths() for each in parked]
    needed = sum(each.each * depth[1] for each, depth in zip(parked, depths, strict=True))
    factor = min(1.0, max(0.0, available) / needed) if needed else 1.0
    spare = max(0.0, available - needed) / max(1, len(parked))
    freed = 0
    for each, (deepest, _, freelists) in zip(parked, depths, strict=True):
        more = spare / each.each / max(1, freelists)
        each.store.set_bound(int(deepest * factor + more))
        freed += max(0, each.count - each.store.stats().parked)
    return freed
