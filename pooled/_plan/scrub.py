"""Scrubbing: making an object blank, as its class's `__new__` would."""

from __future__ import annotations

import io
import types
from collections.abc import Callable
from contextlib import suppress
from sys import getrefcount
from typing import Any, Final, TypeAlias

from pooled._plan.builtins import Builtin

Reset: TypeAlias = Callable[[Any], object]


def all_slots_of(cls: type) -> tuple[types.MemberDescriptorType, ...]:
    """The slots of the objects of `cls`, those that a slot of the same name hides among them."""
    return tuple(
        member
        for base in cls.__mro__
        if "__slots__" in base.__dict__
        for member in base.__dict__.values()
        if isinstance(member, types.MemberDescriptorType)
    )


def slots_of(cls: type) -> dict[str, types.MemberDescriptorType]:
    """The slots of the objects of `cls`, by name; of two with the same name, that of the nearest base."""
    return {
        name: member
        for base in reversed(cls.__mro__)
        if "__slots__" in base.__dict__
        for name, member in base.__dict__.items()
        if isinstance(member, types.MemberDescriptorType)
    }


def has_dict(cls: type) -> bool:
    """Whether the objects of `cls` have a `__dict__`."""
    return cls.__dictoffset__ != 0


def scrubber(cls: type, builtin: Builtin | None) -> Reset:
    """A function that makes an instance of `cls` as `cls.__new__(cls)` would: no attributes, no items."""
    slots = tuple(member.__delete__ for member in all_slots_of(cls))
    drops_dict = has_dict(cls)

    def scrub(obj: Any) -> bool:
        if builtin is not None:
            builtin.empty(obj)
        for unset in slots:
            with suppress(AttributeError):  # it may not be set
                unset(obj)
        return drop_attributes(obj) if drops_dict else True

    return scrub


def drop_attributes(obj: Any) -> bool:
    """Give `obj` a `__dict__` that nobody else has: whoever took `vars(obj)` keeps what they took.

    False where the class does not let its dict be replaced and somebody else holds it.
    """
    try:
        object.__setattr__(obj, "__dict__", {})  # whatever the class says of setting attributes
    except AttributeError:
        if not has_dict_alone(obj):
            return False
        obj.__dict__.clear()
    return True


def has_dict_alone(obj: Any) -> bool:
    """Whether nobody but `obj` has its `__dict__`."""
    return _references_to_dict(obj) == _DICT_UNSHARED


def _references_to_dict(obj: Any) -> int:
    return getrefcount(obj.__dict__)


_DICT_UNSHARED: Final = _references_to_dict(io.BytesIO())  # differs between versions of Python
