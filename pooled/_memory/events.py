"""A queue of events that any thread appends to without waiting, and one thread at a time handles."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from threading import get_ident
from time import sleep
from typing import Any, Final, TypeAlias

from pooled._memory.registry import Registry

Event: TypeAlias = tuple[str, int, list[Any] | None]
"""The name of an event, the bytes of the block, and a list that alone refers to the block, if it was returned."""

_MORE: Final = 1000
"""Events that one call of `settle` handles beyond those that were queued when it began."""

_BACKLOG: Final = 10_000
"""If more events are queued, other threads wait for the one that handles them."""


class EventQueue:
    """Events of one pool of memory.

    A lock cannot be used: a block may be dropped anywhere, also in a signal handler or a finalizer that interrupts the
    holder of the lock. So each thread only appends, and the thread that has the turn handles the queued events. The
    turn is an entry of a dict, because no other way to take it survives an exception from a signal handler at every
    point.

    Args:
        handle: called with each event, in order, by one thread at a time. It must not refer to the pool: that would be
            a reference cycle.
    """

    __slots__ = ("__weakref__", "_events", "_handle", "_turn")

    def __init__(self, handle: Callable[[str, int, list[Any] | None], None]) -> None:
        self._events: Final[deque[Event]] = deque()
        self._turn: Final[dict[str, list[int]]] = {}
        self._handle: Final = handle
        _queues.add(self)

    def append(self, what: str, size: int, memory: list[Any] | None = None) -> None:
        """Queue an event; a later `settle` handles it."""
        self._events.append((what, size, memory))

    def note(self, what: str, size: int, memory: list[Any] | None = None) -> None:
        """Queue an event, and handle the queued events."""
        self.append(what, size, memory)
        self.settle()

    def take_back(self, memory: list[Any]) -> None:
        """Park or free the block in this list, which alone refers to it."""
        self.note("recycled", len(memory[0]), memory)

    def count_lost(self, outcome: str) -> None:
        """Count a block that does not return to the pool, by a name in `Stats`."""
        self.note(outcome, 0)

    def settle(self) -> None:
        """Handle the queued events, unless another thread, or this one further up its stack, does so now.

        Several threads may append faster than one of them handles. So this call handles the queued events and at most
        `_MORE` further ones; threads that find a long queue wait a little.
        """
        mine = [get_ident()]
        left = len(self._events) + _MORE
        while self._events and left > 0:
            try:
                turn = self._turn.setdefault("of", mine)
                if turn is not mine:
                    self._wait_for(turn)
                    return  # the thread that has the turn checks the queue again at its end
                while self._events and left > 0:
                    self._handle(*self._events.popleft())
                    left -= 1
            finally:
                # This block calls nothing: a signal handler could raise after a call, and the turn would never end.
                try:
                    if self._turn["of"] is mine:
                        del self._turn["of"]
                except KeyError:
                    pass

    def forget_turn(self) -> None:
        """Take the turn away from a thread that does not exist in this process, after a fork."""
        self._turn.clear()

    def _wait_for(self, turn: list[int]) -> None:
        """Wait while another thread handles a long queue, up to 10 ms: the thread may have ended."""
        for _ in range(100):
            if len(self._events) < _BACKLOG or turn[0] == get_ident() or self._turn.get("of") is not turn:
                return
            sleep(0.0001)


_queues: Final[Registry[EventQueue]] = Registry()
"""All queues: leases may keep a queue after its pool was freed."""


def _after_fork_in_child() -> None:
    for queue in _queues.all():
        queue.forget_turn()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
