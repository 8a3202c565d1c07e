"""Configuration: the environment, a TOML file and `configure()`, laid over one another into policies."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from pooled._config.command_errors import end_command
from pooled._policy import Limits, Policy, Scope, check_limit, check_scope, check_seconds
from pooled._sizes import check_bytes

ENGINES: Final = ("native", "reference", "off")

_LIMITS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "max": check_limit,
    "max_cap": check_limit,
    "scope": check_scope,
    "idle_trim": check_seconds,
}


class ConfigurationError(ValueError):
    """The environment or the configuration file says something that cannot be followed.

    Its text names the variable or the file, the key, the value, and what was expected there.
    """


@attrs.frozen(kw_only=True)
class Instrumented:
    """What a configuration file says of a class that is to become poolable when it is imported."""

    where: str
    limits: Limits = Limits()
    reset: str | None = None
    capacity: str | None = None
    keep: tuple[str, ...] | None = None


Target: TypeAlias = str
"""A class by name: `package.module:Class`."""


@attrs.define(kw_only=True)
class Configuration:
    """All that was configured: `defaults` under what a class says, `override` above it.

    Each dict is keyed by target, `package.module:Class`. One take in `debug` is recorded; 0: none. `budget` is the
    bytes that all pools may park, None: any. `gc_trim` is the seconds between two trimmings after full collections, at
    least; None: there are none.
    """

    engine: str | None = None
    debug: int = 0
    budget: int | None = None
    gc_trim: float | None = 10.0
    defaults: Limits = Limits()
    classes: dict[Target, Limits] = attrs.field(factory=dict)
    override: dict[Target, Limits] = attrs.field(factory=dict)
    instrument: dict[Target, Instrumented] = attrs.field(factory=dict)

    def policy(self, target: Target, written: Limits) -> Policy:
        """The policy of a class called `target` at which `written` was written."""
        nothing = Limits()
        layers = (self.classes.get(target, nothing), written, self.override.get(target, nothing))
        limits = self.defaults
        for layer in layers:
            limits = layer.over(limits)
        return limits.completed()


def target_of(thing: object) -> Target:
    """How configuration and reports name a class or a factory: `package.module:Class`."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    return f"{module}:{name}"


def read(environ: Mapping[str, str]) -> Configuration:
    """The configuration that the environment holds or points to.

    Raises:
        ConfigurationError: a variable, the file or something in it cannot be followed.
    """
    configuration = Configuration()
    if path := environ.get("POOLED_CONFIG"):
        configuration = _read_file(Path(path), f"POOLED_CONFIG={path!r}")
    configuration.defaults = _read_variables(environ).over(configuration.defaults)
    configuration.engine = _engine(environ.get("POOLED_ENGINE"))
    if text := environ.get("POOLED_BUDGET"):
        configuration.budget = _checked(f"POOLED_BUDGET={text!r}", check_budget, "budget", _number(text))
    if text := environ.get("POOLED_GC_TRIM"):
        value = {"off": False, "on": True}.get(text, _number(text))
        configuration.gc_trim = _checked(f"POOLED_GC_TRIM={text!r}", check_gc_trim, "gc_trim", value)
    if text := environ.get("POOLED_DEBUG"):
        configuration.debug = _checked(f"POOLED_DEBUG={text!r}", check_limit, "debug", _number(text))
    return configuration


def put_in_force(path: Path, environ: Mapping[str, str]) -> Configuration:
    """Put what a file says in force, for the classes and pools that are made from now on, under the environment.

    Its `[instrument]` is for who asks; this module makes nothing poolable.

    Raises:
        ConfigurationError: it cannot be read or followed.
    """
    read_now = _read_file(path, f"--config {path}")
    if read_now.debug and read_now.debug != current.debug:
        raise ConfigurationError(f"--config {path}: [defaults] debug: it is too late for that; set POOLED_DEBUG")
    current.defaults = _read_variables(environ).over(read_now.defaults)
    current.classes, current.override = read_now.classes, read_now.override
    if not environ.get("POOLED_BUDGET"):
        current.budget = read_now.budget
    if not environ.get("POOLED_GC_TRIM"):
        current.gc_trim = read_now.gc_trim
    for tell in when_configured:
        tell()
    return read_now


def _engine(name: str | None) -> str | None:
    if not name:
        return None
    if name not in ENGINES:
        raise ConfigurationError(f"POOLED_ENGINE={name!r}: expected one of {', '.join(ENGINES)}")
    return name


def _read_variables(environ: Mapping[str, str]) -> Limits:
    written: dict[str, Any] = {}
    for key, check in _LIMITS.items():
        variable = f"POOLED_{key.upper()}"
        text = environ.get(variable)
        if text:
            written[key] = _checked(f"{variable}={text!r}", check, key, _number(text))
    return Limits(**written)


def _number(text: str) -> float | str:
    for number in (int, float):
        with suppress(ValueError):
            return number(text)
    return text


def check_budget(name: str, value: object) -> int | None:
    """The bytes that all pools may park; None: any."""
    if value is None or value == "none":
        return None
    return check_bytes(name, value)


def check_gc_trim(name: str, value: object) -> float | None:
    """The seconds between two trimmings after full collections, at least; None where that is off."""
    if isinstance(value, bool):
        return 10.0 if value else None
    return check_seconds(name, value, way_out="False turns it off")


