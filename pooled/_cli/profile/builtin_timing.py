"""Times the whole life of a builtin container, with and without a pool: construct, fill and drop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from timeit import Timer
from types import MappingProxyType
from typing import Any, Final

from pooled._instrument.builtin_shims import shim

_FILL: Final[Mapping[str, str]] = MappingProxyType(
    {"list": "c.extend(data)", "dict": "c.update(data)", "set": "c.update(data)", "bytearray": "c += data"}
)

_TRIES: Final = 7


def time_builtin(builtin: type, size: int) -> tuple[float, float]:
    """Measure the shortest life in seconds of a container of `size` elements or bytes: builtin, and from a pool."""
    name = builtin.__name__
    sides: list[Any] = [builtin, shim(name, __name__, {"max_cap": 1 << 40})]
    timers = [_timer(make, name, size) for make in sides]
    rounds = max(20, 20_000 // (size + 10))
    best = [min(one) for one in zip(*([each(rounds) / rounds for each in timers] for _ in range(_TRIES)), strict=True)]
    return best[0], best[1]


def _timer(make: Any, name: str, size: int) -> Callable[[int], float]:
    data: Any = bytes(size) if name == "bytearray" else dict.fromkeys(range(size)) if name == "dict" else range(size)
    return Timer(f"c = make()\n{_FILL[name]}\ndel c", globals={"make": make, "data": data}).timeit
