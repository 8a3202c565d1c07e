"""Plans of construction: the assignments of an `__init__`, if C can carry them out without running Python code."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pooled._plan.parts import Part
from pooled._record import Record


class Argument(Record, kw_only=False):
    """The value of a parameter of `__init__`.

    Attributes:
        index: its index among the parameters after `self`.
        name: its name.
    """

    index: int
    name: str


class Constant(Record, kw_only=False, eq=False):
    """A value that is the same for each object.

    Attributes:
        value: the value.
    """

    value: Any


class Container(Record, kw_only=False, eq=False):
    """A new empty container for each object. Compared by identity: each is one evaluation of an expression.

    Attributes:
        part: the kind of container.
    """

    part: Part


Simple: TypeAlias = Argument | Constant | Container


class Choice(Record, kw_only=False):
    """One of two values: `same if argument is sentinel else other`.

    Attributes:
        test: the index of the parameter.
        sentinel: the object that it is compared with, often None.
        same: the value if it is that object.
        other: the value if it is not.
    """

    test: int
    sentinel: Any
    same: Simple
    other: Simple

    def simples(self) -> tuple[Simple, Simple]:
        """Both values."""
        return self.same, self.other


Value: TypeAlias = Simple | Choice


class FunctionGuard(Record, kw_only=False, eq=False):
    """A function that was read. The plan holds as long as it has this code and these defaults."""

    function: types.FunctionType
    code: types.CodeType
    defaults: tuple[Any, ...] | None
    kwdefaults: dict[str, Any] | None


class GlobalGuard(Record, kw_only=False, eq=False):
    """A global or builtin name that was read. The plan holds as long as the name refers to this value."""

    namespace: dict[str, Any]
    builtins: dict[str, Any]
    name: str
    value: Any


class CellGuard(Record, kw_only=False, eq=False):
    """A variable of an enclosing scope that was read. The plan holds as long as it has this value."""

    cell: types.CellType
    value: Any


class InitPlan(Record, eq=False):
    """The assignments of an `__init__` that only assigns arguments, constants and new empty containers.

    Attributes:
        cls: the class.
        parameters: the names of the parameters after `self`.
        positional: the number of parameters that can be passed by position.
        positional_only: the number of parameters that cannot be passed by keyword.
        values: the value of each attribute, in the order in which they are assigned.
        uses_setattr: whether an attribute is set by an assignment, which a `__setattr__` of the class would intercept.
        has_super: whether it includes the `__init__` of another class.
        functions: the functions that were read; the first is `__init__` of the class.
        globals: the names that were read.
        cells: the variables of enclosing scopes that were read.
    """

    cls: type
    parameters: tuple[str, ...]
    positional: int
    positional_only: int
    values: Mapping[str, Value]
    uses_setattr: bool
    has_super: bool
    functions: tuple[FunctionGuard, ...]
    globals: tuple[GlobalGuard, ...]
    cells: tuple[CellGuard, ...]


MOST: Final = 64
"""The most parameters and the most attributes of a plan; the C code has arrays of this size."""


class NotPlannedError(Exception):
    """`__init__` has to run as Python code; the text is a clause that says why."""


def find(cls: type, name: str) -> Any:
    """The attribute `name` of a class as its dict has it, without descriptors; None if there is none."""
    return next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)


def check_attribute(cls: type, name: str) -> None:
    """Raise NotPlannedError if assigning the attribute `name` of an object of `cls` does more than store it."""
    found = find(cls, name)
    if type(found) is types.MemberDescriptorType:
        if found.__name__ != name:
            raise NotPlannedError(f"the attribute {name!r} is the slot of another name")
        return  # the C code looks at it again
    if hasattr(type(found), "__set__") or hasattr(type(found), "__delete__"):
        raise NotPlannedError(f"the attribute {name!r} is a descriptor ({type(found).__name__})")
    if not cls.__dictoffset__:
        raise NotPlannedError(f"its objects have neither a slot nor a dict for the attribute {name!r}")


def check_containers(values: Mapping[str, Value]) -> None:
    """Raise NotPlannedError if two attributes share a container, or one has two kinds of containers."""
    owners: dict[int, str] = {}
    for name, value in values.items():
        simples = value.simples() if isinstance(value, Choice) else (value,)
        containers = [simple for simple in simples if isinstance(simple, Container)]
        if len({container.part.make for container in containers}) > 1:
            raise NotPlannedError(f"the attribute {name!r} gets one of two kinds of containers")
        for container in containers:
            owner = owners.setdefault(id(container), name)
            if owner != name:
                raise NotPlannedError(f"the attributes {owner!r} and {name!r} get the same container")
