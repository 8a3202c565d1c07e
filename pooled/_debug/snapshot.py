"""Snapshots of parked objects, and how an object differs from the state in which it was parked."""

from __future__ import annotations

import array
import collections
import gc
import io
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

import wrapt

from pooled._plan.plan import Plan
from pooled._plan.scrub import has_dict, slots_of

Snapshot: TypeAlias = tuple[int | None, dict[int, int | None]]
"""The size of an object, and the sizes of its attributes by their `id`; None for values without a size."""


def snapshot(obj: Any) -> Snapshot:
    """Record the sizes of an object and of its attributes. It refers to none of them."""
    return _size(obj), {id(value): _size(value) for _, value in _attributes(obj)}


def difference(obj: Any, parked_as: Snapshot | None, plan: Plan, kept: Sequence[str]) -> str | None:
    """How an object differs from the state in which it was parked, as a phrase for people; None if it does not.

    Args:
        obj: the object.
        parked_as: its state after its reset; None if it was not recorded. It is used only if the class has a reset.
        plan: how the object was emptied.
        kept: the names of the attributes that were left with an empty container.
    """
    if plan.reset is not None:
        return None if parked_as is None else _changes(obj, parked_as)
    if size := _size(obj):
        return f"it was left empty and has {size} elements"
    if plan.fields is None and (remaining := _remaining_attribute(obj, plan, kept)):
        return remaining
    for name in kept:
        if size := _size(_own_attribute(obj, name)):
            return f"its {name!r} was left empty and has {size} elements"
    return None


_LENGTHS: Final[dict[type, Callable[[Any], int]]] = {
    cls: cls.__len__ for cls in (list, dict, set, bytearray, collections.deque, array.array)
}


def _size(value: Any) -> int | None:
    """How many elements a builtin container, or a proxy for one, holds; None for any other value."""
    cls = type(value)
    if issubclass(cls, wrapt.BaseObjectProxy):
        return _size(value.__wrapped__)
    for base, length in _LENGTHS.items():
        if issubclass(cls, base):
            return length(value)
    if issubclass(cls, io.BytesIO) and not value.closed:
        return io.BytesIO.getbuffer(value).nbytes
    return None


def _attributes(obj: Any) -> Iterator[tuple[str, Any]]:
    """The attributes stored in an object, without any code that its class runs to get attributes."""
    cls = type(obj)
    for name, member in slots_of(cls).items():
        with suppress(AttributeError):  # it may be unset
            yield name, member.__get__(obj, cls)
    descriptor = _dict_descriptor(cls)
    if descriptor is not None:
        yield from dict(descriptor.__get__(obj, cls) or {}).items()


def _dict_descriptor(cls: type) -> Any:
    """The descriptor that gives the `__dict__` of an object of `cls`; None if such objects have none."""
    if not has_dict(cls):
        return None
    found = (base.__dict__.get("__dict__") for base in cls.__mro__)
    stock = types.GetSetDescriptorType | types.MemberDescriptorType
    return next((each for each in found if isinstance(each, stock)), None)


def _changes(obj: Any, parked_as: Snapshot) -> str | None:
    own_size, sizes = parked_as
    if (size := _size(obj)) != own_size:
        return f"it was left with {own_size} elements and has {size}"
    names = dict(_attributes(obj))
    for name, value in names.items():
        if id(value) not in sizes:
            return f"its {name!r} has changed"
        before, now = sizes[id(value)], _size(value)
        if before != now:
            return f"its {name!r} was left with {before} elements and has {now}"
    if sizes.keys() - set(map(id, names.values())):
        return "an attribute that it had is gone"
    return None


def _remaining_attribute(obj: Any, plan: Plan, kept: Sequence[str]) -> str | None:
    """An attribute that an object should not have, as a phrase for people."""
    # The collector is asked first: a look into the dict of an object makes its later attribute accesses slower.
    parts = {id(_own_attribute(obj, name)) for name in kept}
    contents = (value for value in gc.get_referents(obj) if id(value) not in parts)
    if plan.builtin is None and not any(map(_is_content, contents)):
        return None
    for name, _ in _attributes(obj):
        if name not in kept:
            return f"it was left without {repr(name) if kept else 'attributes'} and has {name!r}"
    return None


def _is_content(value: Any) -> bool:
    """Whether a value that an object refers to is more than its class and an empty dict."""
    return not issubclass(type(value), type) and not (type(value) is dict and not value)


_MISSING: Final = object()


def _own_attribute(obj: Any, name: str) -> Any:
    """The value of an attribute that is set in the object itself, else None."""
    try:
        value = object.__getattribute__(obj, name)
    except AttributeError:
        return None
    return None if value is getattr(type(obj), name, _MISSING) else value
