"""Whether the cyclic garbage collector runs on this thread.

The collector finalizes the objects that it found one by one, in any order. A finalizer may drop an object whose own
finalizer runs later, so nothing is recycled during a collection.
"""

from __future__ import annotations

import gc
from threading import get_ident
from typing import Any, Final

_threads: Final[set[int]] = set()


def is_collecting() -> bool:
    """Whether the collector runs on this thread."""
    return get_ident() in _threads


def _follow(phase: str, _info: dict[str, Any], threads: set[int] = _threads, ident: Any = get_ident) -> None:
    # Parameters, since Python clears the globals of this module at exit, and this function is still called.
    if phase == "start":
        threads.add(ident())
    else:
        threads.discard(ident())


gc.callbacks.append(_follow)
