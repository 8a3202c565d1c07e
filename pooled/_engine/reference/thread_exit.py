"""Whether the current thread has ended and only frees its thread-local storage."""

from __future__ import annotations

import threading
from threading import get_ident
from typing import Any, Final

_alive: Final[dict[int, Any]] = vars(threading)[
    "_active"
]  # the public functions wait for a lock, but an object may be dropped anywhere
_known: Final[set[int]] = set()


def know_this_thread() -> None:
    """Remember this thread, to detect its end. Only a thread that `threading` started can be detected."""
    if get_ident() in _alive:
        _known.add(get_ident())


def is_ending() -> bool:
    """Whether this thread, remembered before, has ended. Thread-local storage that it makes now would leak."""
    return get_ident() not in _alive and get_ident() in _known
