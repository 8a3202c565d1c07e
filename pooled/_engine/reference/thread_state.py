"""The state of a pool in each thread: a tally of counts, a freelist, and borrowed objects that were given back."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count, islice
from typing import Any, Final, TypeAlias

from pooled._engine.reference.proxy import Held, Holder, release
from pooled._engine.reference.thread_exit import is_ending, know_this_thread
from pooled._policy import Policy
from pooled._stats import COUNTERS, Stats

NOTHING: Final = object()
"""The result of `Freelist.pop` if the freelist is empty."""


class Freelist:
    """A stack of parked objects that never holds more than its bound, whichever threads use it.

    A bounded deque needs no lock: if two threads both see room for one object, the second one evicts the oldest.
    """

    __slots__ = ("_low", "_objects", "policy")

    def __init__(self, policy: Policy) -> None:
        self._low = 0  # the smallest length since the last trim: that many objects were not used
        self._objects: deque[Any] = deque(maxlen=min(policy.max, sys.maxsize))
        self.policy = policy

    def __len__(self) -> int:
        return len(self._objects)

    def __bool__(self) -> bool:
        return True  # an empty freelist is a freelist

    def has_room(self) -> bool:
        return len(self._objects) < self._objects.maxlen  # type: ignore[operator] # it has a maxlen

    def park(self, holder: Holder) -> None:
        self._objects.append(release(holder))

    def pop(self) -> Any:
        try:
            obj = self._objects.pop()
        except IndexError:
            return NOTHING
        self._low = min(self._low, len(self._objects))
        return obj

    def discard(self) -> bool:
        """Free the most recently parked object; False if there is none."""
        return self.pop() is not NOTHING

    def discard_oldest(self, count: int) -> int:
        """Free up to `count` of the oldest objects; return the number."""
        oldest: list[Any] = []  # freed at the end, when the state is consistent: their finalizers may trim
        with suppress(IndexError):
            while len(oldest) < count:
                oldest.append(self._objects.popleft())
        self._low = max(0, self._low - len(oldest))
        return len(oldest)

    def trim(self) -> int:
        """Free half of the objects that were not used since the last trim; return the number."""
        unused = min(self._low, len(self._objects))
        self._low = len(self._objects)
        return self.discard_oldest((unused + 1) // 2)

    def some(self, limit: int) -> list[Any]:
        """Up to `limit` of the parked objects, without taking them out."""
        with suppress(RuntimeError):  # another thread changed the freelist meanwhile
            return list(islice(self._objects, limit))
        return []

    def put_under(self, obj: Any) -> None:
        """Put back what `pop` returned, as the oldest object."""
        if self.has_room():
            self._objects.appendleft(obj)

    def follow(self, policy: Policy) -> None:
        """Adopt a policy. Free the oldest objects if there are too many, and all of them if some may be too large."""
        bound, old = min(policy.max, sys.maxsize), self._objects
        if policy.max_cap < self.policy.max_cap:
            old.clear()
        self.policy = policy
        if bound != old.maxlen:
            self._objects = deque(maxlen=bound)
            while self.has_room() and old:
                self._objects.appendleft(old.pop())
        self._low = min(self._low, len(self._objects))


_NO_FREELIST: Final = Policy(max=0)
"""The policy for objects that are dropped on a thread that has ended."""

Total: TypeAlias = dict[str, int]
"""Counts, by their names in `Stats`."""


class Tally:
    """The counts of one thread, by their names in `Stats`."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = {name: count() for name in COUNTERS}

    def add(self, name: str) -> None:
        """Add one, in a single step: a trace function may take and drop objects between any two steps."""
        next(self._counts[name])

    def add_to(self, total: Total) -> None:
        """Add these counts to `total`."""
        for name, counted in self._counts.items():
            total[name] += int(repr(counted)[len("count(") : -1])  # the value is accessible in no other way


def _nothing() -> Total:
    return dict.fromkeys(COUNTERS, 0)


class ThreadState:
    """The state of a pool in one thread. The end of the thread frees it, and with it the freelist of a local pool."""

    __slots__ = ("__weakref__", "freelist", "lent", "tally")

    def __init__(self, freelist: Freelist) -> None:
        self.freelist = freelist
        self.tally = Tally()
        self.lent: deque[Held] = deque()  # given back, but perhaps still in a variable of the borrower


class ThreadStates:
    """The states of one pool, one for each thread that used it."""

    def __init__(self, policy: Policy, new_freelist: Callable[[Policy], Freelist]) -> None:
        self._policy = policy
        self._new_freelist = new_freelist
        self._shared = new_freelist(policy) if policy.scope == "global" else None
        self._here = threading.local()
        self._open: deque[tuple[weakref.ref[ThreadState], Tally]] = deque()
        self._closed = _nothing()

    def here(self) -> ThreadState:
        """The state of this thread."""
        if is_ending():
            return self._register(ThreadState(self._shared or self._new_freelist(_NO_FREELIST)))
        try:
            state: ThreadState = self._here.state
        except AttributeError:
            know_this_thread()
            state = self._here.state = self._register(ThreadState(self._shared or self._new_freelist(self._policy)))
        if state.freelist.policy is not self._policy:
            state.freelist.follow(self._policy)
        return state

    def set_policy(self, policy: Policy) -> None:
        """Change the policy of all freelists: that of this thread now, those of others at their next use."""
        self._policy = policy
        self.here()

    def stats(self) -> Stats:
        """The counts of all threads, including those that ended, and the number of parked objects."""
        with _counting:
            parked = self._close_dead_states()
            total = dict(self._closed)
            for _, tally in tuple(self._open):
                tally.add_to(total)
        if self._shared is not None:
            parked = len(self._shared)
        return Stats(parked=parked, **total)

    def freelists(self) -> list[Freelist]:
        """The freelists of all threads."""
        if self._shared is not None:
            return [self._shared]
        states = [reference() for reference, _ in tuple(self._open)]
        return [state.freelist for state in states if state is not None]

    def _register(self, state: ThreadState) -> ThreadState:
        self._open.append((weakref.ref(state), state.tally))
        # An object may be dropped anywhere, so this must not wait. A thread that counts now closes the states instead.
        if _counting.acquire(blocking=False):
            try:
                self._close_dead_states()
            finally:
                _counting.release()
        return state

    def _close_dead_states(self) -> int:
        """Merge the tallies of threads that ended; return the number of objects parked in the other states."""
        parked = 0
        for _ in range(len(self._open)):
            entry = self._open.popleft()
            state = entry[0]()
            if state is None:
                entry[1].add_to(self._closed)
            else:
                self._open.append(entry)
                parked += len(state.freelist)
        return parked


_counting = threading.RLock()


def _after_fork_in_child() -> None:
    global _counting  # noqa: PLW0603 (a thread that held the lock does not exist in this process)
    _counting = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
