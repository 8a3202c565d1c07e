"""`python -m pooled info`: prints the engine and the configuration in force, with the source of each value."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pooled
from pooled import _config
from pooled._cli.table import Screen, table
from pooled._policy import Limits


def print_info(*, as_json: bool) -> int:
    """Print the facts, and return the exit status."""
    facts = _facts()
    print(json.dumps(facts, indent=2) if as_json else _text(facts))
    return 0


def _facts() -> dict[str, Any]:
    """The facts under the names that `--json` prints."""
    engine = pooled.engine_info()
    policy = _config.current.defaults.completed()
    return {
        "version": pooled.__version__,
        "python": sys.version.split()[0],
        "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
        "engine": engine.name,
        "built_for": engine.built_for,
        "why": engine.why,
        "keeps_capacity": dict(engine.keeps_capacity),
        "debug": {"value": _config.current.debug, "from": _source("debug")},
        "defaults": {name: {"value": value, "from": _source(name)} for name, value in policy.asdict().items()},
        "budget": {"value": _config.current.budget, "from": _source("budget")},
        "gc_trim": {"value": _config.current.gc_trim, "from": _source("gc_trim")},
        "numpy": {"value": _config.current.numpy, "from": _source("numpy")},
        "gc": _collector(),
        "file": os.environ.get("POOLED_CONFIG"),
        "classes": {target: _settings(limits) for target, limits in _config.current.classes.items()},
        "override": {target: _settings(limits) for target, limits in _config.current.override.items()},
        "instrument": {target: _instrumented(entry) for target, entry in _config.current.instrument.items()},
    }


def _collector() -> dict[str, Any]:
    """The settings of the garbage collector. null means that the setting of Python or the program applies."""
    settings = _config.current.gc or _config.GcSettings()
    return {"threshold": settings.threshold, "freeze": settings.freeze, "from": _source("gc")}


def _settings(limits: Limits) -> dict[str, Any]:
    return limits.written()


def _instrumented(entry: _config.Instrumented) -> dict[str, Any]:
    more = {"reset": entry.reset, "capacity": entry.capacity, "keep": entry.keep}
    return {**_settings(entry.limits), **{name: value for name, value in more.items() if value is not None}}


def _source(name: str) -> str:
    """The source of a value: an environment variable, the configuration file, or the default of the library."""
    variable = f"POOLED_{name.upper()}"
    if os.environ.get(variable):
        return f"the environment, {variable}"
    if name in ("debug", "budget", "gc_trim", "numpy", "gc"):
        set_now = getattr(_config.current, name) != getattr(_config.Configuration(), name)
    else:
        set_now = getattr(_config.current.defaults, name) is not None
    return f"the file {os.environ['POOLED_CONFIG']}" if set_now and os.environ.get("POOLED_CONFIG") else "the library"


def _text(facts: dict[str, Any]) -> str:
    """The facts as a table."""
    kept = [name for name, holds in facts["keeps_capacity"].items() if holds]
    lost = [name for name, holds in facts["keeps_capacity"].items() if not holds]
    built = f", built for Python {facts['built_for']}" if facts["built_for"] else ""
    rows = [
        ("pooled", facts["version"], ""),
        ("Python", facts["python"] + (", without a GIL" if facts["free_threaded"] else ""), ""),
        ("engine", facts["engine"] + built, _engine_source(facts["why"])),
        ("keep capacity", ", ".join(kept) or "none", f"not in this build: {', '.join(lost)}" if lost else ""),
        ("debug", str(facts["debug"]["value"]), facts["debug"]["from"]),
        *((name, str(entry["value"]), entry["from"]) for name, entry in facts["defaults"].items()),
        *((name, str(facts[name]["value"]), facts[name]["from"]) for name in ("budget", "gc_trim", "numpy")),
        *((f"gc {name}", str(facts["gc"][name]), facts["gc"]["from"]) for name in ("threshold", "freeze")),
    ]
    for section in ("classes", "override", "instrument"):
        for target, limits in facts[section].items():
            settings = ", ".join(f"{key}={_shown(value)}" for key, value in limits.items()) or "the defaults"
            rows.append((target, settings, f"the file {facts['file']}, [{section}]"))
    return table(Screen.of(sys.stdout), ("what", "value", "from"), rows)


def _shown(value: Any) -> str:
    return " and ".join(value) if isinstance(value, tuple) else str(value)


def _engine_source(why: str | None) -> str:
    name = os.environ.get("POOLED_ENGINE")
    if name:
        return f"the environment, POOLED_ENGINE={name}"
    # The folder shows whether Python imported the sources of a checkout instead of the installed package.
    folder = Path(pooled.__file__).parent
    return "the default" if why is None else f"{folder} has no native engine that works here: {why}"
