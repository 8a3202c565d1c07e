"""Puts the settings of the garbage collector in force."""

from __future__ import annotations

import gc
from typing import Final

from pooled import _config

_BY_DEFAULT: Final = ((700, 10, 10), (2000, 10, 10), (2000, 10, 0))
"""The thresholds that Python sets itself: before 3.13, since then, and from 3.14.0 to 3.14.4."""


class _Threshold:
    """The threshold of the collector, and the one that was there before it was configured."""

    def __init__(self) -> None:
        self._wanted: tuple[int, int, int] | None = None
        self._before: tuple[int, int, int] | None = None
        self._set = gc.get_threshold()

    def apply(self, settings: _config.GcSettings) -> None:
        """Set the threshold, or restore the previous one; a threshold that the program set itself stays."""
        if settings.threshold is self._wanted:
            return  # other settings changed
        self._wanted = settings.threshold
        now = gc.get_threshold()
        is_ours = self._before is not None and now == self._set
        if settings.threshold is None:
            if is_ours and self._before is not None:
                gc.set_threshold(*self._before)
            self._before = None
        elif is_ours or not settings.yields or now in _BY_DEFAULT:
            if not is_ours:
                self._before = now
            gc.set_threshold(*settings.threshold)
            self._set = gc.get_threshold()


_threshold: Final = _Threshold()


def apply() -> None:
    """Put in force what the configuration says of the collector."""
    settings = _config.current.gc or _config.GcSettings()
    _threshold.apply(settings)
