"""A thread that calls a function periodically, and that neither forks nor programs can detect."""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pooled._engine.unraisable import report

PATIENCE: Final = 1.0
"""Seconds that a fork, or the exit of the process, waits for the thread to end."""

FORK_COUNTS_LATE: Final = (3, 13) <= sys.version_info < (3, 14, 8)
"""Whether `os.fork` warns of threads that run when its hooks have run in the parent, instead of before."""


class _Worker:
    """One run of the thread."""

    __slots__ = ("ended", "ends", "ident", "task")

    def __init__(self) -> None:
        self.ends = False  # whether it has to end
        self.ended = _thread.allocate_lock()  # held until it does
        self.ended.acquire()
        self.ident: int | None = None
        self.task: int | None = None  # its number in the system

    def is_current(self) -> bool:
        """Whether it is the calling thread."""
        return self.ident == _thread.get_ident()

    def wait(self) -> bool:
        """Wait until the thread has ended and the system no longer counts it; return whether it has."""
        if not self.ended.acquire(timeout=PATIENCE):
            return False
        for _ in range(1000):
            if not os.path.exists(f"/proc/self/task/{self.task}"):  # noqa: PTH110 (most programs need no pathlib)
                break
            time.sleep(0.0001)
        return True


class Background:
    """Calls a function on a separate thread, as long as another function returns the seconds until the next call.

    The module `threading` does not list the thread, because unchanged programs may print their threads. It ends before
    each fork: Python warns of a fork in a process with several threads, and the child could wait for a lock that the
    thread holds. It starts again after the fork; if Python counts the threads only after that, it starts with the next
    collection.

    All methods may be called anywhere, also by a signal handler or the collector while another method runs.
    """

    def __init__(self, work: Callable[[], object], pause: Callable[[], float | None]) -> None:
        self._work = work
        self._pause = pause
        self._is_over = False
        self._reset()

    def _reset(self) -> None:
        """Set the state in which there is no thread, as at the start and in the child of a fork."""
        self.is_suspended = False
        """Whether the thread has to start again, because a fork has ended it."""
        self._is_forking = False
        self._worker: _Worker | None = None
        self._starting = _thread.allocate_lock()
        self._bell = _thread.allocate_lock()  # released to call the function now
        self._bell.acquire()

    def wake(self) -> None:
        """Call the function now, and then regularly."""
        self._ring()
        if self._is_forking:
            self.is_suspended = True
        elif self._worker is None and not self._is_over and self._starting.acquire(blocking=False):
            try:
                self._start()
            finally:
                self._starting.release()

    def end(self) -> None:
        """End the thread, and start none any more."""
        self._is_over = True
        self._stop()

    def before_fork(self) -> None:
        """End the thread until the fork is over."""
        self._is_forking = True
        self._stop()

    def after_fork(self) -> None:
        """Start the thread again in the parent, unless Python would warn of it."""
        self._is_forking = False
        if self.is_suspended and (not FORK_COUNTS_LATE or threading.active_count() > 1):
            self.wake()

    def after_fork_in_child(self) -> None:
        """Start a thread in the child, if the parent has one."""
        had_one = self.is_suspended or self._worker is not None
        self._reset()
        if had_one:
            self.wake()

    def _ring(self) -> None:
        with suppress(RuntimeError):  # it is released already
            self._bell.release()

    def _start(self) -> None:
        if self._worker is None:
            self.is_suspended = False
            self._worker = worker = _Worker()
            try:
                _thread.start_new_thread(self._run, (worker,))
            except RuntimeError:  # no thread can be started; the next call tries again
                self._worker = None

    def _stop(self) -> None:
        worker = self._worker
        if worker is not None and not worker.is_current():
            worker.ends = True
            self._ring()
            worker.wait()

    def _run(self, worker: _Worker) -> None:
        worker.ident, worker.task = _thread.get_ident(), _thread.get_native_id()
        try:
            self._go_on(worker)
        finally:
            worker.ended.release()

    def _go_on(self, worker: _Worker) -> None:
        while self._worker is worker:
            self._bell.acquire(blocking=False)
            if worker.ends:
                self.is_suspended, self._worker = True, None
                return
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 (finalizers of the freed objects may raise anything)
                report(error, "while pools were trimmed")
            pause = self._pause()
            if pause is None:
                self._retire()
            else:
                self._bell.acquire(timeout=pause)

    def _retire(self) -> None:
        """Let the thread end, unless there is something to do for it again."""
        with self._starting:
            if self._bell.locked() and self._pause() is None:
                self._worker = None
        if not self._bell.locked():
            self.wake()
