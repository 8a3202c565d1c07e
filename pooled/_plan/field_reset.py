"""`field_reset`: a report of how objects are constructed, and how a pool treats their attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pooled._plan.class_info import pool_in
from pooled._plan.plan import Plan, plan_for_class
from pooled._plan.strategy import Strategy
from pooled._record import Record

if TYPE_CHECKING:  # many programs never read an `__init__`
    from pooled._plan.init_plan import InitPlan, Value

Action: TypeAlias = Literal["emptied", "made", "kept", "assigned"]


class FieldReset(Record, kw_only=False):
    """The treatment of one attribute.

    Attributes:
        name: its name.
        action: what happens to it.

            - "emptied": `__init__` makes an empty container. The native engine empties the container of the last life
              and keeps it.
            - "made": `__init__` makes an empty container of a kind that is not kept.
            - "kept": it is emptied in place and kept, because of `keep=`.
            - "assigned": it is unset when the object is recycled, and the next construction assigns it.
        detail: the class of the container, or the value that is assigned, as text.
    """

    name: str
    action: Action
    detail: str = ""


class FieldResets(Record, kw_only=False):
    """How the objects of a class are constructed and recycled: a sequence of `FieldReset`, also by name.

    `str()` of it is a table.

    Attributes:
        cls: the class.
        construction: "constructed in C" if the native engine carries out `__init__` in C; otherwise what prevents it: a
            line of its source, a field, or a property of the class.
        in_c: whether C carries out `__init__`.
        fields: the attributes that are known, in the order in which they are assigned; empty if none are.
    """

    cls: type
    construction: str
    in_c: bool
    fields: tuple[FieldReset, ...]

    def __iter__(self) -> Iterator[FieldReset]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __getitem__(self, name: str) -> FieldReset:
        """The treatment of the attribute `name`.

        Raises:
            KeyError: there is no such attribute.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def __str__(self) -> str:
        width = max((len(field.name) for field in self.fields), default=0)
        rows = (f"  {field.name.ljust(width)}  {field.action.ljust(_WIDTH)}  {field.detail}" for field in self.fields)
        return "\n".join((f"{self.cls.__qualname__}: {self.construction}", *(row.rstrip() for row in rows)))


_WIDTH: Final = len("assigned")

_KNOWN_AFTER: Final = 32
"""The number of objects after which it is known whether the attributes of a class have fixed places."""


def field_reset(cls: type) -> FieldResets:
    """Report how objects of `cls` are constructed, and what happens to their attributes when they are recycled.

    Args:
        cls: a class. If it is not poolable, the result describes what would happen if it were.

    Raises:
        TypeError: `cls` is not a class.
    """
    if not isinstance(cls, type):
        raise TypeError(f"cls={cls!r}: expected a class")
    plan = _plan_of(cls)
    if isinstance(plan, str):
        return FieldResets(cls, plan, False, ())
    found = construction_of(cls, plan)
    pool = pool_in(cls)
    if not isinstance(found, str) and pool is not None and _is_refused(pool):
        found = (
            "__init__ runs as Python code, because some attribute has no fixed place in the objects on this version of "
            "Python, or because the class was changed too often"
        )
    if isinstance(found, str):
        kept = () if plan.fields is None else plan.fields.names
        return FieldResets(cls, found, False, tuple(FieldReset(name, "kept") for name in kept))
    fields = tuple(_reset_of(name, value, found) for name, value in found.values.items())
    return FieldResets(cls, "constructed in C", True, fields)


def construction_of(cls: type, plan: Plan) -> InitPlan | str:
    """What the native engine does in C to construct an object; or a sentence that says why it cannot."""
    if plan.strategy is Strategy.RESET:
        return "__init__ runs as Python code, because the class has a reset"
    if plan.strategy is Strategy.KEEP:
        return "__init__ runs as Python code, because the class has attributes to keep"
    if plan.has_new:
        return "__init__ runs as Python code, because the class has a __new__ of its own"
    if plan.builtin is not None:
        return "__init__ is called, because the class has a builtin base"
    if cls.__init__ is object.__init__:  # type: ignore[misc] # it is only compared
        return "there is no __init__ to run"
    from pooled._plan.init_reader import read_init

    found = read_init(cls)
    return f"__init__ runs as Python code, because {found}" if isinstance(found, str) else found


def _is_refused(pool: Any) -> bool:
    """Whether the engine has refused to construct the objects of `pool` in C, although the reader has a plan."""
    refused: bool = pool.stats().taken > _KNOWN_AFTER and pool._store.plan_init() is False
    return refused


def _plan_of(cls: type) -> Plan | str:
    """The plan for objects of `cls`, or why they cannot be pooled."""
    pool = pool_in(cls)
    if pool is not None:
        plan: Plan = pool._store.plan
        return plan
    try:
        return plan_for_class(cls, hooked=False)
    except (TypeError, ValueError) as error:
        return f"it cannot be pooled: {error}"


def _reset_of(name: str, value: Value, plan: InitPlan) -> FieldReset:
    from pooled._plan.init_plan import Argument, Choice, Constant

    simples = value.simples() if isinstance(value, Choice) else (value,)
    for simple in simples:
        if not isinstance(simple, Argument | Constant):
            action: Action = "emptied" if simple.part.in_c else "made"
            return FieldReset(name, action, simple.part.cls.__qualname__)
    texts = (repr(each.value) if isinstance(each, Constant) else plan.parameters[each.index] for each in simples)  # type: ignore[union-attr]
    return FieldReset(name, "assigned", " or ".join(texts))
