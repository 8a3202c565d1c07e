"""Kept fields: how the attributes of an object that are named in `keep=` are emptied in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from sys import getrefcount
from typing import Any, Final
from weakref import getweakrefcount

from pooled._plan.hooks import Reset
from pooled._plan.parts import Part, part_like
from pooled._plan.scrub import all_slots_of, has_dict, has_dict_alone, slots_of

EmptyNested = Callable[[Part, Any], bool]
"""`empty(part, value)` empties an object of a poolable class in place; False if it is not to be kept."""

_MISSING: Final = object()


def references(get: Callable[[Any], Any], obj: Any) -> int:
    """The number of references to the result of `get(obj)`; compare it with `_ALONE`."""
    value = get(obj)
    return getrefcount(value)


class _Slot:
    """The place of a field: a slot."""

    __slots__ = ("_cls", "_member")

    def __init__(self, cls: type, member: Any) -> None:
        self._cls = cls
        self._member = member

    def get(self, obj: Any) -> Any:
        return self._member.__get__(obj, self._cls)

    def set(self, obj: Any, value: Any) -> None:
        self._member.__set__(obj, value)

    def unset(self, obj: Any) -> None:
        self._member.__delete__(obj)


class _Entry:
    """The place of a field: an entry in the dict of the object."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, obj: Any) -> Any:
        try:
            return obj.__dict__[self.name]
        except KeyError:
            raise AttributeError(self.name) from None

    def set(self, obj: Any, value: Any) -> None:
        obj.__dict__[self.name] = value

    def unset(self, obj: Any) -> None:
        del obj.__dict__[self.name]


class _Probe:
    """An object to measure the result of `references` for a value with only one owner."""

    __slots__ = ("__dict__", "slot")
    slot: object

    def __init__(self) -> None:
        self.slot = object()
        self.__dict__["entry"] = object()


def _alone() -> Mapping[type, int]:
    probe, slot, entry = _Probe(), _Slot(_Probe, vars(_Probe)["slot"]), _Entry("entry")
    return {_Slot: references(slot.get, probe), _Entry: references(entry.get, probe)}


_ALONE: Final = _alone()
"""The result of `references`, by kind of place, for a value of only one object. It depends on the version of Python."""


class KeptFields:
    """How the objects of a class are emptied, except for attributes that are emptied in place.

    Args:
        cls: the class.
        names: the attributes to keep.
        scrub: makes an object blank.
    """

    def __init__(self, cls: type, names: tuple[str, ...], scrub: Reset) -> None:
        self.cls: Final = cls
        self.names: Final = names
        self._scrub: Final = scrub
        slots = slots_of(cls)
        self._places: Final = tuple(
            _Slot(cls, slots[name]) if _is_slot(cls, name, slots) else _Entry(name) for name in names
        )
        self._entries: Final = tuple(place.name for place in self._places if isinstance(place, _Entry))
        kept = [slots[name] for name in names if name not in self._entries]
        self._others: Final = tuple(member.__delete__ for member in all_slots_of(cls) if member not in kept)
        self._has_dict: Final = has_dict(cls)

    def empty(self, obj: Any, max_cap: int, empty_nested: EmptyNested) -> bool:
        """Empty an object without other references; False if an attribute cannot be kept: discard the object."""
        self._unset_others(obj)
        kept = []
        for place in self._places:
            value = self._keep(obj, place, max_cap, empty_nested)
            if value is _MISSING:
                value = self._replace(obj, place)
                if value is _MISSING:
                    return False
                _unset(place, obj)
            kept.append(value)
            del value  # so that it is not counted as a reference
        if self._scrub(obj) is False:
            return False
        kept.reverse()
        for place in self._places:
            place.set(obj, kept.pop())
            if not _is_alone(place, obj):  # emptying another part may have made a reference
                return False
        return True

    def _unset_others(self, obj: Any) -> None:
        """Unset all attributes that are not parts, before any part is checked: one may refer to a part."""
        for unset in self._others:
            with suppress(AttributeError):  # it may not be set
                unset(obj)
        if self._has_dict and has_dict_alone(obj):
            attributes = obj.__dict__
            parts = {name: attributes[name] for name in self._entries if name in attributes}
            attributes.clear()  # all at once, so that no key is compared
            attributes.update(parts)

    def _keep(self, obj: Any, place: _Slot | _Entry, max_cap: int, empty_nested: EmptyNested) -> Any:
        """Empty the part of `obj` at `place` and return it; `_MISSING` if it is not to be kept."""
        if not _is_alone(place, obj):
            return _MISSING
        value = place.get(obj)
        part = part_like(value)
        if part is None or getweakrefcount(value):
            return _MISSING
        is_kept = part.keep(value, max_cap) if part.pool is None else empty_nested(part, value)
        del value
        # Emptying it may have made a reference.
        return place.get(obj) if is_kept and _is_alone(place, obj) else _MISSING

    def _replace(self, obj: Any, place: _Slot | _Entry) -> Any:
        """Make a part like that of `obj`; `_MISSING` if it has none, or its dict has other references."""
        if isinstance(place, _Entry) and not has_dict_alone(obj):
            return _MISSING
        try:
            part = part_like(place.get(obj))
        except AttributeError:
            return _MISSING
        return _MISSING if part is None else part.make()


def _unset(place: _Slot | _Entry, obj: Any) -> None:
    """Unset a part that is not kept, since another part may refer to it; not in a dict with other references."""
    if isinstance(place, _Slot) or has_dict_alone(obj):
        with suppress(AttributeError, KeyError):  # it may not be set
            place.unset(obj)


def _is_slot(cls: type, name: str, slots: Mapping[str, Any]) -> bool:
    """Whether the attribute `name` of objects of `cls` is a slot that no other class attribute hides."""
    return name in slots and next(base for base in cls.__mro__ if name in base.__dict__).__dict__[name] is slots[name]


def _is_alone(place: _Slot | _Entry, obj: Any) -> bool:
    """Whether only `obj` refers to the value at `place`; False if there is none."""
    if isinstance(place, _Entry) and not has_dict_alone(obj):
        return False
    try:
        return references(place.get, obj) == _ALONE[type(place)]
    except AttributeError:
        return False
