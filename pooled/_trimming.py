"""Trimming: what is parked and not needed is given back, by themselves or by a budget for all pools.

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
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, Final, Protocol

import attrs

from pooled import _config
from pooled._engine.unraisable import report
from pooled._memory import memory_pools
from pooled._policy import Policy
from pooled._stats import Stats

CLOCK: Final = time.monotonic

BUDGET_INTERVAL: Final = 1.0
"""Seconds between two looks at whether all pools keep to the budget."""


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


_stores: Final[weakref.WeakValueDictionary[int, Any]] = weakref.WeakValueDictionary()


def look_after(store: Store) -> None:
    """Trim what a new pool parks, from now on."""
    _stores[id(store)] = store
    if store.policy.idle_trim:
        _keeper.wake()


def _all_stores() -> list[Store]:
    stores = (reference() for reference in _stores.valuerefs())
    return [store for store in stores if store is not None]


# When they are idle, and with a budget.


@attrs.define
class _Seen:
    """When a pool was last seen to have handed out something."""

    taken: int
    at: float


class Keeper:
    """Looks at the pools now and then, on a daemon thread that there is while anything asks for it."""

    def __init__(self) -> None:
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
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, daemon=True, name="pooled-trim")
                self._thread.start()
        self._woken.set()

    def in_child(self) -> None:
        """Begin anew after a fork, if there was a thread."""
        had_one = self._thread is not None
        self._begin_anew()
        if had_one:
            self.wake()

    def look(self, now: float) -> int:
        """Let go of what is idle, and of what the budget does not allow; give the number of objects."""
        return sum(self._trim_idle(store, now) for store in _all_stores()) + fit_budget(self._is_idle)

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

    def _is_idle(self, store: Store) -> bool:
        """Whether a pool handed out nothing since the last look."""
        seen = self._seen.get(store)
        taken = store.stats().taken
        self._seen[store] = seen if seen is not None and seen.taken == taken else _Seen(taken, CLOCK())
        return self._seen[store] is seen

    def _trim_idle(self, store: Store, now: float) -> int:
        idle_trim = store.policy.idle_trim
        if not idle_trim or not self._is_idle(store):
            return 0
        return store.keep(0) if now - self._seen[store].at >= idle_trim else 0


_keeper: Final = Keeper()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keeper.in_child)


@attrs.frozen
class _Parked:
    """What a pool parks: how many, and the bytes of one, on average."""

    store: Store
    count: int
    each: float


def fit_budget(is_idle: Callable[[Store], bool]) -> int:
    """Let so much die that all pools keep to the budget; give the number of objects."""
    budget = _config.current.budget
    if budget is None:
        return 0
    parked = [_weighed(store) for store in _all_stores()]
    memory = memory_pools()
    excess = sum(each.count * each.each for each in parked) + sum(pool.parked_bytes for pool in memory) - budget
    died = 0
    for each in sorted(parked, key=lambda each: (not is_idle(each.store), -each.count * each.each)):
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
        if phase != "stop" or info["generation"] < 2 or pause is None:
            return
        now = CLOCK()
        if now - self._last >= pause:
            self._last = now
            trim()


_on_collections: Final = _OnCollections()
gc.callbacks.append(_on_collections)


@atexit.register
def _trim_no_more() -> None:
    """The collector goes on while modules lose their names."""
    if _on_collections in gc.callbacks:
        gc.callbacks.remove(_on_collections)


def trim() -> int:
    """Let half of what is parked and was not needed since this was done the last time die, in all pools and threads.

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
