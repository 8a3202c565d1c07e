"""The counters of the native engine; `ClassCounter` is None where that engine is not built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["ClassCounter", "gc_callback", "restart_counters", "set_collecting"]

ClassCounter: Callable[..., Any] | None = None


def set_collecting(is_collecting: bool, /) -> None:
    """Tell the counters whether this thread runs a garbage collection from now on."""


def restart_counters() -> None:
    """Restart all counters."""


def gc_callback(function: Callable[..., object], least: int, /) -> Callable[..., object]:  # noqa: ARG001
    """An entry of `gc.callbacks` that calls the function, and prints nothing if the stack has no room for the call."""
    return function


if not TYPE_CHECKING:
    try:  # whichever engine the program uses: counters do not need its pools
        from pooled._engine.native import _native
    except ImportError:
        pass
    else:
        ClassCounter = _native.ClassCounter
        gc_callback = _native.gc_callback
        restart_counters, set_collecting = _native.restart_counters, _native.set_collecting
