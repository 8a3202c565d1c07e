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


def _follow(phase: str, _info: dict[str, Any], threads: set[int] = _threads, ident: Any = get_ident) -> None:
    # The parameters are there still when the interpreter ends and this module has lost its names.
    if phase == "start":
        threads.add(ident())
    else:
        threads.discard(ident())


gc.callbacks.append(_follow)
