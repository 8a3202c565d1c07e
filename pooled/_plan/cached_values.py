"""Values of `functools.cached_property`: hooks do not know of them, so they are deleted after each hook."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, TypeAlias

from pooled._plan.scrub import has_dict, slots_of

Hook: TypeAlias = Callable[[Any], Any]


def deleting_cached_values(cls: type, hook: Hook) -> Hook:
    """A function that calls `hook` and then deletes the cached values of the object; `hook` if there can be none."""
    names = tuple(_names_in_dict(cls)) if has_dict(cls) else ()
    delete_slots = tuple(_deleters_of_slots(cls))
    if not names and not delete_slots:
        return hook

    def call(obj: Any) -> Any:
        result = hook(obj)
        for name in names:
            obj.__dict__.pop(name, None)
        for delete in delete_slots:
            with suppress(AttributeError):  # it may be unset
                delete(obj)
        return result

    return call


def _names_in_dict(cls: type) -> set[str]:
    """The entries of an object's dict that cached properties make, also those of a base that a property overrides."""
    names = {
        value.attrname
        for base in cls.__mro__
        for value in base.__dict__.values()
        if isinstance(value, cached_property) and value.attrname is not None
    }
    # Where a subclass has a plain value in place of the property, the entry is an attribute that the reset may set.
    return {name for name in names if not _is_plain_value(cls, name)}


def _is_plain_value(cls: type, name: str) -> bool:
    """Whether the class attribute of this name is no descriptor, as properties and functions are."""
    owner = next((base for base in cls.__mro__ if name in base.__dict__), None)
    return owner is not None and not hasattr(type(owner.__dict__[name]), "__get__")


def _deleters_of_slots(cls: type) -> Iterator[Callable[[Any], None]]:
    """Functions that unset the slots in which attrs keeps the values of cached properties."""
    slots = slots_of(cls)
    for base in cls.__mro__:
        getter = base.__dict__.get("__getattr__")
        if isinstance(getter, types.FunctionType) and getter.__code__.co_filename.startswith(
            "<attrs generated getattr"
        ):
            for name in getter.__globals__.get("cached_properties", ()):
                if name in slots:
                    yield slots[name].__delete__
