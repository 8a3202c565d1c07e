"""The configuration file, in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pooled._config.model import Configuration, ConfigurationError, Instrumented
from pooled._config.values import (
    ALL_CLASSES,
    check_budget,
    check_gc_trim,
    check_target,
    checked,
    refuse_for_all_classes,
)
from pooled._policy import LIMITS, Limits, check_limit
from pooled._sizes import check_bytes


def read_file(path: Path, where: str) -> Configuration:
    """Read a configuration file.

    Args:
        path: the file.
        where: the beginning of each error; it says which option or variable names the file.

    Raises:
        ConfigurationError: the file cannot be read, is not TOML in UTF-8, or has an invalid entry.
    """
    return read_document(load_file(path, where), where)


def load_file(path: Path, where: str) -> dict[str, Any]:
    """Load the document in a file, without checking its entries.

    Raises:
        ConfigurationError: the file cannot be read, or is not TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{where}: cannot be read: {error.strerror}; name a file that can") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{where}: expected a TOML file in UTF-8: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where}: expected a TOML file: {error}") from error


_SECTIONS: Final = "[defaults], [classes], [override], [instrument], [numpy] or [gc]"


def read_document(document: Mapping[str, Any], where: str) -> Configuration:
    """Read the content of a configuration file.

    Raises:
        ConfigurationError: it has an invalid entry; the text begins with `where`.
    """
    configuration = Configuration()
    for section, content in document.items():
        here = f"{where}: [{section}]"
        match section:
            case "defaults":
                table = dict(_table(here, content))
                configuration.debug = checked(here, check_limit, "debug", table.pop("debug", 0))
                configuration.budget = checked(here, check_budget, "budget", table.pop("budget", None))
                configuration.gc_trim = checked(here, check_gc_trim, "gc_trim", table.pop("gc_trim", True))
                configuration.defaults = _limits(here, table)
            case "classes":
                configuration.classes = _by_target(where, section, content, _limits)
            case "override":
                configuration.override = _by_target(where, section, content, _limits)
            case "instrument":
                configuration.instrument = _by_target(where, section, content, _instrumented, or_all=True)
            case "numpy":
                configuration.numpy = _array_bytes(here, _table(here, content))
            case "gc":
                from pooled._config.gc_options import read_options  # here: few files have this section

                configuration.gc = checked(here, read_options, "", _table(here, content)).replace(yields=True)
            case _:
                raise ConfigurationError(f"{where}: unknown key {section!r}; expected {_SECTIONS}")
    return configuration


def _by_target(
    where: str, section: str, content: object, parse: Callable[[str, dict[str, Any]], Any], *, or_all: bool = False
) -> Any:
    parsed = {}
    for target, entry in _table(f"{where}: [{section}]", content).items():
        here = f"{where}: [{section}.{target!r}]"
        _, name = check_target(here, target, or_all=or_all)
        if name == ALL_CLASSES:
            refuse_for_all_classes(here, _table(here, entry))
        parsed[target] = parse(here, _table(here, entry))
    return parsed


def _table(where: str, content: object) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ConfigurationError(f"{where}: expected a table, got {content!r}")
    return content


def _array_bytes(where: str, table: dict[str, Any]) -> int:
    unknown = table.keys() - {"max_bytes"}
    if unknown or not table:
        named = f"unknown key {min(unknown)!r}; expected" if unknown else "expected"
        raise ConfigurationError(f"{where}: {named} max_bytes, a number of bytes or a text such as '256MiB'")
    nbytes: int = checked(where, check_bytes, "max_bytes", table["max_bytes"])
    return nbytes


def _limits(where: str, table: dict[str, Any]) -> Limits:
    return Limits(**{key: _limit(where, key, value) for key, value in table.items()})


def _limit(where: str, key: str, value: object) -> Any:
    if key not in LIMITS:
        raise ConfigurationError(f"{where}: unknown key {key!r}; expected {', '.join(LIMITS)}")
    return checked(where, LIMITS[key], key, value)


def _instrumented(where: str, table: dict[str, Any]) -> Instrumented:
    table = dict(table)
    methods = {key: table.pop(key) for key in ("reset", "capacity") if key in table}
    for key, value in methods.items():
        if not (isinstance(value, str) and value.isidentifier()):
            raise ConfigurationError(f"{where}: {key}={value!r}: expected the name of a method of the class")
    keep = _names(where, table.pop("keep")) if "keep" in table else None
    return Instrumented(where=where, limits=_limits(where, table), keep=keep, **methods)


def _names(where: str, value: object) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(name, str) and name.isidentifier() for name in value)):
        raise ConfigurationError(f"{where}: keep={value!r}: expected a list of names of attributes")
    return tuple(value)
