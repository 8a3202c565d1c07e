"""Symbols: the facts that the reader of an `__init__` knows about an object of the function, without the object."""

from __future__ import annotations

import collections
import enum
import functools
import types
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from pooled._plan.builtins import EMPTIABLE, Shim
from pooled._plan.init_plan import Argument, Choice, Constant, Container, NotPlannedError, Value, find
from pooled._plan.parts import part_made_by
from pooled._record import Record


class Marker(enum.Enum):
    """Symbols without a value. Two equal ones are interchangeable."""

    SELF = "self"
    NULL = "nothing"
    SELF_DICT = "self.__dict__"
    SETATTR = "object.__setattr__ of self"


class Named(Constant, kw_only=False, eq=False):
    """A constant that a name referred to: a global or builtin one, or one of an enclosing scope.

    Attributes:
        name: the name.
    """

    name: str


class Super(Record, kw_only=False, eq=False):
    """The result of `super()`.

    Attributes:
        cls: the class whose successor in the method resolution order it looks attributes up on.
    """

    cls: type


class InitOf(Record, kw_only=False, eq=False):
    """An inherited `__init__`, which is called with `self` as its first argument.

    Attributes:
        function: the function, or the object in its place.
    """

    function: Any


Symbol: TypeAlias = Value | Marker | Super | InitOf

_PLAIN: Final = (type(None), bool, int, float, complex, str, bytes, type)


def name_of(symbol: Symbol) -> str:
    """Its name for the user."""
    if isinstance(symbol, Named | Argument):
        return symbol.name
    if isinstance(symbol, Constant):
        return getattr(symbol.value, "__qualname__", None) or repr(symbol.value)
    return symbol.value if isinstance(symbol, Marker) else "it"


def value_of(symbol: Symbol) -> Value:
    """The value of an attribute that gets this symbol."""
    if isinstance(symbol, Named):
        # The plan would keep any other object alive. Not `isinstance`: it reads the `__class__` of a lazy object, which
        # then loads what it stands for.
        if not (issubclass(type(symbol.value), _PLAIN) or _is_empty_tuple(symbol.value) or is_default(symbol.name)):
            raise NotPlannedError(f"it assigns the value of the variable {symbol.name!r}")
        return Constant(symbol.value)
    if isinstance(symbol, Argument | Constant | Container | Choice):
        return symbol
    raise NotPlannedError(f"it assigns {name_of(symbol)} to an attribute")


def _is_empty_tuple(value: Any) -> bool:
    return type(value) is tuple and not value


def is_default(name: str) -> bool:
    """Whether it is the name under which dataclasses keep the default of a field that is no parameter."""
    return name.startswith(("_dflt_", "__dataclass_dflt_"))


def made_by(callee: Any, args: Sequence[Symbol]) -> Value | None:
    """The result of a call that makes an empty builtin container; None for any other call.

    A shim counts as its builtin: a container that stays with its object needs no pool of its own.
    """
    factory = callee = callee._self_builtin if issubclass(type(callee), Shim) else callee
    if callee is tuple and not args:
        return Constant(())
    if callee is collections.defaultdict and len(args) == 1 and isinstance(args[0], Constant):
        factory, args = functools.partial(callee, args[0].value), ()
    is_known = issubclass(type(factory), (type, functools.partial))  # `isinstance` might run code of the object
    part = part_made_by(factory) if is_known and not args else None
    if part is None or part.cls not in EMPTIABLE:
        return None
    is_mutable = isinstance(callee, functools.partial)  # its arguments can be changed in place, so it is called
    return Container(part.replace(in_c=False) if is_mutable else part)


def is_same(one: Symbol, other: Symbol) -> bool:
    """Whether two symbols stand for the same object."""
    if isinstance(one, Constant) and isinstance(other, Constant):
        return one.value is other.value
    return one is other or (isinstance(one, Argument | Choice) and one == other)


def chosen(test: int, sentinel: Any, same: Symbol, other: Symbol) -> Symbol:
    """The symbol of `same if argument is sentinel else other`."""
    if is_same(same, other):
        return same
    values = [value_of(each) for each in (same, other)]
    if any(isinstance(each, Choice) for each in values):
        raise NotPlannedError("a value depends on two tests")
    return Choice(test, sentinel, *values)  # type: ignore[arg-type] # they are not choices


def inherited_init(cls: type, after: Any) -> Any:
    """The `__init__` that `super(after, self)` finds for an object of `cls`."""
    mro = cls.__mro__
    if after not in mro:
        raise NotPlannedError("its super() is of another class")
    for base in mro[mro.index(after) + 1 :]:
        if "__init__" in base.__dict__:
            return base.__dict__["__init__"]
    raise NotPlannedError("there is no inherited __init__")


def attribute_of(cls: type, owner: Symbol, name: str) -> Symbol | None:
    """The attribute of this name of an object in an `__init__` of `cls`; None if it is not known."""
    if owner is Marker.SELF and name == "__dict__" and cls.__dictoffset__:
        return Marker.SELF_DICT
    if not isinstance(owner, Constant):
        return None
    if owner.value is object and name == "__setattr__":
        return Constant(object.__setattr__)
    init = _init_of_base(cls, owner.value) if name == "__init__" else None
    return InitOf(init) if init else None


def _init_of_base(cls: type, base: Any) -> Any:
    """The symbol of `base.__init__` if `base` is a base of `cls`; None if it is not, or if this is unknown."""
    if not any(each is base for each in cls.__mro__):
        return None
    metaclass: Any = type(base)
    slot = find(metaclass, "__init__")
    is_plain = metaclass.__getattribute__ is type.__getattribute__ and not hasattr(type(slot), "__set__")
    return find(base, "__init__") if is_plain else None


def is_setattr_getter(value: Any) -> bool:
    """Whether it is `object.__setattr__.__get__`, as attrs calls it."""
    return (
        type(value) is types.MethodWrapperType and value.__name__ == "__get__" and value.__self__ is object.__setattr__
    )
