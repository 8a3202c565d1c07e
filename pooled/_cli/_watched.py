"""What is counted of the objects of one class while a program runs under `advise`.

All are counted as they are made. Of one in so many, fewer and fewer as there are more, it is seen where it is made, how
long it lives, and where it ends. A class of which there are very many is watched a part of the time only; how many
there were meanwhile is reckoned from that.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Final, TypeAlias

MANY: Final = 20_000
"""From so many on, a class is watched a part of the time."""

RAREST: Final = 63
"""Of so many and one, one is looked after, at last."""

CLOCK: Final = time.perf_counter

Place: TypeAlias = tuple[str, int]
"""A file, and a line of it."""


class Stretch:
    """A part of the time; an object that was seen in it, and outlived it, stands for `factor` of them.

    Attributes:
        alive: how many of them are alive, that were seen.
        factor: 1 while it lasts. What lives no longer than that is seen as it is.
    """

    __slots__ = ("alive", "factor")

    def __init__(self) -> None:
        self.alive = 0
        self.factor = 1.0


class Life:
    """One object that is looked after, from when it was made; it stands for `weight` of those of its stretch."""

    __slots__ = ("began", "stretch", "thread", "weight")

    def __init__(self, weight: int, stretch: Stretch) -> None:
        self.weight = weight
        self.stretch = stretch
        self.thread = threading.get_ident()
        self.began = CLOCK()


class Watched:
    """What is known of the objects of a class.

    Attributes:
        target: the class by name, as configurations have it.
        cls: the class; where a module calls a builtin container, that.
        counted: how many were seen to be made.
        places: where they were made.
        alive: how many there are now, reckoned.
        peak: how many there were at most.
        reused: how many at most would have waited in a pool for those that were made later.
        dropped: how many ended, reckoned, and so are the next two.
        elsewhere: how many of these on another thread than that which made them.
        collected: how many of these were found by the collector.
        lived: seconds that those which ended lived, together.
        making: seconds that it took to make those that were looked after.
        made: how many these were.
        capacities: the sizes that containers had when they ended.
        is_over: whether the program is; nothing is noted any more.
    """

    def __init__(self, target: str, cls: type) -> None:
        self.target, self.cls = target, cls
        self.counted = 0
        self.places: Counter[Place] = Counter()
        self.alive = self.dropped = self.elsewhere = self.collected = 0.0
        self.peak = self.reused = 0
        self.lived = self.making = 0.0
        self.made = 0
        self.capacities: list[int] = []
        self.parts = Parts()
        self.is_over = False
        self._mask = 0
        self._stretch = Stretch()
        self._parked = 0.0  # how many would wait in a pool that never discards, at most so far

    def count(self) -> bool:
        """Count one that is made; whether it is to be looked after."""
        counted = self.counted = self.counted + 1
        return not counted & self._mask

    def begin(self, place: Place) -> Life:
        """Look after one that is made there."""
        weight = self._mask + 1
        if self._mask < RAREST and self.counted >= 1_000 * weight:
            self._mask = self._mask * 2 + 1
        self.places[place] += weight
        stretch = self._stretch
        stretch.alive += weight
        self.alive += weight
        now = int(self.alive) - weight + 1  # this one stands for itself, here
        self.peak = max(self.peak, now)
        self.reused = max(self.reused, int(self._parked) - (self.peak - now))
        return Life(weight, stretch)

    def end(self, life: Life, *, collecting: bool, capacity: int | None = None) -> None:
        """One that was looked after has ended."""
        if self.is_over:  # perhaps so much so that the modules have lost their names
            return
        life.stretch.alive -= life.weight
        weight = life.weight * life.stretch.factor
        self.alive -= weight
        self._parked = max(self._parked, self.peak - self.alive)
        self.dropped += weight
        self.lived += (CLOCK() - life.began) * weight
        if life.thread != threading.get_ident():
            self.elsewhere += weight
        if collecting:
            self.collected += weight
        if capacity is not None and len(self.capacities) < 10_000:
            self.capacities.append(capacity)

    def begin_part(self) -> None:
        """A part of the time begins in which it is watched, after one in which it was not."""
        factor = self.parts.begin(self.counted)
        last, self._stretch = self._stretch, Stretch()
        if factor is not None:
            self.alive += last.alive * (factor - 1.0)
            last.factor = factor

    def over(self) -> None:
        """So is the program."""
        self.parts.over()
        self.is_over = True

    @property
    def built(self) -> int:
        """How many were made, as far as can be told."""
        return max(self.counted, self.parts.reckoned(self.counted))


class Parts:
    """The parts of the time in which a class was watched, since there were very many of it."""

    def __init__(self) -> None:
        self._since: float | None = None  # when the first part began
        self._ended = 0.0  # when the last one did
        self._length = 0.0  # seconds of that which were the program's own
        self._until = 0.0
        self._before = 0  # counted until then
        self._began: float | None = None
        self._own = 0.0  # seconds that the program would have taken for these parts alone

    def begin(self, counted: int) -> float | None:
        """A part begins; the time since the last one began, as a multiple of that. None: there was none."""
        self._began = now = CLOCK()
        if self._since is None:
            self._since, self._before = now, counted
        return 1.0 + (now - self._ended) / self._length if self._length else None

    def end(self, watching: float) -> None:
        """It is over; so many seconds of it went into watching whatever was watched meanwhile."""
        if self._began is not None:
            self._ended = CLOCK()
            seconds = self._ended - self._began
            self._length = max(seconds - watching, seconds / 10)
            self._own += self._length
            self._began = None

    def over(self) -> None:
        """So is the program."""
        self.end(0.0)
        self._until = CLOCK()

    def reckoned(self, counted: int) -> int:
        """How many there were of which so many were counted."""
        if self._since is None or not self._own:
            return counted
        return self._before + int((counted - self._before) * max(1.0, (self._until - self._since) / self._own))
