"""`python -m pooled info`: what is in force here, and where each value came from."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import attrs

import pooled
from pooled import _config
from pooled._cli.table import Screen, table
from pooled._policy import Policy


def inform(*, as_json: bool) -> int:
    """Print it; 0."""
    found = facts()
    print(json.dumps(found, indent=2) if as_json else text(found))
    return 0


def facts() -> dict[str, Any]:
    """What is known."""
    about = pooled.engine_info()
    policy = _config.current.defaults.completed()
    return {
        "version": pooled.__version__,
        "python": sys.version.split()[0],
        "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
        "engine": about.name,
        "built_for": about.built_for,
        "keeps_capacity": dict(about.keeps_capacity),
        "debug": {"value": _config.current.debug, "from": _source("debug")},
        "defaults": {
            field.name: {"value": getattr(policy, field.name), "from": _source(field.name)}
            for field in attrs.fields(Policy)
        },
        "budget": {"value": _config.current.budget, "from": _source("budget")},
        "gc_trim": {"value": _config.current.gc_trim, "from": _source("gc_trim")},
        "file": os.environ.get("POOLED_CONFIG"),
        "classes": {target: _written(limits) for target, limits in _config.current.classes.items()},
        "override": {target: _written(limits) for target, limits in _config.current.override.items()},
        "instrument": {target: _instrumented(each) for target, each in _config.current.instrument.items()},
    }


def _written(limits: Any) -> dict[str, Any]:
    return {name: value for name, value in attrs.asdict(limits).items() if value is not None}


def _instrumented(entry: _config.Instrumented) -> dict[str, Any]:
    more = {"reset": entry.reset, "capacity": entry.capacity, "keep": entry.keep}
    return {**_written(entry.limits), **{name: value for name, value in more.items() if value is not None}}


def _source(name: str) -> str:
    """Where a default came from."""
    variable = f"POOLED_{name.upper()}"
    if os.environ.get(variable):
        return f"the environment, {variable}"
    if name in ("debug", "budget", "gc_trim"):
        set_now = getattr(_config.current, name) != getattr(_config.Configuration(), name)
    else:
        set_now = getattr(_config.current.defaults, name) is not None
    return f"the file {os.environ['POOLED_CONFIG']}" if set_now and os.environ.get("POOLED_CONFIG") else "the library"


def text(found: dict[str, Any]) -> str:
    """For people."""
    kept = [name for name, holds in found["keeps_capacity"].items() if holds]
    lost = [name for name, holds in found["keeps_capacity"].items() if not holds]
    built = f", built for Python {found['built_for']}" if found["built_for"] else ""
    rows = [
        ("pooled", found["version"], ""),
        ("Python", found["python"] + (", without a GIL" if found["free_threaded"] else ""), ""),
        ("engine", found["engine"] + built, _engine_source()),
        ("keep their room", ", ".join(kept) or "none", f"not here: {', '.join(lost)}" if lost else ""),
        ("debug", str(found["debug"]["value"]), found["debug"]["from"]),
        *((name, str(entry["value"]), entry["from"]) for name, entry in found["defaults"].items()),
        *((name, str(found[name]["value"]), found[name]["from"]) for name in ("budget", "gc_trim")),
    ]
    for section in ("classes", "override", "instrument"):
        for target, limits in found[section].items():
            said = ", ".join(f"{key}={_shown(value)}" for key, value in limits.items()) or "as the defaults are"
            rows.append((target, said, f"the file {found['file']}, [{section}]"))
    return table(Screen.of(sys.stdout), ("what", "value", "from"), rows)


def _shown(value: Any) -> str:
    return " and ".join(value) if isinstance(value, tuple) else str(value)


def _engine_source() -> str:
    name = os.environ.get("POOLED_ENGINE")
    if name:
        return f"the environment, POOLED_ENGINE={name}"
    # Which folder that is tells who stands in a checkout, whose sources Python finds first.
    folder = Path(pooled.__file__).parent
    return "it was built" if pooled.engine == "native" else f"the native one was not built in {folder}"
