"""Writes the part of one process, periodically and at its end; a forked child begins its own part."""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from pooled._cli.program import own_thread
from pooled._cli.program.parts import Parts

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two writes. If a process is killed, its counts since the last write are lost."""


class Counts(Protocol):
    """Counts of this process since it began a part."""

    def prepare(self) -> None:
        """Import what the other methods need, before a fork: another thread may import while this one forks."""

    def begin(self) -> None:
        """Count from now on."""

    def part(self, *, at_end: bool) -> Any:
        """The counts as builtin objects. At the end of the process, it may take longer."""


class PartWriter:
    """Writes the parts of this process and of its forked children.

    A separate thread writes periodically. It ends before a fork, because Python warns of a fork with several threads,
    and does not start again: the counts of a process that has forked are written at its next fork, and at its end.

    Args:
        parts: the folder.
        counts: what to write.
        prepare: called before a fork; makes the folder, if there is none.
        first: the process that makes the report, and writes no part; 0 if it is none of these.
    """

    def __init__(
        self, parts: Parts, counts: Counts, prepare: Callable[[], object] = lambda: None, first: int = 0
    ) -> None:
        self._parts, self._prepare, self._first = parts, prepare, first
        self._counts: Counts | None = counts
        self._name: str | None = None
        self._writing = _thread.allocate_lock()
        self._stop: Any = None  # held until the thread has to end
        self._thread = 0  # the system's number of the thread, negative when it has ended
        self._is_over = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_child=self._begin_in_child)

    def begin(self) -> None:
        """Begin a part."""
        self._name, self._thread, self._is_over = None, 0, False
        self._writing = _thread.allocate_lock()
        if self._counts is not None:
            self._counts.begin()
        self._start_thread()

    def begin_with(self, name: str | None) -> None:
        """Begin the part of this name, in a process that has counted nothing yet."""
        self._name = name
        self._start_thread()

    def write(self, *, at_end: bool = True) -> None:
        """Write the part."""
        if os.getpid() == self._first:
            return
        with self._writing:
            counts = self._counts
            if self._is_over or counts is None:
                return
            self._is_over = at_end
            self._name = self._name or self._parts.new_name()
            if self._name is not None:
                part = {"process": os.getpid(), "ended": at_end, "counts": counts.part(at_end=at_end)}
                self._parts.write(self._name, part)

    def end(self) -> None:
        """Write the part of a process that ends, and forget the counts.

        The hooks of forks refer to this object until the end, so the counts would keep the classes of the program
        alive.
        """
        self.write()
        self._counts = None

    def _before_fork(self) -> None:
        counts = self._counts
        if counts is None:
            return
        with suppress(Exception):
            self._prepare()
            counts.prepare()
            if self._stop is not None:
                self._end_thread()
                self.write(at_end=False)

    def _begin_in_child(self) -> None:
        if self._counts is None:
            return
        with suppress(Exception):
            self.begin()

    def _start_thread(self) -> None:
        self._stop = _thread.allocate_lock()
        self._stop.acquire()
        try:
            own_thread.start(self._write_now_and_then, self._stop)
        except RuntimeError:  # the system has no thread left
            self._stop = None

    def _end_thread(self) -> None:
        """End the thread, and wait until it no longer exists for the system."""
        if not self._stop.locked():
            return
        self._stop.release()
        for _ in range(1_000):
            if self._thread < 0 and not os.path.exists(f"/proc/self/task/{-self._thread}"):
                break
            time.sleep(0.0005)

    def _write_now_and_then(self, stop: Any) -> None:
        number = self._thread = _thread.get_native_id()
        pause = _FIRST_PAUSE
        while not stop.acquire(timeout=pause):
            pause = min(pause * 2, _LONGEST_PAUSE)
            with suppress(Exception):
                self.write(at_end=False)
        stop.release()
        self._thread = -number
