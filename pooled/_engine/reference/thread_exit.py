"""Threads: which of them are past their end and only take down their thread-local storage."""

from __future__ import annotations

import threading
from threading import get_ident
from typing import Any, Final

_alive: Final[dict[int, Any]] = vars(threading)["_active"]  # what is public asks under a lock, and drops cannot wait
_known: Final[set[int]] = set()


def know_this_thread() -> None:
    """Remember this thread, to tell its end by; one that `threading` did not start cannot be told."""
    if get_ident() in _alive:
        _known.add(get_ident())


def is_ending() -> bool:
    """Whether this thread, known before, is past its end: thread-local storage that it makes now would leak."""
    return get_ident() not in _alive and get_ident() in _known
