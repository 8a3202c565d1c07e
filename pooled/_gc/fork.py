"""Freezes all objects before a fork, so that collections in the child do not write into memory it shares."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Final

from pooled._gc.frozen import Freezer
from pooled._gc.watch import Watch

CLOCK: Final[Callable[[], float]] = time.monotonic

COLLECTING: Final = 0.05
"""The largest share of the time that collections before forks take, after the first."""

GROWTH: Final = 2.0
"""A child process thaws the objects when it has grown by this factor."""


class AtFork:
    """The hooks before a fork, and after it in both processes. They act while `is_wanted`."""

    def __init__(self, freezer: Freezer) -> None:
        self.is_wanted = False
        self._freezer = freezer
        self._is_ours = False
        self._due = 0.0  # the earliest time of the next collection

    def before(self) -> None:
        """Collect garbage, so that it is not frozen in the child; then freeze."""
        if not self.is_wanted or self._freezer.is_frozen or not self._freezer.may_freeze():
            return
        if gc.isenabled() and CLOCK() >= self._due:
            began = CLOCK()
            gc.collect()
            ended = CLOCK()
            self._due = ended + (ended - began) / COLLECTING
        self._is_ours = self._freezer.freeze()

    def in_parent(self) -> None:
        """Thaw the objects: the parent continues as before."""
        if self._is_ours:
            self._is_ours = False
            self._freezer.thaw()

    def in_child(self) -> None:
        """Leave the objects frozen until the child has grown, or calls `gc.collect`."""
        if self._is_ours:
            self._is_ours = False
            Watch(self._freezer, growth=GROWTH, freezes=False).begin()
