"""Freezes the objects that are alive, so that collections skip them, and thaws them.

Python thaws all frozen objects at once. So nothing is thawed if the program has frozen objects itself.
"""

from __future__ import annotations

import atexit
import gc
import sys
import time
from collections.abc import Callable
from typing import Any, Final

CLOCK: Final[Callable[[], float]] = time.monotonic

_FEW: Final = 1_000
"""Python itself freezes at most this many objects: 375 before a program on 3.12. A program that freezes objects has
more.
"""


class Freezer:
    """The objects that this package froze.

    Two lists show whether the program froze or thawed objects meanwhile. One was made before the freeze and has to be
    frozen; the other was made after it and must not be frozen. `gc.get_referrers` skips frozen objects, and so tells
    which lists are frozen.

    There is no lock, because the callbacks of the collector may run at any moment. If two threads freeze and thaw at
    the same time, objects can stay unfrozen; nothing is frozen after that.
    """

    def __init__(self) -> None:
        self.is_frozen = False
        self._is_over = False
        self._inside: list[object] = []
        self._outside: list[object] = []
        self._blocks, self._latest, self._moment = 0, 0, 0.0

    def may_freeze(self) -> bool:
        """Whether the program has frozen no objects itself."""
        return not self._is_over and gc.get_freeze_count() <= _FEW

    def freeze(self) -> bool:
        """Freeze all objects that are alive. Return whether this was done: not if the program froze some before."""
        if self.is_frozen:
            return True
        if not self.may_freeze():
            return False
        self._inside = [object()]
        self._blocks, self._moment = sys.getallocatedblocks(), CLOCK()
        self._freeze_rest()
        self.is_frozen = True
        return True

    def freeze_more(self) -> None:
        """Also freeze the objects made since then. The time of the thaw depends on the first freeze alone."""
        if self._is_ours():
            self._freeze_rest()

    def thaw(self) -> None:
        """Thaw the objects. If the program froze or thawed some itself, leave them to it from now on."""
        if self._is_ours():
            self.is_frozen = False
            gc.unfreeze()

    @property
    def seconds(self) -> float:
        """The time since the first freeze."""
        return CLOCK() - self._moment

    def has_grown(self, growth: float) -> bool:
        """Whether the process has grown by this factor since the first freeze."""
        return sys.getallocatedblocks() > growth * self._blocks > 0

    def has_grown_lately(self, growth: float) -> bool:
        """Whether the process has grown by this factor since the latest freeze."""
        return sys.getallocatedblocks() > growth * self._latest > 0

    def _freeze_rest(self) -> None:
        self._latest = sys.getallocatedblocks()
        gc.freeze()
        self._outside = [object()]

    def _is_ours(self) -> bool:
        """Whether exactly the objects that this package froze are frozen. If not, it freezes and thaws no more."""
        if self.is_frozen and not (_is_visible(self._outside) and not _is_visible(self._inside)):
            self.is_frozen, self._is_over = False, True
        return self.is_frozen


def _is_visible(container: list[Any]) -> bool:
    """Whether a list is not frozen."""
    try:
        return any(each is container for each in gc.get_referrers(container[0]))
    except Exception:  # noqa: BLE001 (an audit hook may raise)
        return False


freezer: Final = Freezer()

atexit.register(freezer.thaw)  # Python collects all objects at exit, and calls their __del__


def freeze() -> int:
    """Collect garbage, then freeze all objects that are alive: collections skip them from now on.

    Call it once the program has loaded what it keeps; call it again after it has loaded more or dropped much. Each call
    thaws the objects that the previous one froze, collects, and freezes again. Frozen objects are freed as usual when
    their last reference is dropped. Frozen objects in a garbage cycle are freed by the next call, by a collection after
    `gc.unfreeze()`, or under the rules of `configure(gc={"freeze": "steady"})`. Objects that the program froze by
    `gc.freeze()` stay frozen.

    Returns:
        The number of frozen objects.
    """
    freezer.thaw()
    gc.collect()
    if not freezer.freeze():
        gc.freeze()
    return gc.get_freeze_count()
