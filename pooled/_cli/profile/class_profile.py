"""The profile of one class: the counts and estimates of its objects while a program runs under `advise`.

Every construction is counted. A sample of the objects, which gets sparser as their number grows, is also followed:
where each was created, how long it lived, and where it died.

The native engine computes the numbers of the program's classes. Those of builtin containers are computed here. If a
module creates very many of them, they are profiled only in short windows, and the counts for the pauses between the
windows are extrapolated.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from pooled._cli.profile.gc_clock import CLOCK, GcClock
from pooled._cli.profile.places import Place

MANY: Final = 20_000
"""A builtin container of which a module has constructed this many is profiled in windows only."""

_SHORTEST_WINDOW: Final = 1e-4
"""Nothing is extrapolated from a shorter window, in seconds: collections may have filled it."""

_LAST_MASK: Final = 63
"""The sparsest sample is one object in `_LAST_MASK + 1`."""

_MAX_CAPACITIES: Final = 10_000
"""The number of sizes of containers that a profile keeps."""

SUMS: Final = ("counted", "alive", "at_peak", "dropped", "elsewhere", "collected", "lived", "making", "timed")
"""The attributes of a profile that add up over processes. Each process has a pool of its own, so `peak` does not."""


class Window:
    """A period in which a class was profiled, and the pause after it. Its clock stops in collections.

    Attributes:
        alive: the number of objects alive, of those constructed in it.
        factor: the number of objects that each of them stands for; 1 until the next window opens.
        before: the number of objects counted before it opened.
        at_peak: the number of objects whose construction raised the peak.
    """

    __slots__ = ("_closed", "_seconds", "alive", "at_peak", "before", "factor")

    def __init__(self, counted: int) -> None:
        self.alive = self.at_peak = 0
        self.factor = 1.0
        self.before = counted
        self._closed: float | None = None
        self._seconds = 0.0

    def close(self, now: float, seconds: float) -> None:
        """Close it after the program ran for this long in it."""
        self._closed, self._seconds = now, seconds

    def paused(self, now: float) -> float:
        """The duration of the pause so far, as a multiple of the duration of the window."""
        if self._closed is None or self._seconds < _SHORTEST_WINDOW:
            return 0.0
        return (now - self._closed) / self._seconds


class Sample:
    """One followed object of a profile. It stands for `weight` objects of its window."""

    __slots__ = ("created", "profile", "thread", "weight", "window")

    def __init__(self, profile: ClassProfile, weight: int, window: Window) -> None:
        self.profile = profile
        self.weight = weight
        self.window = window
        self.thread = threading.get_ident()
        self.created = CLOCK()


class ClassProfile:
    """The counts and estimates of the objects of one class.

    Attributes:
        target: the class by name, as in a configuration file.
        cls: the class; the builtin one, where a module calls a builtin container; None if only other processes have it.
        refusal: why it cannot be poolable, if another process found that.
        slow_construction: why a pool does not construct its objects faster, if another process found that.
        clock: times the collections.
        counted: the number of constructions counted.
        places: the number of constructions by place, estimated from the samples.
        alive: the number of objects alive now, estimated.
        peak: the largest number of objects alive at once, estimated.
        at_peak: the number of objects whose construction raised the peak, estimated. No pool could have served these.
        dropped: the number of objects that died, estimated.
        elsewhere: how many of these died on another thread than the one that created them.
        collected: how many of these a garbage collection freed.
        lived: the total lifetime of these in seconds.
        making: the total duration of the timed constructions in seconds.
        timed: the number of timed constructions.
        capacities: the sizes that containers had when they died.
        is_finished: whether the program has ended. The profile records nothing after that.
    """

    def __init__(self, target: str, cls: type | None, clock: GcClock) -> None:
        self.target, self.cls, self.clock = target, cls, clock
        self.refusal: str | None = None
        self.slow_construction: str | None = None
        self.counted = 0
        self.places: Counter[Place] = Counter()
        self.alive = self.dropped = self.elsewhere = self.collected = self.at_peak = 0.0
        self.peak = 0
        self.lived = self.making = 0.0
        self.timed = 0
        self.capacities: list[int] = []
        self.is_finished = False
        self._mask = 0
        self._window = Window(0)
        self._opened = 0.0  # when the current window opened
        self._not_counted = 0.0

    def count(self) -> bool:
        """Count a construction. Return whether to sample the object."""
        counted = self.counted = self.counted + 1
        return not counted & self._mask

    def sample(self, place: Place | None) -> Sample:
        """Start to follow an object that is constructed at this place, if it is known."""
        weight = self._mask + 1
        if self._mask < _LAST_MASK and self.counted >= 1_000 * weight:
            self._mask = self._mask * 2 + 1
        if place is not None:
            self.places[place] += weight
        window = self._window
        window.alive += weight
        self.alive += weight
        now = int(self.alive) - weight + 1  # the object itself, not the ones that it stands for
        if now > self.peak:
            window.at_peak += now - self.peak
            self.at_peak += now - self.peak
            self.peak = now
        return Sample(self, weight, window)

    def record_death(self, sample: Sample, *, collecting: bool, capacity: int | None = None) -> None:
        """Record that a sampled object died: whether in a collection, and its size, if it is a container."""
        if self.is_finished:  # the interpreter may have cleared the globals of this module
            return
        paused = self._window.paused(self.clock.now())
        if paused:  # `paused` times as many objects were constructed in the pause as in the window
            others = self._window.alive - (sample.weight if sample.window is self._window else 0)
            self.peak = max(self.peak, int(self.alive) - sample.weight + 1 + int(others * paused))
        sample.window.alive -= sample.weight
        weight = sample.weight * sample.window.factor
        self.alive -= weight
        self.dropped += weight
        self.lived += (CLOCK() - sample.created) * weight
        if sample.thread != threading.get_ident():
            self.elsewhere += weight
        if collecting:
            self.collected += weight
        if capacity is not None and len(self.capacities) < _MAX_CAPACITIES:
            self.capacities.append(capacity)

    def open_window(self) -> None:
        """Open a window. The class may have been profiled without a break until now."""
        self._opened = now = self.clock.now()
        last, self._window = self._window, Window(self.counted)
        paused = last.paused(now)
        self._extrapolate(last, paused)
        self.alive += last.alive * paused
        self.peak = max(self.peak, int(self.alive) - self._mask)
        last.factor += paused

    def close_window(self, profiling: float) -> None:
        """Close the window, of which profiling took this many seconds."""
        now = self.clock.now()
        seconds = now - self._opened
        self._window.close(now, max(seconds - profiling, seconds / 10))

    def finish(self) -> None:
        """End the profile with the program."""
        self._extrapolate(self._window, self._window.paused(self.clock.now()))
        self.is_finished = True

    def _extrapolate(self, window: Window, paused: float) -> None:
        """Add the constructions in the pause after a window."""
        self._not_counted += (self.counted - window.before) * paused
        self.at_peak += window.at_peak * paused

    @property
    def made(self) -> int:
        """The number of objects constructed, estimated."""
        return max(self.counted + int(self._not_counted), self.peak)

    def add(self, other: Mapping[str, Any]) -> None:
        """Add the results of another process, by the names of the attributes."""
        self._not_counted += other["made"] - other["counted"]
        for name in SUMS:
            setattr(self, name, getattr(self, name) + other[name])
        self.peak = max(self.peak, other["peak"])
        self.refusal = self.refusal or other["refusal"]
        self.slow_construction = self.slow_construction or other["slow_construction"]
        self.capacities += other["capacities"][: _MAX_CAPACITIES - len(self.capacities)]
        for file, line, count in other["places"]:
            self.places[file, line] += count
