"""Checks of the settings of the garbage collector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pooled._config.model import GcSettings

_LARGEST: Final = (1 << 31) - 1
"""The largest number that `gc.set_threshold` takes."""


def read_options(where: str, options: object) -> GcSettings:
    """Return the settings, or raise an error that begins with `where` and names the key, the value and the remedy."""
    if not isinstance(options, Mapping):
        raise TypeError(f"{where}expected a dict such as {{'threshold': [50000, 20, 100]}}, got {options!r}")
    for key in options:
        if key not in ("threshold", "freeze"):
            raise ValueError(f"{where}unknown key {key!r}; expected threshold or freeze")
    freeze = options.get("freeze")
    if freeze not in (None, "steady", "fork"):
        raise ValueError(f"{where}freeze={freeze!r}: expected 'steady' or 'fork'; leave it out to freeze nothing")
    return GcSettings(threshold=_threshold(where, options.get("threshold")), freeze=freeze)


def _threshold(where: str, value: Any) -> tuple[int, int, int] | None:
    if value is None:
        return None
    numbers = tuple(value) if isinstance(value, list | tuple) else ()
    if len(numbers) != 3 or not all(type(each) is int and 0 <= each <= _LARGEST for each in numbers):
        raise ValueError(f"{where}threshold={value!r}: expected three ints, as gc.set_threshold takes them")
    if not numbers[0]:
        raise ValueError(f"{where}threshold={value!r}: the first 0 turns the collector off; call gc.disable() for that")
    return numbers
