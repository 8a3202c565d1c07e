"""Policies: how many objects a pool keeps, how large they may be, and for whom."""

from __future__ import annotations

import math
from typing import Any, Final, Literal, TypeAlias

import attrs

Scope: TypeAlias = Literal["local", "global"]

SCOPES: Final[tuple[Scope, ...]] = ("local", "global")


def check_limit(name: str, value: object) -> int:
    """Give back `value` as a limit, or raise an error that names the parameter, the value and the way out."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(
            f"{name}={value!r}: expected an int of 0 or more, got {type(value).__name__}; "
            f"leave {name} out for the default"
        )
    if value < 0:
        raise ValueError(f"{name}={value!r}: expected 0 or more; {name}=0 is the smallest limit there is")
    return value


def check_scope(name: str, value: object) -> Scope:
    """Give back `value` as a scope, or raise an error that names the parameter, the value and the way out."""
    if value not in SCOPES:
        kind = ValueError if isinstance(value, str) else TypeError
        raise kind(f"{name}={value!r}: expected 'local' or 'global'")
    return value


def check_seconds(name: str, value: object, *, least: float = 0, way_out: str = "0 means never") -> float:
    """Give back `value` as seconds, or raise an error that names the parameter, the value and the way out."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}={value!r}: expected seconds as a number, got {type(value).__name__}")
    try:
        seconds = float(value)
    except OverflowError:  # an int that no float is as large as
        seconds = math.inf
    if not (math.isfinite(seconds) and seconds >= least):
        raise ValueError(f"{name}={_written(value)}: expected a finite number of seconds, {least} or more; {way_out}")
    return value


def _written(number: float) -> str:
    try:
        return repr(number)
    except ValueError:  # Python writes no int of more than some thousand digits
        return f"<int of {int(number).bit_length()} bits>"


def _seconds_validator(_policy: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_seconds(attribute.name, value)


def _limit_validator(_policy: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_limit(attribute.name, value)


def _scope_validator(_policy: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_scope(attribute.name, value)


@attrs.frozen(kw_only=True)
class Policy:
    """What a pool keeps: `max` objects of at most `max_cap` capacity, for one thread or for all.

    Attributes:
        max: how many objects the pool parks at most (a local pool: in each thread). 0 pools nothing.
        max_cap: an object whose capacity is above this is discarded: elements for a list, dict, set, deque
            or array, bytes for a byte buffer, characters for a StringIO, what `capacity()` says for a class
            of your own. A class that has no capacity is never too large.
        scope: "local", a pool for each thread, which takes what is dropped on it; or "global", one pool for
            all threads, which gets back what it gave.
        idle_trim: what is parked dies when the pool handed out nothing for so many seconds. 0: it stays.

    Raises:
        TypeError: a limit is not an int, the scope not a string, or `idle_trim` not a number.
        ValueError: a limit is below 0, the scope neither "local" nor "global", or `idle_trim` below 0 or not finite.
    """

    max: int = attrs.field(default=1024, validator=_limit_validator)
    max_cap: int = attrs.field(default=4096, validator=_limit_validator)
    scope: Scope = attrs.field(default=SCOPES[0], validator=_scope_validator)
    idle_trim: float = attrs.field(default=0, validator=_seconds_validator)


@attrs.frozen(kw_only=True)
class Limits:
    """The part of a policy that somebody wrote down; None is what they left out."""

    max: int | None = attrs.field(default=None, validator=attrs.validators.optional(_limit_validator))
    max_cap: int | None = attrs.field(default=None, validator=attrs.validators.optional(_limit_validator))
    scope: Scope | None = attrs.field(default=None, validator=attrs.validators.optional(_scope_validator))
    idle_trim: float | None = attrs.field(default=None, validator=attrs.validators.optional(_seconds_validator))

    def over(self, below: Limits) -> Limits:
        """These limits, with what they leave out taken from `below`."""
        return attrs.evolve(below, **self._written())

    def completed(self) -> Policy:
        """The policy these limits make, with the library's defaults for what they leave out."""
        return Policy(**self._written())

    def _written(self) -> dict[str, Any]:
        return {name: value for name, value in attrs.asdict(self).items() if value is not None}
