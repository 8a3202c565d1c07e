"""Trimming: pools give back what is parked and not needed, by themselves or by a budget for all of them.

- On a full collection, half of what lay unused since the last one dies, in each pool and thread.
- What is parked dies where a pool handed out nothing for its `idle_trim`.
- Where all pools together park more bytes than the budget, the idle ones give back first, and then the largest.

The first is done on the thread that collects; the others every now and then, on a thread that there is only where
somebody asked for them. None of it costs a take or a drop anything but a comparison.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Container
from contextlib import suppress
from typing import Any, Final, Protocol

import attrs

from pooled import _config
from pooled._engine.unraisable import report
from pooled._memory.pool import memory_pools
from pooled._policy import Policy
from pooled._pool_common import Registry
from pooled._stats import Stats

CLOCK: Final = time.monotonic

BUDGET_INTERVAL: Final = 1.0
"""Seconds between two looks at whether all pools keep to the budget."""


_FULL: Final = 0 if "free-threading build" in sys.version else 2
"""The generation from which on a collection is of everything: without a GIL each is."""


class Store(Protocol):
    """What stands behind a pool, as far as it matters here."""

    @property
    def policy(self) -> Policy:
        """Its limits."""
        ...

    def stats(self) -> Stats:
        """What it did."""
        ...

    def keep(self, count: int, /) -> int:
        """Let all die but so many on each shelf."""
        ...

    def trim(self) -> int:
        """Let half of what was not needed die."""
        ...

    def weigh(self) -> tuple[int, int]:
        """Bytes of some, and how many."""
        ...


_stores: Final[Registry[Store]] = Registry()


def register(store: Store) -> None:
    """Trim the store of a new pool from now on; of one whose policy was changed, by the new policy."""
    _stores.add(store)
    if store.policy.idle_trim:
        _keeper.wake()


def _all_stores() -> list[Store]:
    return _stores.all()


# When they are idle, and with a budget.


@attrs.define
class _Seen:
    """When a pool was last seen to have handed out something."""

    taken: int
    at: float


class Keeper:
    """Looks at the pools now and then, on a daemon thread that there is while anything asks for it."""

    def __init__(self) -> None:
        self._at_exit = False
        self._seen: weakref.WeakKeyDictionary[Any, _Seen] = weakref.WeakKeyDictionary()
        self._begin_anew()

    def _begin_anew(self) -> None:
        """There is no thread; nor is there one in the child of a fork."""
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Look now, and then again when it is time."""
        with self._lock:
            if self._thread is None and not self._at_exit:
                thread = threading.Thread(target=self._keep, daemon=True, name="pooled-trim")
                with suppress(RuntimeError):  # there may be no more threads; whoever wakes it next tries again
                    thread.start()
                    self._thread = thread
        self._woken.set()

    def end(self) -> None:
        """Begin no thread any more: when modules lose their names, it could not even be waited for."""
        self._at_exit = True

    def in_child(self) -> None:
        """Begin anew after a fork, if there was a thread."""
        had_one = self._thread is not None
        self._begin_anew()
        if had_one:
            self.wake()

    def look(self, now: float) -> int:
        """Let go of what is idle, and of what the budget does not allow; give the number of objects."""
        stores = _all_stores()
        idle = {store for store in stores if self._is_idle(store, now)}
        return sum(store.keep(0) for store in idle if self._was_so_for(store, now)) + fit_budget(idle)

    def _keep(self) -> None:
        while True:
            self._woken.clear()
            try:
                self.look(CLOCK())
            except Exception as error:  # noqa: BLE001 (whatever dies here has finalizers of its own)
                report(error, "while pools were trimmed")
            pause = self._pause()
            if pause is None:
                with self._lock:
                    if self._pause() is None and not self._woken.is_set():
                        self._thread = None
                        return
                continue
            self._woken.wait(pause)

    def _pause(self) -> float | None:
        """Seconds until the next look; None: nobody asks for one."""
        spans = [store.policy.idle_trim / 2 for store in _all_stores() if store.policy.idle_trim]
        if _config.current.budget is not None:
            spans.append(BUDGET_INTERVAL)
        return max(0.01, min(*spans, threading.TIMEOUT_MAX)) if spans else None

    def _is_idle(self, store: Store, now: float) -> bool:
        """Whether a pool handed out nothing since the last look."""
        if not store.policy.idle_trim and _config.current.budget is None:
            return False  # nobody asks
        seen, taken = self._seen.get(store), store.stats().taken
        if seen is not None and seen.taken == taken:
            return True
        self._seen[store] = _Seen(taken, now)
        return False

    def _was_so_for(self, store: Store, now: float) -> bool:
        """Whether an idle pool has been idle for as long as its policy says."""
        return 0 < store.policy.idle_trim <= now - self._seen[store].at


_keeper: Final = Keeper()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keeper.in_child)


@attrs.frozen
class _Parked:
    """What a pool parks: how many, and the bytes of one, on average."""

    store: Store
    count: int
    each: float


def fit_budget(idle: Container[Store]) -> int:
    """Let so much die that all pools keep to the budget, of the idle ones first; give the number of objects."""
    budget = _config.current.budget
    if budget is None:
        return 0
    parked = [_weighed(store) for store in _all_stores()]
    memory = memory_pools()
    excess = sum(each.count * each.each for each in parked) + sum(pool.parked_bytes for pool in memory) - budget
    died = 0
    for each in sorted(parked, key=lambda each: (each.store not in idle, -each.count * each.each)):
        if excess <= 0:
            return died
        gone = _give_back(each, excess)
        excess -= gone * each.each
        died += gone
    for pool in memory:
        while excess > 0 and len(pool):
            before = pool.parked_bytes
            died += pool.prune()
            excess -= before - pool.parked_bytes
    return died


def _weighed(store: Store) -> _Parked:
    weight, count = store.weigh()
    return _Parked(store, store.stats().parked, weight / count if count else 64.0)


def _give_back(parked: _Parked, excess: float) -> int:
    """Let so many of a pool die as are too much, or all; of a local pool, on all threads alike."""
    wanted = min(parked.count, int(-(-excess // parked.each)))
    keep, gone = parked.count - wanted, 0
    while gone < wanted:
        gone += parked.store.keep(keep)
        if not keep:
            break
        keep //= 2  # it was more than a single thread has
    return gone


# When the cyclic collector has run over everything.


class _OnCollections:
    """Trims on full collections: one of `gc.callbacks`."""

    def __init__(self) -> None:
        self._last = -float("inf")

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        pause = _config.current.gc_trim
        if phase != "stop" or info["generation"] < _FULL or pause is None:
            return
        now = CLOCK()
        if now - self._last >= pause:
            self._last = now
            trim()


_on_collections: Final = _OnCollections()
gc.callbacks.append(_on_collections)


@atexit.register
def _trim_no_more() -> None:
    """The collector goes on while modules lose their names, and classes may still be made."""
    _keeper.end()
    if _on_collections in gc.callbacks:
        gc.callbacks.remove(_on_collections)


def trim() -> int:
    """Let die half of what is parked and was not needed since this was last done, in all pools and threads.

    So what a burst left goes little by little, and what is in use stays. It is done after full collections of the
    cyclic collector, too, at most every ten seconds (`configure(gc_trim=...)`), unless that is off.

    Returns:
        How many objects died. Pools of memory, which have a budget of their own, give nothing back.
    """
    return sum(store.trim() for store in _all_stores())


def enforce() -> None:
    """Look at the budget, which has changed."""
    if _config.current.budget is not None:
        _keeper.wake()


_config.when_configured.append(enforce)
