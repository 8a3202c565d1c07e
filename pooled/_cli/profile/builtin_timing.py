"""What a life of a builtin container takes, made, filled and dropped, with a pool and without: measured on the spot."""

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


def seconds_of(stock: type, size: int) -> tuple[float, float]:
    """What one of so many elements or bytes takes, at best: the builtin one, and one from a pool."""
    name = stock.__name__
    sides: list[Any] = [stock, shim(name, __name__, {"max_cap": 1 << 40})]
    timers = [_timer(make, name, size) for make in sides]
    rounds = max(20, 20_000 // (size + 10))
    best = [min(one) for one in zip(*([each(rounds) / rounds for each in timers] for _ in range(_TRIES)), strict=True)]
    return best[0], best[1]


def _timer(make: Any, name: str, size: int) -> Callable[[int], float]:
    data: Any = bytes(size) if name == "bytearray" else dict.fromkeys(range(size)) if name == "dict" else range(size)
    return Timer(f"c = make()\n{_FILL[name]}\ndel c", globals={"make": make, "data": data}).timeit
