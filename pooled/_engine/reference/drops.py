"""Drops in progress on each thread: how deep they are nested, and which wait for the outermost one."""

from __future__ import annotations

import os
from collections import deque
from threading import get_ident
from typing import Final, Protocol

from pooled._engine.reference.proxy import Held

MAX_DEPTH: Final = 10
"""The most nested drops; deeper ones wait until the outermost one ends.

It is well below the 50 nested deallocations at which CPython (up to 3.13) starts to delay the end of some temporary
objects, which then keep what they refer to alive for longer than expected.
"""


class Recycles(Protocol):
    """A store, as far as this module uses it."""

    def _recycle(self, held: Held, outcome: str | None, /) -> None:
        """Recycle or free the object of `held`."""


class Drops:
    """The drops in progress on one thread.

    Attributes:
        depth: how many are nested.
        waiting: those that wait: the store, the object, and the outcome, by its name in `Stats`, if it is known.
    """

    __slots__ = ("depth", "waiting")

    def __init__(self) -> None:
        self.depth = 0
        self.waiting: deque[tuple[Recycles, Held, str | None]] = deque()

    def recycle_waiting(self) -> None:
        """Recycle those that wait, if this is the outermost drop."""
        while self.depth == 1 and self.waiting:
            store, held, outcome = self.waiting.popleft()
            store._recycle(held, outcome)


_by_thread: Final[dict[int, Drops]] = {}
"""By thread identifier, which Python reuses when a thread ends. Thread-local storage would not do: objects are also
dropped while Python frees that storage."""


def drops_here() -> Drops:
    """The drops in progress on this thread."""
    thread = get_ident()
    drops = _by_thread.get(thread)
    if drops is None:
        drops = _by_thread[thread] = Drops()
    return drops


def _forget_other_threads() -> None:
    mine = _by_thread.get(get_ident())
    _by_thread.clear()
    if mine is not None:
        _by_thread[get_ident()] = mine


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)  # those threads do not exist in the child
