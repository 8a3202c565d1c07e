"""Checks of single values: limits, a budget in bytes, seconds between trims, and names of classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from pooled._config.model import ConfigurationError
from pooled._policy import check_seconds
from pooled._sizes import check_bytes


def check_budget(name: str, value: object) -> int | None:
    """Return the bytes that all pools together may park; None for no limit."""
    if value is None or value == "none":
        return None
    return check_bytes(name, value)


def check_gc_trim(name: str, value: object) -> float | None:
    """Return the least number of seconds between two trims after full collections; None turns these trims off."""
    if isinstance(value, bool):
        return 10.0 if value else None
    return check_seconds(name, value, way_out="False turns it off")


ALL_CLASSES: Final = "*"
"""In the place of a class: all classes of the module that can be poolable."""


def check_target(where: str, target: object, *, or_all: bool = False) -> tuple[str, str]:
    """Split `package.module:Class` into module and class, or raise an error that begins with `where`.

    `or_all` allows `package.module:*`, too.
    """
    module, _, name = target.partition(":") if isinstance(target, str) else ("", "", "")
    names = module.split(".") if or_all and name == ALL_CLASSES else (*module.split("."), *name.split("."))
    if not all(part.isidentifier() for part in names):
        more = " or 'package.module:*'" if or_all else ""
        raise ConfigurationError(f"{where}: expected a class as 'package.module:Class'{more}, got {target!r}")
    return module, name


def refuse_for_all_classes(where: str, settings: Mapping[str, object]) -> None:
    """Raise an error that begins with `where` if there are settings that only a single class can have."""
    for name in ("reset", "capacity", "keep"):
        if settings.get(name):
            raise ConfigurationError(f"{where}: {name}={settings[name]!r}: it needs a single class; name one")


def checked(where: str, check: Callable[[str, object], Any], key: str, value: object) -> Any:
    """Return `check(key, value)`, or raise a ConfigurationError that begins with `where`."""
    try:
        return check(key, value)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{where}: {error}") from None


def number(text: str) -> float | str:
    """Convert text to an int or a float where it is one; return any other text unchanged."""
    for convert in (int, float):
        with suppress(ValueError):
            return convert(text)
    return text
