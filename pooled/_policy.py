"""Policies: how many objects a pool parks, how large they may be, and which threads share it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from pooled._record import Record

Scope: TypeAlias = Literal["local", "global"]

Max: TypeAlias = int | Literal["auto"]

AUTO: Final = "auto"

AUTO_MOST: Final = 1 << 20
"""The most objects that a pool with max="auto" parks."""

SCOPES: Final[tuple[Scope, ...]] = ("local", "global")


def check_limit(name: str, value: object) -> int:
    """Return `value` as a limit, or raise an error that names the parameter, the value and the remedy."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(
            f"{name}={value!r}: expected an int of 0 or more, got {type(value).__name__}; "
            f"leave {name} out for the default"
        )
    if value < 0:
        raise ValueError(f"{name}={value!r}: expected 0 or more; {name}=0 is the smallest limit")
    return value


def check_max(name: str, value: object) -> Max:
    """Return `value` as a number of objects or "auto", or raise an error that names the parameter."""
    return AUTO if value == AUTO else check_limit(name, value)


def check_name(name: object) -> None:
    """Raise TypeError if `name` is neither a string nor None, which stands for the default."""
    if not isinstance(name, str | None):
        raise TypeError(f"name={name!r}: expected a string, got {type(name).__name__}; leave it out for the default")


def check_scope(name: str, value: object) -> Scope:
    """Return `value` as a scope, or raise an error that names the parameter, the value and the remedy."""
    if value not in SCOPES:
        kind = ValueError if isinstance(value, str) else TypeError
        raise kind(f"{name}={value!r}: expected 'local' or 'global'")
    return value


def check_seconds(name: str, value: object, *, least: float = 0, way_out: str = "0 means never") -> float:
    """Return `value` as seconds, or raise an error that names the parameter, the value and the remedy.

    Args:
        name: the name of the parameter.
        value: a number.
        least: the smallest valid number.
        way_out: the remedy, as the end of the error.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}={value!r}: expected seconds as a number, got {type(value).__name__}")
    try:
        seconds = float(value)
    except OverflowError:  # an int above the largest float
        seconds = math.inf
    if not (math.isfinite(seconds) and seconds >= least):
        raise ValueError(f"{name}={_written(value)}: expected a finite number of seconds, {least} or more; {way_out}")
    return value


def _written(number: float) -> str:
    try:
        return repr(number)
    except ValueError:  # Python refuses to convert an int of more than 4,300 digits to text
        return f"<int of {int(number).bit_length()} bits>"


LIMITS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "max": check_max,
    "max_cap": check_limit,
    "scope": check_scope,
    "idle_trim": check_seconds,
}
"""The check of each limit of a policy, by its name."""


class Policy(Record):
    """The limits of a pool: how many objects it parks, how large they may be, and which threads share it.

    Attributes:
        max: the most objects that the pool parks (a local pool: in each thread). 0 pools nothing.
            "auto" parks as many as were in use at once in the last 10 to 20 seconds, within the budget and 1,048,576.
        max_cap: the largest capacity of a parked object; larger ones are discarded. It counts elements of a list, dict,
            set, deque or array, bytes of a byte buffer, characters of a StringIO, and units of `capacity()` for your
            own classes. Objects without a capacity are never too large.
        scope: "local": each thread has its own pool, and an object returns to the pool of the thread that drops it.
            "global": all threads share one pool.
        idle_trim: seconds without a take after which the pool frees its parked objects. 0 means never.

    Raises:
        TypeError: a limit is not an int, the scope is not a string, or `idle_trim` is not a number.
        ValueError: a limit is below 0, the scope is neither "local" nor "global", or `idle_trim` is below 0 or not
            finite.
    """

    max: Max = 1024
    max_cap: int = 4096
    scope: Scope = "local"
    idle_trim: float = 0

    @property
    def most(self) -> int:
        """The most objects that the pool may ever park: `max`, or the upper limit of "auto"."""
        return self.max if isinstance(self.max, int) else AUTO_MOST

    def _check(self) -> None:
        for name, check in LIMITS.items():
            check(name, getattr(self, name))


class Limits(Record):
    """A partial policy: the limits set in one place, such as the code of a class. None is a limit that is not set."""

    max: Max | None = None
    max_cap: int | None = None
    scope: Scope | None = None
    idle_trim: float | None = None

    def _check(self) -> None:
        for name, value in self.written().items():
            LIMITS[name](name, value)

    def over(self, below: Limits) -> Limits:
        """These limits, with those of `below` in place of limits that are not set."""
        return below.replace(**self.written())

    def completed(self) -> Policy:
        """The policy of these limits, with the defaults of the library for limits that are not set."""
        return Policy(**self.written())

    def written(self) -> dict[str, Any]:
        """The limits that are set, by name."""
        return {name: value for name, value in self.asdict().items() if value is not None}
