"""`field_reset`: a report of what becomes of each field of a recycled object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from pooled._plan.class_info import pool_in
from pooled._plan.parts import AnyPart
from pooled._plan.plan import Plan, plan_for_class
from pooled._plan.schema import NO_DEFAULT, Field
from pooled._record import Record

Action: TypeAlias = Literal["emptied", "kept", "default", "made", "unset"]


class FieldReset(Record, kw_only=False):
    """The treatment of one field.

    Attributes:
        name: the name of the attribute.
        action: "emptied": a container, which is emptied in place and kept. "kept": the same, because of `keep=`.
            "default": it is set to its default. "made": a function makes a new value for each take. "unset": it has no
            value until it is assigned one.
        detail: the class of the container, the default, or the function, as text.
    """

    name: str
    action: Action
    detail: str = ""


class FieldResets(Record, kw_only=False):
    """The treatment of the fields of a class: a sequence of `FieldReset` in the order of the fields, also by name.

    `str()` of it is a table.

    Attributes:
        cls: the class.
        why: how its objects are emptied, and if not field by field, why not.
        fields: the field resets; empty if the objects are not emptied field by field.
    """

    cls: type
    why: str
    fields: tuple[FieldReset, ...]

    def __iter__(self) -> Iterator[FieldReset]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __getitem__(self, name: str) -> FieldReset:
        """The reset of the field `name`.

        Raises:
            KeyError: there is no such field.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def __str__(self) -> str:
        width = max((len(field.name) for field in self.fields), default=0)
        rows = (f"  {field.name.ljust(width)}  {field.action.ljust(_WIDTH)}  {field.detail}" for field in self.fields)
        return "\n".join((f"{self.cls.__qualname__}: {self.why}", *(row.rstrip() for row in rows)))


_WIDTH: Final = len("emptied")


def field_reset(cls: type) -> FieldResets:
    """Report what becomes of the fields of an object of `cls` when it is recycled.

    Args:
        cls: a class. If it is not poolable, the result describes what would happen if it were.

    Raises:
        TypeError: `cls` is not a class.
    """
    if not isinstance(cls, type):
        raise TypeError(f"cls={cls!r}: expected a class")
    plan = _plan_of(cls)
    if isinstance(plan, str):
        return FieldResets(cls, plan, ())
    fields = () if plan.fields is None else plan.fields.schema.fields
    return FieldResets(cls, plan.why, tuple(map(_reset_of, fields)))


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


def _reset_of(field: Field) -> FieldReset:
    if isinstance(field.part, AnyPart):
        return FieldReset(field.name, "kept")
    if field.part is not None:
        return FieldReset(field.name, "emptied", field.part.cls.__qualname__)
    if field.make is not None:
        return FieldReset(field.name, "made", f"by {getattr(field.maker, '__qualname__', None) or repr(field.maker)}")
    if field.default is NO_DEFAULT:
        return FieldReset(field.name, "unset")
    return FieldReset(field.name, "default", repr(field.default))
