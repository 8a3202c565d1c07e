"""Trimming: pools free parked objects that are not used, and keep to the budget for all pools together.

- A pool with max="auto" frees all objects that were not used since the last trim, every ten seconds.
- A full collection frees half of the objects that were not used since the previous one, in each pool and thread.
- A pool without a take for its `idle_trim` seconds frees its parked objects.
- If all pools together park more bytes than the budget, idle pools free objects first, then the largest ones. Pools
  with max="auto" grow no further than the budget allows.
- Soon after an allocation of the engine failed, all pools free their parked objects.

The trim of a full collection runs on the thread of the collection, the one after a failed allocation on the main
thread. The others run periodically on a thread that exists only if `idle_trim`, max="auto" or a budget is set. All of
this costs one comparison for each take and drop.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any, Final

from pooled import _config
from pooled._engine import gc_callback, when_memory_is_short
from pooled._engine import name as engine
from pooled._memory.registry import Registry, memory_pools
from pooled._policy import AUTO
from pooled._pool.background import FORK_COUNTS_LATE, Background

if TYPE_CHECKING:
    from pooled._pool.budget import Store

CLOCK: Final = time.monotonic

BUDGET_INTERVAL: Final = 1.0
"""Seconds between two checks of the budget."""


AUTO_WINDOW: Final = 10.0
"""Seconds after which the pools with max="auto" are trimmed, unless all pools were trimmed meanwhile."""


_FULL: Final = 0 if "free-threading build" in sys.version else 2
"""The oldest generation that makes a collection a full one; in a build without a GIL, each collection is."""


_stores: Final[Registry[Store]] = Registry()


def register(store: Store) -> None:
    """Trim the store of a new pool from now on, or apply the changed policy of a pool."""
    _stores.add(store)
    if store.policy.max == AUTO and _config.current.budget is not None:
        from pooled._pool.budget import bound_new  # here and below, since most programs have no budget

        bound_new(store, _config.current.budget)
    if store.policy.idle_trim or store.policy.max == AUTO:
        _keeper.wake()


def _all_stores() -> list[Store]:
    return _stores.all()


# Idle pools, and the budget.


class Keeper:
    """Checks all pools periodically, on a daemon thread that exists while a pool or the budget needs it."""

    def __init__(self) -> None:
        self.trimmed = CLOCK()  # when the last trim began
        # The number of takes of each pool, and when it last changed, in seconds of the clock.
        self._seen: weakref.WeakKeyDictionary[Any, tuple[int, float]] = weakref.WeakKeyDictionary()
        self.thread: Final = Background(lambda: self.look(CLOCK()), self._pause)
        self.wake: Final = self.thread.wake

    def look(self, now: float) -> int:
        """Free the objects of idle pools, and objects beyond the budget; return the number.

        Args:
            now: seconds of the monotonic clock.
        """
        stores = _all_stores()
        if now - self.trimmed >= AUTO_WINDOW:
            self.trimmed = now
            freed = sum(store.trim() for store in stores if store.policy.max == AUTO)
        else:
            freed = 0
        idle = {store for store in stores if self._is_idle(store, now)}
        freed += sum(store.keep(0) for store in idle if self._has_been_idle(store, now))
        return freed + _fit_budget(stores, idle)

    def _pause(self) -> float | None:
        """Seconds until the next check; None if none is needed."""
        spans = [store.policy.idle_trim / 2 for store in _all_stores() if store.policy.idle_trim]
        if _config.current.budget is not None:
            spans.append(BUDGET_INTERVAL)
        if any(store.policy.max == AUTO for store in _all_stores()):
            spans.append(AUTO_WINDOW)
        return max(0.01, min(*spans, threading.TIMEOUT_MAX)) if spans else None

    def _is_idle(self, store: Store, now: float) -> bool:
        """Whether a pool had no take since the last check."""
        if not store.policy.idle_trim and _config.current.budget is None:
            return False  # no check needed
        seen, taken = self._seen.get(store), store.stats().taken
        if seen is not None and seen[0] == taken:
            return True
        self._seen[store] = (taken, now)
        return False

    def _has_been_idle(self, store: Store, now: float) -> bool:
        """Whether an idle pool has been idle for the `idle_trim` of its policy."""
        return 0 < store.policy.idle_trim <= now - self._seen[store][1]


def _fit_budget(stores: Sequence[Store], idle: Container[Store]) -> int:
    budget = _config.current.budget
    if budget is None:
        return 0
    from pooled._pool.budget import fit

    return fit(stores, idle, budget)


_keeper: Final = Keeper()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_keeper.thread.before_fork,
        after_in_parent=_keeper.thread.after_fork,
        after_in_child=_keeper.thread.after_fork_in_child,
    )


# Full collections.


class _OnCollections:
    """A callback in `gc.callbacks` that trims all pools after full collections."""

    def __init__(self) -> None:
        self._last = -float("inf")

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase != "stop":
            return
        if _keeper.thread.is_suspended:
            _keeper.wake()
        pause = _config.current.gc_trim
        if info["generation"] < _FULL or pause is None:
            return
        now = CLOCK()
        if now - self._last >= pause:
            self._last = now
            trim()


_on_collections: Final = gc_callback(_OnCollections(), 0 if FORK_COUNTS_LATE else _FULL)
if engine != "off":
    gc.callbacks.append(_on_collections)


@atexit.register
def _trim_no_more() -> None:
    """Stop at exit: Python still runs collections and may create classes while it clears the globals of modules."""
    _keeper.thread.end()
    if _on_collections in gc.callbacks:
        gc.callbacks.remove(_on_collections)


def trim() -> int:
    """Free half of the parked objects that were not used since the last trim, in all pools and threads.

    A pool with max="auto" frees all of them, and parks no more than the remaining ones until there are misses again. So
    repeated trims free the objects left over from a burst, and keep those that are used. Full collections of the cyclic
    garbage collector trim too, at most every ten seconds, unless `configure(gc_trim=...)` changes that.

    Returns:
        The number of freed objects and freed blocks of `pooled_arrays`. `BufferPool` and `ArrayPool` free nothing: they
        have their own limits in bytes.
    """
    _keeper.trimmed = CLOCK()
    return sum(store.trim() for store in _all_stores())


def enforce() -> None:
    """Check the pools, because the budget may have changed."""
    if _config.current.budget is not None:
        _keeper.wake()
    else:
        for store in _all_stores():
            if store.policy.max == AUTO:
                store.set_bound(None)


def give_back() -> None:
    """Free all parked objects, in all threads, and all parked memory, since an allocation has failed."""
    for store in _all_stores():
        store.keep(0)
    for pool in memory_pools.all():
        pool.clear()


when_memory_is_short(give_back)

_config.when_configured.append(enforce)
