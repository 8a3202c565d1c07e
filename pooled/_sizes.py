"""Sizes in bytes: those of objects, and those written as text; and durations as text."""

from __future__ import annotations

import gc
import sys
from typing import Any, Final

DEFAULT_ARRAY_BYTES: Final = 1 << 28
"""The default limit of the bytes that are parked for the arrays of NumPy."""

_CONTAINERS: Final = frozenset({list, dict, set, bytearray})

_UNITS: Final[dict[str, int]] = {
    "": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate(("", "K", "M", "G", "T"))},
    **{f"{prefix}iB": 1024**power for power, prefix in enumerate(("K", "M", "G", "T"), 1)},
}


def size_of(obj: Any) -> int:
    """The bytes of an object and of the builtin containers that it refers to, without what these contain."""
    parts = (value for value in gc.get_referents(obj) if type(value) in _CONTAINERS)
    return _size(obj) + sum(map(_size, parts))


def _size(obj: Any) -> int:
    try:
        return sys.getsizeof(obj)
    except Exception:  # noqa: BLE001 (its __sizeof__ may raise anything)
        return type(obj).__basicsize__


def text_of_bytes(nbytes: int) -> str:
    """A number of bytes as a person reads it: "1.5 GiB"."""
    size = float(nbytes)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} TiB"


def text_of_seconds(seconds: float) -> str:
    """A duration with three digits: "1.5 ms"."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds:,.0f} s" if seconds >= 1_000 else f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def check_bytes(name: str, value: object) -> int:
    """Return a number of bytes given as an int or as text such as "256MiB", or raise an error that names `name`."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"{name}={value!r}: expected 0 bytes or more")
        return value
    if not isinstance(value, str):
        raise TypeError(f"{name}={value!r}: expected bytes as an int, or a string such as '256MiB'")
    import re  # here: few processes have a budget

    match = re.fullmatch(r"\s*(\d{1,30})(?:\.(\d{1,30}))?\s*(\w*)\s*", value, re.ASCII)
    unit = next((scale for unit, scale in _UNITS.items() if match and unit.lower() == match[3].lower()), None)
    if match is None or unit is None:
        raise ValueError(f"{name}={value!r}: expected bytes as in '256MiB', '1.5GiB' or '500MB'")
    whole, part = match[1], match[2] or ""
    return int(whole + part) * unit // int(10 ** len(part))
