"""Starts a thread of this package beside those of a program."""

from __future__ import annotations

import _thread
import sys
from collections.abc import Callable
from typing import Any


def start(function: Callable[..., object], *arguments: object) -> None:
    """Start a thread that the module `threading` does not list, and that gets no signals.

    Raises:
        RuntimeError: the system has no thread left, or the interpreter exits.
    """
    _thread.start_new_thread(_run, (function, arguments))


def _run(function: Callable[..., object], arguments: tuple[object, ...]) -> None:
    known: Any = sys.modules.get("_signal")
    if hasattr(known, "pthread_sigmask"):  # a thread of the program may wait for a signal
        known.pthread_sigmask(known.SIG_BLOCK, known.valid_signals())
    function(*arguments)
