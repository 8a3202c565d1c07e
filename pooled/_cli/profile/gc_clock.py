"""A clock that stops during garbage collections, and the count and duration of these."""

from __future__ import annotations

import gc
import threading
import time
from typing import Final

from pooled._cli.profile.native_counter import set_collecting

CLOCK: Final = time.perf_counter


class GcClock:
    """Counts and times garbage collections; `on_gc` is one of `gc.callbacks`. It may miss a start or an end.

    Attributes:
        collections: the number of collections, by generation.
        seconds: the time spent in collections.
        processor_seconds: the processor time spent in collections.
        excluded: the seconds spent in collections and in profiling. The program's own code did not take this time.
        threshold_before: the threshold at the beginning.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Count and time from now on."""
        self.collections = [0, 0, 0]
        self.seconds = self.processor_seconds = 0.0
        self.excluded = 0.0
        self.threshold_before = gc.get_threshold()
        self._thread: int | None = None  # the thread that runs a collection now
        self._latest = 0.0  # the last result of `now`: the clock never goes back
        # At the start of a collection: the time, and the processor time of this thread and of the others.
        self._started = self._own = self._others = 0.0

    def is_collecting_here(self) -> bool:
        """Whether this thread runs a collection now. Other threads may run, too, while a finalizer does."""
        return self._thread == threading.get_ident()

    def now(self) -> float:
        """The time in seconds, without the time spent in collections."""
        # `on_gc` changes the fields below one by one, and this thread may run between two changes.
        self._latest = max(self._latest, (CLOCK() if self._thread is None else self._started) - self.seconds)
        return self._latest

    def on_gc(self, phase: str, info: dict[str, int]) -> None:
        """Start or stop the timing of a collection. Subtract the time that other threads ran meanwhile."""
        if phase == "start":
            self._started = CLOCK()
            self._thread = threading.get_ident()
            self._own = time.thread_time()
            self._others = time.process_time() - self._own
            set_collecting(True)
        elif self._thread is not None:
            set_collecting(False)
            own = time.thread_time()
            others = time.process_time() - own - self._others
            spent = max(0.0, CLOCK() - self._started - others)
            self.processor_seconds += own - self._own
            self.seconds += spent
            self._thread = None
            self.excluded += spent
            self.collections[min(info["generation"], 2)] += 1
