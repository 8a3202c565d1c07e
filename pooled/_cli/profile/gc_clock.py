"""What the cyclic collector does while a program runs under `advise`."""

from __future__ import annotations

import threading
import time
from typing import Final

CLOCK: Final = time.perf_counter


class Collector:
    """Counts what the cyclic collector does and how long it takes.

    Attributes:
        collections: by generation.
        seconds: that they took.
        lost: seconds that went by in collections, and in watching: not what the program's own code took.
        call: seconds that it takes to count a builtin container.
    """

    def __init__(self) -> None:
        self.collections = [0, 0, 0]
        self.seconds = 0.0
        self.lost = 0.0
        self.call = 0.0
        self._thread: int | None = None  # the one that collects now
        self._latest = 0.0  # a thread may be stopped while it stops the clock
        self._stopped = self._others = 0.0  # as it began: the clock, and the time of others

    def is_at_work(self) -> bool:
        """Whether this thread is collecting now: others may run meanwhile, where an object has code that does."""
        return self._thread == threading.get_ident()

    def now(self) -> float:
        """What a clock says that stands still in collections."""
        self._latest = max(self._latest, (CLOCK() if self._thread is None else self._stopped) - self.seconds)
        return self._latest

    def see(self, phase: str, info: dict[str, int]) -> None:
        """One of `gc.callbacks`. What other threads do meanwhile is not the collector's time."""
        if phase == "start":
            self._stopped = CLOCK()
            self._thread = threading.get_ident()
            self._others = _time_of_others()
        else:
            spent = max(0.0, CLOCK() - self._stopped - (_time_of_others() - self._others))
            self.seconds += spent
            self._thread = None
            self.lost += spent
            self.collections[min(info["generation"], 2)] += 1


def _time_of_others() -> float:
    """What the other threads of this process have taken of the processor."""
    return time.process_time() - time.thread_time()
