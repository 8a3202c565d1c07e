"""The current configuration, from the environment, a TOML file and `configure()`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pooled._config.command_errors import end_command
from pooled._config.environment import read, read_limits
from pooled._config.model import (
    Configuration,
    ConfigurationError,
    Freeze,
    GcOptions,
    GcSettings,
    Instrumented,
    target_of,
)
from pooled._config.values import ALL_CLASSES, check_budget, check_gc_trim, check_target, refuse_for_all_classes
from pooled._policy import Limits, Max, Policy, Scope

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "ALL_CLASSES",
    "Configuration",
    "ConfigurationError",
    "Freeze",
    "GcSettings",
    "Instrumented",
    "check_target",
    "configure",
    "current",
    "put_in_force",
    "put_read_in_force",
    "refuse_for_all_classes",
    "target_of",
    "when_configured",
]

try:
    current: Final = read(os.environ)
    """The current configuration. `configure` and `put_in_force` change it in place."""
except ConfigurationError as error:
    end_command(error)
    raise

when_configured: Final[list[Callable[[], object]]] = []
"""Functions to call after each change of `current`."""

_UNCHANGED: Final[Any] = object()


def put_in_force(path: Path, environ: Mapping[str, str]) -> Configuration:
    """Apply a configuration file to classes and pools that are made from now on.

    The environment takes precedence over the file. The caller applies the `[instrument]` section of the result; this
    module makes no class poolable.

    Raises:
        ConfigurationError: the file cannot be read, has an invalid entry, or sets the debug mode, which cannot be
            changed after the import of the package.
    """
    from pooled._config.file import read_file  # here: few processes have a file

    read_now = read_file(path, f"--config {path}")
    put_read_in_force(read_now, f"--config {path}", environ)
    return read_now


def put_read_in_force(read_now: Configuration, where: str, environ: Mapping[str, str]) -> None:
    """Apply settings that were read from a file or a mapping. `where` names the source in errors.

    Raises:
        ConfigurationError: it sets the debug mode.
    """
    if read_now.debug and read_now.debug != current.debug:
        raise ConfigurationError(f"{where}: [defaults] debug: pooled is imported already; set POOLED_DEBUG instead")
    current.defaults = read_limits(environ).over(read_now.defaults)
    current.classes, current.override = read_now.classes, read_now.override
    current.gc = read_now.gc
    if not environ.get("POOLED_BUDGET"):
        current.budget = read_now.budget
    if not environ.get("POOLED_GC_TRIM"):
        current.gc_trim = read_now.gc_trim
    if not environ.get("POOLED_NUMPY"):
        current.numpy = read_now.numpy
    _call_listeners()


def configure(  # noqa: PLR0913 (each is one setting)
    *,
    max: Max | None = None,  # noqa: A002 (the policy's own word)
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    budget: int | str | None = _UNCHANGED,
    gc_trim: float | bool | None = None,
    gc: GcOptions | None = _UNCHANGED,
) -> Policy:
    """Change the defaults for classes and pools that are made from now on. Omitted arguments change nothing.

    Limits in the code of a class take precedence. Existing classes and pools keep their policies, so call this before
    you import the modules that define poolable classes; `pooled.containers` is one of them.

    Args:
        max: the most objects that a pool parks (a local pool: in each thread).
            "auto" parks as many as were in use at once in the last 10 to 20 seconds, within the budget and 1,048,576.
        max_cap: the largest capacity, in elements or bytes, of a parked object; larger ones are discarded.
        scope: "local" or "global".
        idle_trim: seconds without a take after which a pool frees its parked objects; 0 means never.
        budget: the most bytes that all pools together park, as an int or a text such as "256MiB"; None for no limit.
            It applies at once, to existing pools too, and is checked every second. Pools with max="auto" grow no
            further than it allows. The bytes are estimated from a sample of the parked objects: the estimate includes
            the containers that objects keep, but nothing else that they refer to.
        gc_trim: the least number of seconds between two trims after full collections (see `trim`), initially 10. 0
            trims after each full collection; False turns these trims off. It applies at once, to existing pools too.
        gc: settings of Python's garbage collector, which apply at once and to the whole process: a dict with
            `threshold`, three ints for `gc.set_threshold`, and `freeze`, "steady" or "fork". An omitted key changes
            nothing, and None reverts its setting; `gc=None` reverts both. See "The garbage collector" in the guides.

    Returns:
        The new defaults.

    Raises:
        TypeError: a limit is not an int, the scope is not a string, seconds are not a number, `budget` is neither an
            int nor a string, or `gc` is not a dict.
        ValueError: a limit or seconds are below 0, seconds are not finite, the scope is neither "local" nor "global",
            `budget` is not a number of bytes, or `gc` has another key or an invalid value.
    """
    written = Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim)
    bytes_allowed = current.budget if budget is _UNCHANGED else check_budget("budget", budget)
    pause = current.gc_trim if gc_trim is None else check_gc_trim("gc_trim", gc_trim)
    collector = current.gc if gc is _UNCHANGED else _collector(gc)
    current.defaults = written.over(current.defaults)
    current.budget, current.gc_trim, current.gc = bytes_allowed, pause, collector
    _call_listeners()
    return current.defaults.completed()


def _collector(options: GcOptions | None) -> GcSettings:
    if options is None:
        return GcSettings()
    from pooled._config.gc_options import read_options  # here: few programs set it

    written = read_options("gc: ", options)
    return written if current.gc is None else current.gc.replace(**{key: getattr(written, key) for key in options})


def _call_listeners() -> None:
    for listener in when_configured:
        listener()
