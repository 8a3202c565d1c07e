"""Plans of construction for the C module: the description that `native.InitPlan` takes."""

from __future__ import annotations

from typing import Any, TypeAlias

from pooled._plan.init_plan import Argument, Choice, Constant, Container, InitPlan, Simple, Value
from pooled._plan.init_reader import read_init
from pooled._plan.parts import replacement

_Source: TypeAlias = tuple[int, int, Any]

_NO_PART: Any = (None, None, None, False, None)


def plan_in_c(cls: type, native: Any) -> Any:
    """The plan of the `__init__` of `cls` for the C module `native`; None if it has to run as Python code."""
    plan = read_init(cls)
    if not isinstance(plan, InitPlan):
        return None
    fields = native.Fields(
        cls,
        tuple(_field(native, name, value) for name, value in plan.values.items()),
        strategy=native.STRATEGIES["FIELDS"],
        replace=replacement,
    )
    return native.InitPlan(
        fields,
        plan.parameters,
        plan.positional,
        plan.positional_only,
        tuple(_item(native, value) for value in plan.values.values()),
        tuple((each.function, each.code, each.defaults, each.kwdefaults) for each in plan.functions),
        tuple((each.namespace, each.builtins, each.name, each.value) for each in plan.globals),
        tuple((each.cell, each.value) for each in plan.cells),
        plan.uses_setattr,
        plan.has_super,
    )


def _field(native: Any, name: str, value: Value) -> Any:
    simples = value.simples() if isinstance(value, Choice) else (value,)
    parts = [simple.part for simple in simples if isinstance(simple, Container) and _is_kept(native, simple)]
    if not parts:
        return (name, *_NO_PART)
    part = parts[0]
    return name, part.make, part.cls, part.keep, True, part.restore


def _item(native: Any, value: Value) -> tuple[int, Any, _Source, _Source]:
    if isinstance(value, Choice):
        return value.test, value.sentinel, _source(native, value.same), _source(native, value.other)
    source = _source(native, value)
    return -1, None, source, source


def _source(native: Any, value: Simple) -> _Source:
    sources = native.SOURCES
    if isinstance(value, Argument):
        return sources["Argument"], value.index, None
    if isinstance(value, Constant):
        return sources["Constant"], 0, value.value
    if _is_kept(native, value):
        return sources["Container"], 0, None
    return sources["New"], 0, value.part.make


def _is_kept(native: Any, container: Container) -> bool:
    """Whether C empties such a container, so that an object keeps it."""
    return container.part.in_c and bool(native.empties(container.part.cls))
