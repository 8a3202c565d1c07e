"""Freelists: the parked objects of a pool, or of one thread of a local pool."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from pooled._engine.reference.proxy import Holder, release
from pooled._policy import AUTO, Policy

NOTHING: Final = object()
"""The result of `Freelist.pop` if the freelist is empty."""


class Freelist:
    """A stack of parked objects that never holds more than its bound, whichever threads use it.

    A bounded deque needs no lock: if two threads both see room for one object, the second one evicts the oldest.
    """

    __slots__ = ("_credit", "_depth", "_low", "_objects", "bound", "policy")

    def __init__(self, policy: Policy) -> None:
        self._low = 0  # the least length since the last trim: this many objects were not used
        self._depth = self._credit = 0  # with max="auto": the current room; arrivals that may make room
        self._objects: deque[Any] = deque(maxlen=min(policy.most, sys.maxsize))
        self.policy = policy
        self.bound = sys.maxsize  # with max="auto": the most objects that the budget allows

    def __len__(self) -> int:
        return len(self._objects)

    def __bool__(self) -> bool:
        return True  # an empty freelist is a freelist

    def has_room(self) -> bool:
        """Whether one more object may be parked. With max="auto", a miss has made room for it."""
        count, most = len(self._objects), self._objects.maxlen
        if count >= most:  # type: ignore[operator] # it has a maxlen
            return False
        if self.policy.max != AUTO:
            return True
        if count < self._depth or count >= self.bound:
            return count < self.bound
        grows = self._credit > 0
        self._credit, self._depth = self._credit - grows, self._depth + grows
        return grows

    @property
    def depth(self) -> int:
        """With max="auto", for how many objects there is room now."""
        return min(self._depth, self.bound)

    def expect(self, count: int) -> None:
        """With max="auto", make room for this many more objects."""
        self._credit += count

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
        if self.policy.max != AUTO:
            return self.discard_oldest((unused + 1) // 2)
        self._depth -= unused
        return self.discard_oldest(unused)

    def weigh(self, limit: int, size_of: Callable[[Any], int]) -> tuple[int, int]:
        """Measure up to `limit` of the oldest objects; return the sum, and their number.

        They are removed meanwhile, because an object that another thread takes must have no other reference.
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
        if self.policy.max == AUTO:
            self._credit += self._depth - len(old)
        self.policy = policy
        self._depth = len(old)
        if bound != old.maxlen:
            self._objects = deque(maxlen=bound)
            while len(self._objects) < bound and old:
                self._objects.appendleft(old.pop())
        self._low = min(self._low, len(self._objects))