def _checked(where: str, check: Callable[[str, object], Any], key: str, value: object) -> Any:
    try:
        return check(key, value)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _read_file(path: Path, where: str) -> Configuration:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{where}: cannot be read: {error.strerror}; name a file that can") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{where}: expected a TOML file in UTF-8: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where}: expected a TOML file: {error}") from error
    return _parse(where, document)


def _parse(where: str, document: dict[str, Any]) -> Configuration:
    configuration = Configuration()
    for section, content in document.items():
        here = f"{where}: [{section}]"
        match section:
            case "defaults":
                table = dict(_table(here, content))
                configuration.debug = _checked(here, check_limit, "debug", table.pop("debug", 0))
                configuration.budget = _checked(here, check_budget, "budget", table.pop("budget", None))
                configuration.gc_trim = _checked(here, check_gc_trim, "gc_trim", table.pop("gc_trim", True))
                configuration.defaults = _limits(here, table)
            case "classes":
                configuration.classes = _by_target(where, section, content, _limits)
            case "override":
                configuration.override = _by_target(where, section, content, _limits)
            case "instrument":
                configuration.instrument = _by_target(where, section, content, _instrumented)
            case _:
                raise ConfigurationError(
                    f"{where}: unknown key {section!r}; expected [defaults], [classes], [override] or [instrument]"
                )
    return configuration


def _by_target(where: str, section: str, content: object, parse: Callable[[str, dict[str, Any]], Any]) -> Any:
    parsed = {}
    for target, entry in _table(f"{where}: [{section}]", content).items():
        here = f"{where}: [{section}.{target!r}]"
        check_target(here, target)
        parsed[target] = parse(here, _table(here, entry))
    return parsed


def check_target(where: str, target: object) -> tuple[str, str]:
    """Split `package.module:Class` into module and class, or raise an error that begins with `where`."""
    module, _, name = target.partition(":") if isinstance(target, str) else ("", "", "")
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise ConfigurationError(f"{where}: expected a class as 'package.module:Class', got {target!r}")
    return module, name


def _table(where: str, content: object) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ConfigurationError(f"{where}: expected a table, got {content!r}")
    return content


def _limits(where: str, table: dict[str, Any]) -> Limits:
    return Limits(**{key: _limit(where, key, value) for key, value in table.items()})


def _limit(where: str, key: str, value: object) -> Any:
    if key not in _LIMITS:
        raise ConfigurationError(f"{where}: unknown key {key!r}; expected {', '.join(_LIMITS)}")
    return _checked(where, _LIMITS[key], key, value)


def _instrumented(where: str, table: dict[str, Any]) -> Instrumented:
    methods = {key: table.pop(key) for key in ("reset", "capacity") if key in table}
    for key, value in methods.items():
        if not (isinstance(value, str) and value.isidentifier()):
            raise ConfigurationError(f"{where}: {key}={value!r}: expected the name of a method of the class")
    keep = _names(where, "keep", table.pop("keep")) if "keep" in table else None
    return Instrumented(where=where, limits=_limits(where, table), keep=keep, **methods)


def _names(where: str, key: str, value: object) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(name, str) and name.isidentifier() for name in value)):
        raise ConfigurationError(f"{where}: {key}={value!r}: expected a list of names of attributes")
    return tuple(value)


try:
    current: Final = read(os.environ)
    """What is in force. `configure` changes its defaults."""
except ConfigurationError as error:
    end_command(error)
    raise

when_configured: Final[list[Callable[[], object]]] = []
"""What is called when it has changed."""

_UNCHANGED: Final[Any] = object()


def configure(
    *,
    max: int | None = None,  # noqa: A002 (the policy's own word)
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    budget: int | str | None = _UNCHANGED,
    gc_trim: float | bool | None = None,
) -> Policy:
    """Change the defaults for the classes and pools that are made from now on.

    What is written at a class wins over it. Those that exist already keep their policies: call it before the
    modules that define poolable classes are imported, `pooled.containers` among them. What is left out stays.

    Args:
        max: how many objects a pool parks at most (a local pool: in each thread).
        max_cap: an object whose capacity (elements or bytes) is above it is discarded.
        scope: "local" or "global".
        idle_trim: what a pool parks dies when it handed out nothing for so many seconds; 0: it stays.
        budget: how many bytes all pools may park together, as an int or as in "256MiB"; None: any. It is looked at
            every second, and is in force at once for pools that exist, too. What is parked is reckoned from some of it:
            the objects and the containers they keep, not what else they refer to.
        gc_trim: seconds that lie at least between two trimmings after full collections (see `trim`), 10 unless changed;
            0: after each there is one; False: there are none. In force at once, too.

    Returns:
        The defaults now in force.

    Raises:
        TypeError: a limit is not an int, the scope not a string, seconds not a number, or `budget` neither an int nor a
            text.
        ValueError: a limit or seconds are below 0, seconds are not finite, the scope is neither "local" nor "global",
            or `budget` is no number of bytes.
    """
    written = Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim)
    bytes_allowed = current.budget if budget is _UNCHANGED else check_budget("budget", budget)
    pause = current.gc_trim if gc_trim is None else check_gc_trim("gc_trim", gc_trim)
    current.defaults = written.over(current.defaults)
    current.budget, current.gc_trim = bytes_allowed, pause
    for tell in when_configured:
        tell()
    return current.defaults.completed()
