"""Field plans: how an object is emptied field by field, and made ready for its next use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from sys import getrefcount
from typing import Any, Final
from weakref import getweakrefcount

from pooled._plan.hooks import Reset
from pooled._plan.parts import Part
from pooled._plan.schema import NO_DEFAULT, Field, Schema
from pooled._plan.scrub import all_slots_of, has_dict, has_dict_alone, slots_of
from pooled._plan.strategy import Completion, Strategy

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
    """An object to measure the result of `references` for a value that only one object refers to."""

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


class FieldPlan:
    """How the objects of a class are emptied in place and made ready, according to a schema.

    Args:
        cls: the class.
        schema: its fields.
        scrub: makes an object blank.
        strategy: `FIELDS` if the schema is complete; `KEEP` if it only has the attributes to keep.
    """

    def __init__(self, cls: type, schema: Schema, scrub: Reset, *, strategy: Strategy) -> None:
        self.cls: Final = cls
        self.schema: Final = schema
        self.blank: Final = scrub
        self.strategy: Final = strategy
        slots = slots_of(cls)
        self._places: Final = {
            field.name: _Slot(cls, slots[field.name]) if _is_slot(cls, field.name, slots) else _Entry(field.name)
            for field in schema.fields
        }
        given = (*schema.fields, *schema.passed_on)
        self._parts: Final = tuple(field for field in schema.fields if field.part is not None)
        self._entries: Final = tuple(
            field.name for field in self._parts if isinstance(self._places[field.name], _Entry)
        )
        kept = [slots[field.name] for field in self._parts if field.name not in self._entries]
        self._others: Final = tuple(member.__delete__ for member in all_slots_of(cls) if member not in kept)
        self._has_dict: Final = has_dict(cls)
        self._checked: Final = tuple(field for field in schema.fields if field.validate is not None)
        self._keywords: Final = tuple(field.keyword for field in given if field.keyword is not None)
        self._required: Final = tuple(field.keyword for field in given if field.is_required)
        makes = any(field.make is not None for field in schema.fields)
        converts = any(field.convert is not None for field in schema.fields)
        self.completion: Final = (
            Completion.ALWAYS
            if makes or schema.finish is not None
            else Completion.CONVERTS
            if converts or self._checked or schema.passed_on
            else Completion.ASSIGNS
        )
        """What `finish` has to do for an object that is taken."""

    def empty(self, obj: Any, max_cap: int, empty_nested: EmptyNested) -> bool:
        """Empty an object that nobody refers to: only parts that only it refers to stay, emptied. False: discard it."""
        self._unset_others(obj)
        kept = []
        for field in self._parts:
            value = self._keep(obj, field, max_cap, empty_nested)
            if value is _MISSING:
                if field.part.make is None:  # type: ignore[union-attr] # fields in `_parts` have a part
                    value = self._replace(obj, field)
                    if value is _MISSING and self.strategy is Strategy.KEEP:
                        return False
                _unset(self._places[field.name], obj)
            kept.append(value)
        if self.blank(obj) is False:
            return False
        kept.reverse()
        for field in self._parts:
            value = kept.pop()
            if value is _MISSING:
                continue
            place = self._places[field.name]
            place.set(obj, value)
            del value
            if not _is_alone(place, obj):  # emptying another part may have made a reference
                place.unset(obj)
                if self.strategy is Strategy.KEEP:
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

    def _keep(self, obj: Any, field: Field, max_cap: int, empty_nested: EmptyNested) -> Any:
        """Empty the part of `obj` in `field` and return it; `_MISSING` if it is not to be kept."""
        place = self._places[field.name]
        if not _is_alone(place, obj):
            return _MISSING
        value = place.get(obj)
        part = field.part.kind_of(value)  # type: ignore[union-attr] # fields in `_parts` have a part
        if part is None or getweakrefcount(value):
            return _MISSING
        is_kept = part.keep(value, max_cap) if part.pool is None else empty_nested(part, value)
        del value
        # Emptying it may have made a reference.
        return place.get(obj) if is_kept and _is_alone(place, obj) else _MISSING

    def _replace(self, obj: Any, field: Field) -> Any:
        """Make a part like that of `obj` in `field`; `_MISSING` if it has none, or its dict has other references."""
        if isinstance(self._places[field.name], _Entry) and not has_dict_alone(obj):
            return _MISSING
        try:
            part = field.part.kind_of(self._places[field.name].get(obj))  # type: ignore[union-attr] # the same
        except AttributeError:
            return _MISSING
        return _MISSING if part is None else part.make()

    def make_ready(self, obj: Any, given: Mapping[str, Any]) -> None:
        """Bring an emptied or blank object into the state after `__init__` with the arguments `given`."""
        self.fill(obj)
        if given or self.completion is Completion.ALWAYS:
            self.finish(obj, given)

    def fill(self, obj: Any) -> None:
        """Set the defaults of an object, and the parts that it did not keep, in the order of `__init__`."""
        values = [(self._places[field.name], self._filling(obj, field)) for field in self.schema.fields]
        self.blank(obj)
        for place, value in values:
            if value is not _MISSING:
                place.set(obj, value)

    def _filling(self, obj: Any, field: Field) -> Any:
        if field.part is None:
            return field.default if field.default is not NO_DEFAULT else _MISSING
        try:
            return self._places[field.name].get(obj)
        except AttributeError:
            return _MISSING if field.part.make is None else field.part.make()

    def check(self, given: Mapping[str, Any]) -> None:
        """Raise TypeError for arguments that `__init__` does not have, and for missing ones that `finish` needs."""
        name = self.cls.__qualname__
        for keyword in given:
            if keyword not in self._keywords:
                raise TypeError(
                    f"take({name}, ...) got an unexpected keyword argument {keyword!r}; "
                    f"expected {', '.join(self._keywords) or 'none'}"
                )
        missing = [repr(keyword) for keyword in self._required if keyword not in given]
        if missing and self.schema.finish is not None:
            raise TypeError(
                f"take({name}, ...) missing required argument {', '.join(missing)}: its {self.schema.finish} is "
                "called, and expects them to be there"
            )

    def finish(self, obj: Any, given: Mapping[str, Any]) -> None:
        """Assign the given values, make the other defaults, validate, and call the last method of `__init__`."""
        for field in self.schema.fields:
            if field.keyword in given:
                value = given[field.keyword]  # type: ignore[index] # None is never given
                self._places[field.name].set(obj, field.convert(obj, value) if field.convert else value)
            elif field.make is not None:
                self._places[field.name].set(obj, field.make(obj))
        if self._checked and self.schema.validates():
            for field in self._checked:
                if field.keyword in given:
                    field.validate(obj, self._places[field.name].get(obj))  # type: ignore[misc] # fields in `_checked` have one
        if self.schema.finish is not None:
            arguments = (given.get(field.keyword, field.default) for field in self.schema.passed_on)  # type: ignore[arg-type]
            getattr(obj, self.schema.finish)(*arguments)


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
