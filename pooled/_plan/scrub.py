"""Scrubbing: an object becomes as blank as `__new__` of its class makes it."""

from __future__ import annotations

import io
import types
from contextlib import suppress
from sys import getrefcount
from typing import Any, Final

from pooled._plan.builtins import Builtin
from pooled._plan.hooks import Reset


def all_slots_of(cls: type) -> tuple[types.MemberDescriptorType, ...]:
    """The slots of objects of `cls`, including those hidden by a slot of the same name."""
    return tuple(
        member
        for base in cls.__mro__
        if "__slots__" in base.__dict__
        for member in base.__dict__.values()
        if isinstance(member, types.MemberDescriptorType)
    )


def slots_of(cls: type) -> dict[str, types.MemberDescriptorType]:
    """The slots of objects of `cls`, by name; of two with the same name, that of the nearest base."""
    return {
        name: member
        for base in reversed(cls.__mro__)
        if "__slots__" in base.__dict__
        for name, member in base.__dict__.items()
        if isinstance(member, types.MemberDescriptorType)
    }


def has_dict(cls: type) -> bool:
    """Whether objects of `cls` have a `__dict__`."""
    return cls.__dictoffset__ != 0


def scrubber(cls: type, builtin: Builtin | None) -> Reset:
    """A function that removes all attributes and items of an instance of `cls`. It returns False if it cannot."""
    slots = tuple(member.__delete__ for member in all_slots_of(cls))
    drops_dict = has_dict(cls)

    def scrub(obj: Any) -> bool:
        if builtin is not None:
            builtin.empty(obj)
        for unset in slots:
            with suppress(AttributeError):  # it may be unset
                unset(obj)
        return drop_attributes(obj) if drops_dict else True

    return scrub


def drop_attributes(obj: Any) -> bool:
    """Replace the `__dict__` of `obj` by an empty one, so that other references to the old one keep its content.

    False: the class does not allow a new dict, and the old one has other references.
    """
    try:
        object.__setattr__(obj, "__dict__", {})  # even if the class overrides __setattr__
    except AttributeError:
        if not has_dict_alone(obj):
            return False
        obj.__dict__.clear()
    return True


def has_dict_alone(obj: Any) -> bool:
    """Whether only `obj` refers to its `__dict__`."""
    return _references_to_dict(obj) == _DICT_UNSHARED


def _references_to_dict(obj: Any) -> int:
    return getrefcount(obj.__dict__)


_DICT_UNSHARED: Final = _references_to_dict(io.BytesIO())  # differs between versions of Python
