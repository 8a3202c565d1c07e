"""Thaws frozen objects in time to free frozen garbage, and freezes objects that a full collection left."""

from __future__ import annotations

import atexit
import gc
import math
import sys
from contextlib import suppress
from typing import Final

from pooled._gc.frozen import Freezer

LITTLE: Final = 0.05
"""If a full collection freed a smaller share of the objects that it visited, the remaining ones are worth freezing."""

MORE: Final = 1.02
"""When the process has grown by this factor since the latest freeze, objects that a full collection left are frozen,
too.
"""

_FREE_THREADED: Final = "free-threading build" in sys.version

_INCREMENTAL: Final = not _FREE_THREADED and (3, 14) <= sys.version_info < (3, 14, 5)
"""Whether the collector works in steps: no collection is a full one unless the program calls `gc.collect`."""


class Watch:
    """A callback for `gc.callbacks`. It is called at each collection, and acts at full ones.

    Args:
        freezer: freezes and thaws.
        growth: the factor by which the process may grow before the objects are thawed.
        seconds: the time after which they are thawed.
        freezes: whether to freeze the objects that a full collection left, if it freed little. Otherwise, the watch
            ends when it thaws.
    """

    def __init__(self, freezer: Freezer, *, growth: float, seconds: float = math.inf, freezes: bool) -> None:
        self._freezer = freezer
        self._growth, self._seconds = growth, seconds
        self._freezes = freezes
        self._least = 0 if _FREE_THREADED else 1 if _INCREMENTAL else 2

    def begin(self) -> None:
        """Watch from now on."""
        if self not in _watches:
            gc.callbacks.append(self)
            _watches.append(self)

    def end(self) -> None:
        """Stop watching. Frozen objects stay frozen."""
        if self in _watches:
            _watches.remove(self)
            with suppress(ValueError):  # the program may have removed it
                gc.callbacks.remove(self)

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        generation = info["generation"]
        if generation < self._least:
            return
        freezer = self._freezer
        if phase == "start":
            if freezer.is_frozen and (_is_asked_for(generation) or freezer.seconds >= self._seconds):
                freezer.thaw()
        elif freezer.is_frozen and freezer.has_grown(self._growth):  # now, when garbage hardly counts
            freezer.thaw()
        elif self._freezes:
            if generation == 2 or _FREE_THREADED:
                self._freeze(info["collected"])
        elif not freezer.is_frozen:
            self.end()

    def _freeze(self, collected: int) -> None:
        """Freeze the objects that a full collection left, unless it freed many or there are few to freeze."""
        # Check the blocks first: counting objects takes a tenth of the time of a collection, and each object has a
        # block.
        blocks = sys.getallocatedblocks()  # 0 with PYTHONMALLOC=malloc
        if blocks and collected >= LITTLE * (blocks + collected):
            return
        if self._freezer.is_frozen:
            if self._freezer.has_grown_lately(MORE):
                self._freezer.freeze_more()
        elif self._freezer.freeze() and collected >= LITTLE * (gc.get_freeze_count() + collected):
            self._freezer.thaw()


def _is_asked_for(generation: int) -> bool:
    """Whether the program called `gc.collect`, which has to find all garbage."""
    if _FREE_THREADED or _INCREMENTAL:
        return generation == 2
    allocated, threshold = gc.get_count()[0], gc.get_threshold()[0]
    return not (gc.isenabled() and allocated > threshold > 0)


_watches: Final[list[Watch]] = []


@atexit.register
def _end_all() -> None:
    """Stop at exit: Python still runs collections while it clears the globals of modules."""
    for each in _watches.copy():
        each.end()
