"""Errors that must not reach the code that happened to drop an object go to `sys.unraisablehook` here."""

from __future__ import annotations


class _Courier:
    """Python sends what `__del__` raises to the hook; there is no other way to call it from Python."""

    __slots__ = ("_error",)

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __del__(self) -> None:
        try:
            raise self._error
        finally:
            del self._error


def report(error: BaseException, what: str) -> None:
    """Send `error` to `sys.unraisablehook`, with `what` as a note of where it came from."""
    if what not in getattr(error, "__notes__", ()):  # the same error may be raised again and again
        error.add_note(what)
    courier = _Courier(error)
    # The error comes to hold the frames it went through. One that held the error too would be a cycle, and keep
    # the discarded object alive until the next collection.
    del error
    del courier
