"""The environment variables that configure the package, `POOLED_CONFIG` and its file among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pooled._config.model import Configuration, ConfigurationError
from pooled._config.values import check_budget, check_gc_trim, checked, number
from pooled._policy import LIMITS, Limits, check_limit
from pooled._sizes import check_bytes

ENGINES: Final = ("native", "reference", "off")


def read(environ: Mapping[str, str]) -> Configuration:
    """Read the configuration from these variables, and from the file that `POOLED_CONFIG` names.

    A variable takes precedence over the file.

    Raises:
        ConfigurationError: a variable or an entry of the file is invalid, or the file cannot be read.
    """
    configuration = Configuration()
    if path := environ.get("POOLED_CONFIG"):
        # Here, since few processes have a file.
        from pathlib import Path

        from pooled._config.file import read_file

        configuration = read_file(Path(path), f"POOLED_CONFIG={path!r}")
    configuration.defaults = read_limits(environ).over(configuration.defaults)
    configuration.engine = _engine(environ.get("POOLED_ENGINE"))
    if text := environ.get("POOLED_BUDGET"):
        configuration.budget = checked(f"POOLED_BUDGET={text!r}", check_budget, "budget", number(text))
    if text := environ.get("POOLED_GC_TRIM"):
        value = {"off": False, "on": True}.get(text, number(text))
        configuration.gc_trim = checked(f"POOLED_GC_TRIM={text!r}", check_gc_trim, "gc_trim", value)
    if text := environ.get("POOLED_NUMPY"):
        configuration.numpy = checked(f"POOLED_NUMPY={text!r}", check_bytes, "numpy", number(text))
    if text := environ.get("POOLED_DEBUG"):
        configuration.debug = checked(f"POOLED_DEBUG={text!r}", check_limit, "debug", number(text))
    return configuration


def read_limits(environ: Mapping[str, str]) -> Limits:
    """Read the default limits from `POOLED_MAX`, `POOLED_MAX_CAP`, `POOLED_SCOPE` and `POOLED_IDLE_TRIM`."""
    written: dict[str, Any] = {}
    for key, check in LIMITS.items():
        variable = f"POOLED_{key.upper()}"
        text = environ.get(variable)
        if text:
            written[key] = checked(f"{variable}={text!r}", check, key, number(text))
    return Limits(**written)


def _engine(name: str | None) -> str | None:
    if not name:
        return None
    if name not in ENGINES:
        raise ConfigurationError(f"POOLED_ENGINE={name!r}: expected one of {', '.join(ENGINES)}")
    return name
