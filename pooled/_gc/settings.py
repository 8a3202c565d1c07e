"""Applies the settings of the garbage collector."""

from __future__ import annotations

import gc
import os
from typing import Final

from pooled import _config
from pooled._gc.fork import AtFork
from pooled._gc.frozen import freezer
from pooled._gc.watch import Watch

GROWTH: Final = 1.25
SECONDS: Final = 300.0
"""With freeze="steady", objects are thawed when the process has grown by this factor, and after this time."""

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


class _Freezing:
    """When objects are frozen."""

    def __init__(self) -> None:
        self._when: _config.Freeze | None = None
        self._watch = Watch(freezer, growth=GROWTH, seconds=SECONDS, freezes=True)
        self._at_fork: AtFork | None = None

    def apply(self, when: _config.Freeze | None) -> None:
        """Freeze at these moments from now on; if there are no more, thaw."""
        if when == self._when:
            return
        self._when = when
        if when == "steady":
            self._watch.begin()
        else:
            self._watch.end()
        if when == "fork":
            self._register().is_wanted = True
        elif self._at_fork is not None:
            self._at_fork.is_wanted = False
        if when is None:
            freezer.thaw()

    def _register(self) -> AtFork:
        """Register the hooks of forks. Python has no way to unregister them."""
        if self._at_fork is None:
            self._at_fork = AtFork(freezer)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(
                    before=self._at_fork.before,
                    after_in_parent=self._at_fork.in_parent,
                    after_in_child=self._at_fork.in_child,
                )
        return self._at_fork


_threshold: Final = _Threshold()
_freezing: Final = _Freezing()


def apply() -> None:
    """Apply the configured settings of the collector."""
    settings = _config.current.gc or _config.GcSettings()
    _threshold.apply(settings)
    _freezing.apply(settings.freeze)
