"""Policies: how many objects a pool parks, how large they may be, and which threads share it."""

from __future__ import annotations

import math
from typing import Any, Final, Literal, TypeAlias

import attrs

Scope: TypeAlias = Literal["local", "global"]

SCOPES: Final[tuple[Scope, ...]] = ("local", "global")


def check_limit(name: str, value: object) -> int:
    """Return `value` as a limit, or raise an error that names the parameter, the value and the remedy."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(
            f"{name}={value!r}: expected an int of 0 or more, got {type(value).__name__}; "
            f"leave {name} out for the default"
        )
    if value < 0:
        raise ValueError(f"{name}={value!r}: expected 0 or more; {name}=0 is the smallest limit there is")
    return value


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
    except ValueError:  # Python refuses to convert an int of more than some thousand digits to text
        return f"<int of {int(number).bit_length()} bits>"


def _seconds_validator(_policy: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_seconds(attribute.name, value)


def _limit_validator(_policy: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_limit(attribute.name, value)


def _scope_validator(_policy: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_scope(attribute.name, value)


@attrs.frozen(kw_only=True)
class Policy:
    """The limits of a pool: up to `max` parked objects of up to `max_cap` capacity, for one thread or for all.

    Attributes:
        max: the most objects that the pool parks (a local pool: in each thread). 0 pools nothing.
        max_cap: the largest capacity of a parked object; larger ones are discarded. It counts elements of a list, dict,
            set, deque or array, bytes of a byte buffer, characters of a StringIO, and units of `capacity()` for your
            own classes. Objects without a capacity are never too large.
        scope: "local": each thread has its own pool, which gets the objects dropped on that thread. "global": all
            threads share one pool, which gets back the objects that it handed out.
        idle_trim: seconds without a take after which the pool frees its parked objects. 0 means never.

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
    """A partial policy: the limits set in one place, such as the code of a class. None is a limit that is not set."""

    max: int | None = attrs.field(default=None, validator=attrs.validators.optional(_limit_validator))
    max_cap: int | None = attrs.field(default=None, validator=attrs.validators.optional(_limit_validator))
    scope: Scope | None = attrs.field(default=None, validator=attrs.validators.optional(_scope_validator))
    idle_trim: float | None = attrs.field(default=None, validator=attrs.validators.optional(_seconds_validator))

    def over(self, below: Limits) -> Limits:
        """These limits, where limits that are not set are those of `below`."""
        return attrs.evolve(below, **self._written())

    def completed(self) -> Policy:
        """The policy of these limits, with the defaults of the library for limits that are not set."""
        return Policy(**self._written())

    def _written(self) -> dict[str, Any]:
        return {name: value for name, value in attrs.asdict(self).items() if value is not None}
