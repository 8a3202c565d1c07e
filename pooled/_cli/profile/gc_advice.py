"""Advice on the settings of the cyclic garbage collector, from what it cost while a program ran."""

from __future__ import annotations

import gc
from typing import Final

import attrs

from pooled._cli.profile.gc_clock import GcClock

THRESHOLD: Final = (50_000, 20, 100)
"""Collections are 25 to 70 times as rare with this threshold as with those that CPython starts with."""

_MIN_SHARE: Final = 0.02
"""If the collector takes a smaller share of the time, its settings cannot gain more than that."""

_FEW: Final = 20
"""After so few collections, the next ones may cost more or less."""


@attrs.frozen
class GcAdvice:
    """The advice on the collector. `--json` prints it under these names.

    Attributes:
        threshold: the threshold to set; None to leave it as it is.
        why: the reason.
    """

    threshold: tuple[int, int, int] | None
    why: str


def gc_advice_on(clock: GcClock, share: float) -> GcAdvice:
    """The advice on the collector, which took this share of the processor time."""
    collections = sum(clock.collections)
    if clock.threshold_before != gc.get_threshold():
        return GcAdvice(None, f"the program sets the threshold itself, to {gc.get_threshold()}")
    if clock.threshold_before[0] == 0 or clock.threshold_before[0] >= THRESHOLD[0]:
        return GcAdvice(None, f"the threshold is {clock.threshold_before}")
    if share < _MIN_SHARE:
        return GcAdvice(None, f"collections took {share:.1%} of the time")
    if collections < _FEW:
        return GcAdvice(None, f"there were only {collections} collections")
    return GcAdvice(THRESHOLD, f"collections took {share:.1%} of the time; with this threshold they are rare")
