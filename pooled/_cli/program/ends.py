"""Runs a function at the end of a process: at exit, SIGTERM and `os._exit`."""

from __future__ import annotations

import _thread
import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Final, NoReturn

_SIGTERM: Final = 15
_DEFAULT: Final = 0
"""`signal.SIG_DFL`. The module `signal` takes long to import."""

_TERMINATED: Final = 128 + _SIGTERM
"""The exit status of a process that SIGTERM ended, as a shell has it."""

_LONGEST: Final = 20.0
"""Seconds that a process waits before SIGTERM ends it: the interrupted code may hold a lock."""


def catch_sigterm(handler: Callable[..., object]) -> None:
    """Catch SIGTERM where it has its default action; a program that catches it ends in another way."""
    known: Any = sys.modules.get("_signal")
    if known is None or os.name != "posix" or known.getsignal(_SIGTERM) != _DEFAULT:
        return
    with suppress(ValueError):  # this is not the main thread
        known.signal(_SIGTERM, handler)


class Ends:
    """Calls `at_end` once in this process, and in each forked child.

    `at_end` is called with the exit status if the process ends at once, without flushing its streams; else with None.
    `at_exit` has a function called when the process exits, after those that the program will register with `atexit`.
    `at_sigterm` has one called when SIGTERM would end the process.
    """

    def __init__(
        self,
        at_end: Callable[[int | None], object],
        at_exit: Callable[[Any], object] = atexit.register,
        at_sigterm: Callable[[Any], object] = catch_sigterm,
    ) -> None:
        self._at_end = at_end
        self._process: int | None = None  # the one that has called it
        self._is_in_call = False
        at_exit(self._end)
        self._catch_exit()
        at_sigterm(self._on_sigterm)

    def _end(self, status: int | None = None) -> None:
        """Call the function, unless this process did."""
        process = os.getpid()
        if self._process != process:
            self._process, self._is_in_call = process, True
            try:
                self._at_end(status)
            finally:
                self._is_in_call = False

    def _catch_exit(self) -> None:
        original = os._exit

        @wraps(original)
        def _exit(status: int) -> NoReturn:
            with suppress(Exception):
                self._end(status)
            original(status)

        del _exit.__wrapped__
        modules: tuple[Any, ...] = (os, sys.modules[original.__module__])
        for module in modules:
            module._exit = _exit

    def _on_sigterm(self, *_: object) -> None:
        if self._is_in_call and self._process == os.getpid():
            return  # the process ends as soon as the function, which this signal may interrupt, returns
        over = _thread.allocate_lock()
        over.acquire()

        def end() -> None:
            try:
                self._end(_TERMINATED)
            finally:
                over.release()

        with suppress(RuntimeError):  # no thread can be started
            _thread.start_new_thread(end, ())
            over.acquire(timeout=_LONGEST)
        known: Any = sys.modules["_signal"]
        known.signal(_SIGTERM, _DEFAULT)
        os.kill(os.getpid(), _SIGTERM)
