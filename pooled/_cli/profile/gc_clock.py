"""A clock that stops during garbage collections, and the count and duration of these."""

from __future__ import annotations

import threading
import time
from typing import Final

from pooled._cli.profile.native_counter import set_collecting

CLOCK: Final = time.perf_counter


class GcClock:
    """Counts and times garbage collections; `on_gc` is one of `gc.callbacks`.

    Attributes:
        collections: the number of collections, by generation.
        seconds: the time spent in collections.
        excluded: the seconds spent in collections and in profiling. The program's own code did not take this time.
    """

    def __init__(self) -> None:
        self.collections = [0, 0, 0]
        self.seconds = 0.0
        self.excluded = 0.0
        self._thread: int | None = None  # the thread that runs a collection now
        self._latest = 0.0  # the last result of `now`: the clock never goes back
        self._started = self._others = 0.0  # at the start of a collection: the time, and that of the other threads

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
            self._others = _seconds_of_other_threads()
            set_collecting(True)
        else:
            set_collecting(False)
            spent = max(0.0, CLOCK() - self._started - (_seconds_of_other_threads() - self._others))
            self.seconds += spent
            self._thread = None
            self.excluded += spent
            self.collections[min(info["generation"], 2)] += 1


def _seconds_of_other_threads() -> float:
    """The processor time that all other threads of this process have used."""
    return time.process_time() - time.thread_time()
