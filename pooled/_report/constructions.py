"""Constructions: a table of how calls of poolable classes constructed their objects, and why some run `__init__`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pooled import _engine
from pooled._plan.field_reset import field_reset
from pooled._report.names import shown


def table(pools: Mapping[str, Any]) -> str:
    """A line for each pool of a class whose objects were taken; the empty string if there are none."""
    lines = [line for name, pool in pools.items() for line in _lines(name, pool)] if _engine.name == "native" else []
    return "\n".join(("Constructed in C and in Python:", *lines)) if lines else ""


def _lines(name: str, pool: Any) -> Iterator[str]:
    plan = getattr(getattr(pool, "_store", None), "plan", None)
    if plan is None or not plan.hooked or not pool.stats().taken:
        return
    counts = pool.constructions()
    stopped = ", ".join(
        f"{reason} {count:,}" for reason, count in counts.asdict().items() if count and reason != "in_c"
    )
    if counts.in_c or stopped:
        yield f"  {shown(name)}: {counts.in_c:,} in C" + (f"; in Python: {stopped}" if stopped else "")
    else:
        found = field_reset(plan.cls)
        reason = "called too rarely to be planned" if found.in_c else found.construction
        yield f"  {shown(name)}: {reason}"
