"""Shows the progress and the remaining time of a measurement on a terminal."""

from __future__ import annotations

import sys
import threading
from time import monotonic
from typing import Final, Self

_WIDTH: Final = 24
"""The width of the bar in characters."""

_PAUSE: Final = 0.5
"""Seconds between two updates."""

_CLEAR: Final = "\r\033[K"


class Progress:
    """A line with a bar on standard error, if that is a terminal."""

    def __init__(self) -> None:
        self._stream = sys.stderr if sys.stderr.isatty() else None
        self._begun = monotonic()
        self._end: float | None = None
        self._later = 0.0
        self._text = ""
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._update, daemon=True)

    def __enter__(self) -> Self:
        if self._stream is not None:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.clear()
        self._stopped.set()
        if self._stream is not None:
            self._thread.join()

    def clear(self) -> None:
        """Remove the line, until `show` is called again."""
        with self._lock:
            self._text = ""
            self._print(_CLEAR)

    def show(self, text: str, now: float | None, later: float = 0.0) -> None:
        """Show the current run, its seconds, and those of the later runs; None if they are not known."""
        with self._lock:
            self._text, self._later = text, later
            self._end = None if now is None else monotonic() + now

    def _update(self) -> None:
        while not self._stopped.wait(_PAUSE):
            with self._lock:
                if self._text:
                    self._print(_CLEAR + self._line())

    def _print(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(text)
            self._stream.flush()

    def _line(self) -> str:
        if self._end is None:
            return self._text
        now = monotonic()
        left = max(0.0, self._end - now) + self._later
        filled = int(_WIDTH * (now - self._begun) / max(now - self._begun + left, _PAUSE))
        return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {_clock(left)} left: {self._text}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
