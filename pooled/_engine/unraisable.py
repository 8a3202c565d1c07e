"""A way to call `sys.unraisablehook`, for errors that must not reach the code that dropped an object."""

from __future__ import annotations


class _Courier:
    """Raises an error in `__del__`, which is the only way to call the hook as Python does."""

    __slots__ = ("_error",)

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __del__(self) -> None:
        try:
            raise self._error
        finally:
            del self._error


def report(error: BaseException, what: str) -> None:
    """Send `error` to `sys.unraisablehook`, with `what` as a note that says where it was raised."""
    if what not in getattr(error, "__notes__", ()):  # the same error object may be raised again
        error.add_note(what)
    courier = _Courier(error)
    # The traceback of the error refers to this frame. If the frame referred to the error, that would be a reference
    # cycle, which would keep the discarded object alive until the next collection.
    del error
    del courier
