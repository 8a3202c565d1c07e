"""ThreadStates: what each thread has of a pool in the reference engine: a tally, a freelist, and what it lent out."""

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
"""What an empty freelist gives."""


class Freelist:
    """A stack of parked objects that never holds more than its bound, whichever threads use it.

    A bounded deque needs no lock: two threads that both saw room for one object push the oldest one out.
    """

    __slots__ = ("_low", "_objects", "policy")

    def __init__(self, policy: Policy) -> None:
        self._low = 0  # the fewest that there were since it was last trimmed: so many were not needed
        self._objects: deque[Any] = deque(maxlen=min(policy.max, sys.maxsize))
        self.policy = policy

    def __len__(self) -> int:
        return len(self._objects)

    def __bool__(self) -> bool:
        return True  # it is a freelist when nothing is on it, too

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
        """Let the topmost object die; False where there is none."""
        return self.pop() is not NOTHING

    def discard_oldest(self, count: int) -> int:
        """Let up to so many of the oldest die; give the number."""
        oldest: list[Any] = []  # they die when all is in order again: their finalizers may trim, too
        with suppress(IndexError):
            while len(oldest) < count:
                oldest.append(self._objects.popleft())
        self._low = max(0, self._low - len(oldest))
        return len(oldest)

    def trim(self) -> int:
        """Let half of those die that were not needed since the last time; give the number."""
        unused = min(self._low, len(self._objects))
        self._low = len(self._objects)
        return self.discard_oldest((unused + 1) // 2)

    def some(self, limit: int) -> list[Any]:
        """Up to so many of what is parked, as it is for the length of a look."""
        with suppress(RuntimeError):  # another thread uses the freelist
            return list(islice(self._objects, limit))
        return []

    def put_under(self, obj: Any) -> None:
        """Put back what `pop` gave, below everything else."""
        if self.has_room():
            self._objects.appendleft(obj)

    def follow(self, policy: Policy) -> None:
        """Let go of what `policy` does not allow: of what may be too large, and of the oldest if they are too many."""
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
"""For what is dropped on a thread that is past its end."""

Total: TypeAlias = dict[str, int]
"""How much was counted, by the names in `Stats`."""


class Tally:
    """What one thread counted, by the names in `Stats`."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = {name: count() for name in COUNTERS}

    def add(self, name: str) -> None:
        """Count one more, in one step: a function that traces each step of Python's may take and drop in between."""
        next(self._counts[name])

    def add_to(self, total: Total) -> None:
        """Add all that was counted."""
        for name, counted in self._counts.items():
            total[name] += int(repr(counted)[len("count(") : -1])  # it says it in no other way


def _nothing() -> Total:
    return dict.fromkeys(COUNTERS, 0)


class ThreadState:
    """What one thread has of a pool. It goes when the thread ends, and a local pool's freelist with it."""

    __slots__ = ("__weakref__", "freelist", "lent", "tally")

    def __init__(self, freelist: Freelist) -> None:
        self.freelist = freelist
        self.tally = Tally()
        self.lent: deque[Held] = deque()  # given back, but not yet let go of


class ThreadStates:
    """The states of one pool: one for each thread that used it."""

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
        """Have every freelist follow `policy`: this thread's now, a local one of another when that comes by again."""
        self._policy = policy
        self.here()

    def stats(self) -> Stats:
        """What all threads counted, those that ended among them, and what is parked now."""
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
        # An object may be dropped anywhere, so this must not wait: whoever counts now closes the states instead.
        if _counting.acquire(blocking=False):
            try:
                self._close_dead_states()
            finally:
                _counting.release()
        return state

    def _close_dead_states(self) -> int:
        """Move the tallies of threads that ended into one; give the number of objects on the other states."""
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
    global _counting  # noqa: PLW0603 (the thread that held it, if any, is not in this process)
    _counting = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
