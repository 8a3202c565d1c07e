"""The state of a pool in each thread: a tally of counts, a freelist, and borrowed objects that were given back."""

from __future__ import annotations

import os
import re
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from pooled._engine.reference.freelist import Freelist
from pooled._engine.reference.proxy import Held
from pooled._engine.reference.thread_exit import is_ending, know_this_thread
from pooled._policy import Policy
from pooled._stats import ARRIVALS, COUNTERS, Stats

_NO_FREELIST: Final = Policy(max=0)
"""The policy for objects that are dropped on a thread that has ended."""


class Tally:
    """The counts of one thread, by their names in `Stats`."""

    __slots__ = ("_counters", "counters")

    def __init__(self) -> None:
        self.counters = [count() for _ in COUNTERS]
        self._counters = dict(zip(COUNTERS, self.counters, strict=True))

    def add(self, name: str) -> None:
        """Add one, in a single step: a trace function may take and drop objects between any two steps."""
        next(self._counters[name])


Counts: TypeAlias = dict[int, list[int]]
"""Counts in the order of `COUNTERS`, by the numbers of threads."""

_ENTRY: Final = re.compile(r"(\d+): \[(.*?)\]")
_COUNT: Final = re.compile(r"count\((\d+)\)")


def _read(counters: dict[int, list[count[int]]]) -> tuple[Counts, Counts]:
    """Read counters twice, while other threads change them. With a GIL, both readings are of the same moment.

    One call of C code reads all of them: no other thread runs meanwhile, and no trace function. Besides, a counter
    shows its value in no other way.
    """
    first, _, second = repr((counters, counters)).partition("}, {")
    return _counts_in(first), _counts_in(second)


def _counts_in(text: str) -> Counts:
    return {int(number): _values_in(values) for number, values in _ENTRY.findall(text)}


def _values_in(text: str) -> list[int]:
    return list(map(int, _COUNT.findall(text)))


class Ended(NamedTuple):
    """What the threads that ended have counted. It is replaced as a whole, so that all code sees it complete."""

    counts: list[int]
    numbers: frozenset[int]
    """The last threads that were added. A reader may still find them among the running ones."""

    def add(self, counts: Counts) -> list[int]:
        """The sums of these counts and those of other threads."""
        others = [values for number, values in counts.items() if number not in self.numbers]
        return [sum(values) for values in zip(self.counts, *others, strict=True)]


_number: Final = partial(next, count())
"""Makes the number of the next thread."""


class ThreadState:
    """The state of a pool in one thread. The end of the thread frees it, and with it the freelist of a local pool."""

    __slots__ = ("__weakref__", "freelist", "lent", "tally")

    def __init__(self, freelist: Freelist) -> None:
        self.freelist = freelist
        self.tally = Tally()
        self.lent: deque[Held] = deque()  # returned, but a variable of the borrower may still refer to them


class ThreadStates:
    """The states of one pool, one for each thread that used it."""

    def __init__(self, policy: Policy, new_freelist: Callable[[Policy], Freelist]) -> None:
        self._policy = policy
        self._bound = sys.maxsize
        self._new_freelist = new_freelist
        self._shared = new_freelist(policy) if policy.scope == "global" else None
        self._here = threading.local()
        self._counters: Final[dict[int, list[count[int]]]] = {}
        self._states: Final[dict[int, weakref.ref[ThreadState]]] = {}
        self._ended = Ended([0] * len(COUNTERS), frozenset())
        self._is_counting = False

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
        state.freelist.bound = self._bound
        return state

    def set_policy(self, policy: Policy, bound: int | None) -> None:
        """Change the policy of all freelists: that of this thread now, those of others at their next use.

        `bound` is the most objects of a freelist that follows the load, if it is not None.
        """
        self._policy = policy
        self._bound = sys.maxsize if bound is None else bound
        self.here()

    def stats(self) -> Stats:
        """The counts of all threads, including those that ended, and the number of parked objects.

        Other threads count meanwhile. Without a GIL, ends of objects are read before arrivals. So each end in the
        result has its arrival, and there are never more ends than arrivals.
        """
        with _counting:
            self._merge_ended()
            outermost, self._is_counting = not self._is_counting, True
            try:
                ends, arrivals = map(self._ended.add, _read(self._counters))
            finally:
                self._is_counting = not outermost
        counts = dict(zip(COUNTERS, ends, strict=True))
        counts |= {name: arrivals[COUNTERS.index(name)] for name in ARRIVALS}
        return Stats(parked=sum(map(len, self.freelists())), **counts)

    def freelists(self) -> list[Freelist]:
        """The freelists of all threads."""
        if self._shared is not None:
            return [self._shared]
        states = [reference() for reference in self._states.copy().values()]
        return [state.freelist for state in states if state is not None]

    def _register(self, state: ThreadState) -> ThreadState:
        number = _number()
        self._counters[number] = state.tally.counters
        self._states[number] = weakref.ref(state)
        # An object may be dropped anywhere, so this must not wait. A thread that is counting merges the counts instead.
        if _counting.acquire(blocking=False):
            try:
                self._merge_ended()
            finally:
                _counting.release()
        return state

    def _merge_ended(self) -> None:
        """Add up the counts of threads that ended, unless this thread reads or merges counts further up its stack."""
        if self._is_counting:
            return
        self._is_counting = True
        try:
            for number in self._ended.numbers:
                self._states.pop(number, None)
                self._counters.pop(number, None)
            ended = {
                # Not the repr of the list: for that, Python makes a list that a thread which has ended never frees.
                number: _values_in("".join(map(repr, self._counters[number])))
                for number, state in self._states.copy().items()
                if state() is None
            }
            if ended:
                self._ended = Ended(self._ended.add(ended), frozenset(ended))
        finally:
            self._is_counting = False


_counting = threading.RLock()


def _after_fork_in_child() -> None:
    global _counting  # noqa: PLW0603 (a thread that held the lock does not exist in this process)
    _counting = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
