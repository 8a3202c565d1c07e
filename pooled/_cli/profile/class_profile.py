"""What is counted of the objects of one class while a program runs under `advise`.

All are counted as they are made. Of one in so many, fewer and fewer as there are more, it is seen where it is made, how
long it lives, and where it ends. A class of which there are very many is watched a part of the time only; how many
there were meanwhile is reckoned from that.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final, TypeAlias

from pooled._cli.profile.gc_clock import CLOCK, Collector

MANY: Final = 20_000
"""From so many on, a class is watched a part of the time."""

SHORTEST: Final = 1e-4
"""From a part of fewer seconds nothing is reckoned: it was all collections, perhaps."""

RAREST: Final = 63
"""Of so many and one, one is looked after, at last."""

Place: TypeAlias = tuple[str, int]
"""A file, and a line of it."""


class Stretch:
    """A part of the time in which a class was watched, and the one after it, in which it was not.

    Its clock stands still in collections.

    Attributes:
        alive: how many are alive of those that were seen in it.
        factor: how many each of them stands for, for those that were not seen; 1 until the next part begins.
        before: how many had been counted when it began.
        first: how many were made in it while as many lived as never before.
    """

    __slots__ = ("_length", "_over", "alive", "before", "factor", "first")

    def __init__(self, counted: int) -> None:
        self.alive = self.first = 0
        self.factor = 1.0
        self.before = counted
        self._over: float | None = None
        self._length = 0.0

    def end(self, now: float, seconds: float) -> None:
        """It was watched for so many seconds of the program's own, and is no more."""
        self._over, self._length = now, seconds

    def unseen(self, now: float) -> float:
        """How long it has not been watched since, as a multiple of the time in which it was."""
        if self._over is None or self._length < SHORTEST:
            return 0.0
        return (now - self._over) / self._length


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
        collector: what the collector does meanwhile.
        counted: how many were seen to be made.
        places: where they were made.
        alive: how many there are now, reckoned.
        peak: how many there were at most.
        first: how many were made while as many lived as never before, reckoned: no pool could serve these.
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

    def __init__(self, target: str, cls: type, collector: Collector) -> None:
        self.target, self.cls, self.collector = target, cls, collector
        self.counted = 0
        self.places: Counter[Place] = Counter()
        self.alive = self.dropped = self.elsewhere = self.collected = self.first = 0.0
        self.peak = self.reused = 0
        self.lived = self.making = 0.0
        self.made = 0
        self.capacities: list[int] = []
        self.is_over = False
        self._mask = 0
        self._stretch = Stretch(0)
        self._began: float | None = None  # when a part of the time began in which it is watched
        self._not_counted = 0.0
        self._parked = 0  # how many would wait in a pool that never discards, at most so far

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
        if now > self.peak:
            stretch.first += now - self.peak
            self.first += now - self.peak
            self.peak = now
        self.reused = max(self.reused, self._parked - (self.peak - now))
        return Life(weight, stretch)

    def end(self, life: Life, *, collecting: bool, capacity: int | None = None) -> None:
        """One that was looked after has ended."""
        if self.is_over:  # perhaps so much so that the modules have lost their names
            return
        unseen = self._stretch.unseen(self.collector.now())
        if unseen:  # of the others, those that were not seen are as many as those that were; this one is itself
            others = self._stretch.alive - (life.weight if life.stretch is self._stretch else 0)
            self.peak = max(self.peak, int(self.alive) - life.weight + 1 + int(others * unseen))
        life.stretch.alive -= life.weight
        weight = life.weight * life.stretch.factor
        self.alive -= weight
        self._parked = max(self._parked, self.peak - int(self.alive + self._stretch.alive * unseen))
        self.dropped += weight
        self.lived += (CLOCK() - life.began) * weight
        if life.thread != threading.get_ident():
            self.elsewhere += weight
        if collecting:
            self.collected += weight
        if capacity is not None and len(self.capacities) < 10_000:
            self.capacities.append(capacity)

    def begin_part(self) -> None:
        """A part of the time begins in which it is watched; it may have been watched all the time until then."""
        self._began = now = self.collector.now()
        last, self._stretch = self._stretch, Stretch(self.counted)
        unseen = last.unseen(now)
        self._reckon(last, unseen)
        self.alive += last.alive * unseen
        self.peak = max(self.peak, int(self.alive) - self._mask)
        last.factor += unseen

    def end_part(self, watching: float) -> None:
        """It is over; so many seconds of it went into watching whatever was watched meanwhile."""
        if self._began is not None:
            now = self.collector.now()
            seconds = now - self._began
            self._stretch.end(now, max(seconds - watching, seconds / 10))
            self._began = None

    def over(self) -> None:
        """So is the program."""
        self._reckon(self._stretch, self._stretch.unseen(self.collector.now()))
        self.is_over = True

    def _reckon(self, stretch: Stretch, unseen: float) -> None:
        """A stretch is over, and so much of it was not seen."""
        self._not_counted += (self.counted - stretch.before) * unseen
        self.first += stretch.first * unseen

    @property
    def built(self) -> int:
        """How many were made, as far as can be told."""
        return max(self.counted + int(self._not_counted), self.peak)
