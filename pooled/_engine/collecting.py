"""Collecting: whether the cyclic garbage collector is at work on this thread.

What it found it finalizes one by one, in any order. An object that one of the finalizers drops may be among those
whose finalizer comes next, so nothing is recycled meanwhile.
"""

from __future__ import annotations

import gc
from threading import get_ident
from typing import Any, Final

_threads: Final[set[int]] = set()


def is_collecting() -> bool:
    """Whether the collector is at work on this thread."""
    return get_ident() in _threads


def _follow(phase: str, _info: dict[str, Any]) -> None:
    if phase == "start":
        _threads.add(get_ident())
    else:
        _threads.discard(get_ident())


gc.callbacks.append(_follow)
