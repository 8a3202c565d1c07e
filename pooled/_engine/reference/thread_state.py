"""The state of a pool in each thread: a tally of counts, a freelist, and borrowed objects that were given back."""

from __future__ import annotations

import os
import re
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple, TypeAlias

from pooled._engine.reference.proxy import Held, Holder, release
from pooled._engine.reference.thread_exit import is_ending, know_this_thread
from pooled._policy import AUTO, Policy
from pooled._stats import COUNTERS, Stats

NOTHING: Final = object()
"""The result of `Freelist.pop` if the freelist is empty."""


class Freelist:
    """A stack of parked objects that never holds more than its bound, whichever threads use it.

    A bounded deque needs no lock: if two threads both see room for one object, the second one evicts the oldest.
    """

    __slots__ = ("_credit", "_depth", "_low", "_objects", "policy")

    def __init__(self, policy: Policy) -> None:
        self._low = 0  # the smallest length since the last trim: that many objects were not used
        self._depth = self._credit = 0  # with max="auto": the objects that fit now; the misses that may each make room
        self._objects: deque[Any] = deque(maxlen=min(policy.most, sys.maxsize))
        self.policy = policy

    def __len__(self) -> int:
        return len(self._objects)

    def __bool__(self) -> bool:
        return True  # an empty freelist is a freelist

    def has_room(self) -> bool:
        """Whether one more object may be parked. With max="auto", a miss has made room for it."""
        count, most = len(self._objects), self._objects.maxlen
        if count >= most:  # type: ignore[operator] # it has a maxlen
            return False
        if self.policy.max != AUTO or count < self._depth:
            return True
        grows = self._credit > 0
        self._credit, self._depth = self._credit - grows, self._depth + grows
        return grows

    def expect(self, count: int) -> None:
        self._credit += count

    def park(self, holder: Holder) -> None:
        self._objects.append(release(holder))

    def pop(self) -> Any:
        try:
            obj = self._objects.pop()
        except IndexError:
            self._credit += 1
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
        if self.policy.max != AUTO:
            return self.discard_oldest((unused + 1) // 2)
        self._depth -= unused
        return self.discard_oldest(unused)

    def weigh(self, limit: int, size_of: Callable[[Any], int]) -> tuple[int, int]:
        """Measure up to `limit` of the oldest objects; return the sum, and their number.

        They are taken out meanwhile: an object that another thread takes must have no other reference.
        """
        oldest: list[Any] = []
        try:
            with suppress(IndexError):
                while len(oldest) < limit:
                    oldest.append(self._objects.popleft())
            return sum(size_of(self._object_in(entry)) for entry in oldest), len(oldest)
        finally:
            while oldest and self.has_room():
                self._objects.appendleft(oldest.pop())

    def _object_in(self, entry: Any) -> Any:
        """The object that an entry of the deque is for."""
        return entry

    def put_under(self, obj: Any) -> None:
        """Put back what `pop` returned, as the oldest object."""
        if self.has_room():
            self._objects.appendleft(obj)

    def follow(self, policy: Policy) -> None:
        """Adopt a policy. Free the oldest objects if there are too many, and all of them if some may be too large."""
        bound, old = min(policy.most, sys.maxsize), self._objects
        if policy.max_cap < self.policy.max_cap:
            old.clear()
        self.policy = policy
        self._depth = len(old)
        if bound != old.maxlen:
            self._objects = deque(maxlen=bound)
            while len(self._objects) < bound and old:
                self._objects.appendleft(old.pop())
        self._low = min(self._low, len(self._objects))


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
    """Read counters that other threads go on with, twice. With a GIL, both readings are those of one moment.

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
    """The last threads that were added. They may still be among those that are read."""

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
        self.lent: deque[Held] = deque()  # given back, but perhaps still in a variable of the borrower


class ThreadStates:
    """The states of one pool, one for each thread that used it."""

    def __init__(self, policy: Policy, new_freelist: Callable[[Policy], Freelist]) -> None:
        self._policy = policy
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
        return state

    def set_policy(self, policy: Policy) -> None:
        """Change the policy of all freelists: that of this thread now, those of others at their next use."""
        self._policy = policy
        self.here()

    def stats(self) -> Stats:
        """The counts of all threads, including those that ended, and the number of parked objects.

        Other threads go on meanwhile. Without a GIL, ends of objects are read before takes: every end that is read has
        its take, so that never more objects end than were taken.
        """
        with _counting:
            self._merge_ended()
            outermost, self._is_counting = not self._is_counting, True
            try:
                ends, takes = map(self._ended.add, _read(self._counters))
            finally:
                self._is_counting = not outermost
        counts = dict(zip(COUNTERS, ends, strict=True))
        counts |= {name: takes[COUNTERS.index(name)] for name in ("hits", "misses")}
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
        # An object may be dropped anywhere, so this must not wait. A thread that counts now merges the counts instead.
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
