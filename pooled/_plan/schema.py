"""Schemas: the fields of an attrs class or a dataclass, and what its `__init__` does with each."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pooled._plan.builtins import builtin_of
from pooled._plan.parts import AnyPart, Part, part_converted_by, part_made_by
from pooled._record import Record

if TYPE_CHECKING:  # each of them takes longer to import than this package; a class shows which of them it needs
    import dataclasses

    import attrs

Convert: TypeAlias = Callable[[Any, Any], Any]
"""`convert(obj, value)` returns the value to assign to a field that `value` was given for."""

NO_DEFAULT: Final = object()


class Field(Record, eq=False):
    """One field, and what `__init__` does with it.

    Attributes:
        name: the name of the attribute.
        keyword: its parameter of `__init__`; None if it has none.
        part: the kind of part that is emptied in place there; None if the value is not kept.
        default: its default; `NO_DEFAULT` if it has none, or a factory.
        make: `make(obj)` makes a default by a factory or a converter; None if there is neither.
        maker: what `make` calls, for reports.
        needs_self: whether `make` uses the object.
        convert: `convert(obj, value)` converts a given value; None if it is assigned unchanged.
        validate: `validate(obj, value)` raises an error for an invalid value; None if nothing is checked.
        is_required: whether `__init__` requires it.
    """

    name: str
    keyword: str | None = None
    part: Part | AnyPart | None = None
    default: Any = NO_DEFAULT
    make: Callable[[Any], Any] | None = None
    maker: Any = None
    needs_self: bool = False
    convert: Convert | None = None
    validate: Callable[[Any, Any], object] | None = None
    is_required: bool = False


class Schema(Record, eq=False):
    """The fields of a class, and what else its `__init__` does.

    Attributes:
        fields: the fields, in the order in which `__init__` assigns them.
        finish: the name of the method that `__init__` calls at its end; None if there is none.
        passed_on: the fields that are not attributes, but arguments of `finish` (`InitVar`), in order.
        validates: whether validators are enabled now.
    """

    fields: tuple[Field, ...]
    finish: str | None
    passed_on: tuple[Field, ...] = ()
    validates: Callable[[], bool] = lambda: False


def schema_of(cls: type) -> Schema | str:
    """The schema of `cls`; or, if its `__init__` does more than a schema describes, a clause that says what."""
    owner = next(base for base in cls.__mro__ if "__init__" in base.__dict__)
    init = owner.__dict__["__init__"]
    is_attrs, is_dataclass = hasattr(cls, "__attrs_attrs__"), hasattr(cls, "__dataclass_fields__")
    if is_attrs and "__attrs_attrs__" in owner.__dict__:
        is_generated = _is_generated_by_attrs(cls, owner, init)
        read = _read_attrs
    elif is_dataclass and "__dataclass_fields__" in owner.__dict__:
        is_generated = _is_generated_by_dataclass(cls, owner, init)
        read = _read_dataclass
    elif is_attrs or is_dataclass:
        return "its __init__ is its own"
    else:
        return "it is neither an attrs class nor a dataclass"
    if not is_generated:
        return "its __init__ is its own"
    schema = read(cls, owner)
    return _obstacle(cls, init, schema) or schema


def _is_generated_by_attrs(cls: Any, owner: type, init: Any) -> bool:
    return (
        owner.__dict__["__attrs_attrs__"] is cls.__attrs_attrs__
        and "__attrs_init__" not in owner.__dict__  # it exists if attrs did not generate __init__
        and _file_of(init).startswith("<attrs generated")
    )


def _is_generated_by_dataclass(cls: Any, owner: type, init: Any) -> bool:
    return (
        owner.__dict__["__dataclass_fields__"] is cls.__dataclass_fields__
        and owner.__dict__["__dataclass_params__"].init
        and _file_of(init) == "<string>"
    )


def _file_of(function: Any) -> str:
    return function.__code__.co_filename if isinstance(function, types.FunctionType) else ""


def _obstacle(cls: type, init: Any, schema: Schema) -> str | None:
    """A state or an action of new objects of `cls` that a schema does not describe, as a clause; None if none."""
    names = {*init.__code__.co_names, *(text for text in init.__code__.co_consts if isinstance(text, str))}
    if "__attrs_pre_init__" in names:
        return "it has an __attrs_pre_init__"
    if "_attrs_cached_hash" in names:
        return "attrs caches its hash"
    for name in ("__setattr__", "__delattr__"):
        if not _is_stock_or_generated(cls, name):
            return f"its {name} is its own"
    if builtin_of(cls) is not None:
        return "it has a builtin base"
    for field in schema.fields:
        found = next((base.__dict__[field.name] for base in cls.__mro__ if field.name in base.__dict__), None)
        is_slot = isinstance(found, types.MemberDescriptorType)
        if not is_slot and (hasattr(type(found), "__set__") or hasattr(type(found), "__delete__")):
            return f"its field {field.name!r} is a descriptor"
    return None


def _is_stock_or_generated(cls: type, name: str) -> bool:
    """Whether a method is that of `object`, or generated by attrs or dataclasses."""
    owner = next(base for base in cls.__mro__ if name in base.__dict__)
    params = owner.__dict__.get("__dataclass_params__")
    is_generated_by_dataclass = params is not None and params.frozen  # dataclasses generate it only then
    if owner is object or is_generated_by_dataclass:
        return True
    attr = sys.modules.get("attr")
    return attr is not None and _file_of(owner.__dict__[name]) == attr.fields.__code__.co_filename


# attrs.


def _read_attrs(cls: Any, owner: Any) -> Schema:
    import attrs

    has_finish = "__attrs_post_init__" in owner.__init__.__code__.co_names
    return Schema(
        fields=tuple(map(_attrs_field, cls.__attrs_attrs__)),
        finish="__attrs_post_init__" if has_finish else None,
        validates=lambda: not attrs.validators.get_disabled(),
    )


def _attrs_field(attribute: attrs.Attribute[Any]) -> Field:
    import attrs

    default: Any = attribute.default
    convert = _converting(attribute)
    validator = attribute.validator
    field = Field(
        name=attribute.name,
        keyword=attribute.alias if attribute.init else None,
        convert=convert,
        validate=None if validator is None else lambda obj, value: validator(obj, attribute, value),
        is_required=attribute.init and default is attrs.NOTHING,
    )
    if default is attrs.NOTHING:
        return field
    factory = default.factory if isinstance(default, attrs.Factory) else None  # type: ignore[arg-type] # it is a class
    if convert is not None:
        part = part_converted_by(attribute.converter, factory, default)
    else:
        part = part_made_by(factory) if factory is not None and not default.takes_self else None
    if part is not None:
        return field.replace(part=part)
    if factory is None and convert is None:
        return field.replace(default=default)
    make = _making(default, factory)
    if convert is not None:
        make = functools.partial(_make_and_convert, make, convert)
    return field.replace(
        make=make,
        maker=attribute.converter if factory is None else factory,
        needs_self=(factory is not None and default.takes_self) or getattr(attribute.converter, "takes_self", False),
    )


def _making(default: Any, factory: Any) -> Callable[[Any], Any]:
    if factory is None:
        return lambda _: default
    if default.takes_self:
        return factory  # type: ignore[no-any-return] # it takes the object
    return lambda _: factory()


def _make_and_convert(make: Callable[[Any], Any], convert: Convert, obj: Any) -> Any:
    return convert(obj, make(obj))


def _converting(attribute: attrs.Attribute[Any]) -> Convert | None:
    converter: Any = attribute.converter
    if converter is None:
        return None
    takes_self = getattr(converter, "takes_self", False)  # an attrs.Converter, which attrs has since 24.1
    takes_field = getattr(converter, "takes_field", False)
    if not (takes_self or takes_field):
        return lambda _, value: converter(value)
    function = converter.converter

    def convert(obj: Any, value: Any) -> Any:
        return function(value, *([obj] if takes_self else ()), *([attribute] if takes_field else ()))

    return convert


# Dataclasses.


def _read_dataclass(cls: Any, owner: Any) -> Schema:
    import dataclasses

    fields = dataclasses.fields(cls)
    attributes = {field.name for field in fields}
    code = owner.__init__.__code__  # not its signature: that evaluates annotations, whose names may not exist yet
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    passed_on = (
        field
        for name, field in cls.__dataclass_fields__.items()
        if name not in attributes and name in parameters  # else a ClassVar
    )
    has_finish = "__post_init__" in code.co_names
    has_slots = "__slots__" in owner.__dict__
    return Schema(
        fields=tuple(_dataclass_field(field, has_slots=has_slots) for field in fields),
        finish="__post_init__" if has_finish else None,
        passed_on=tuple(_dataclass_field(field, has_slots=has_slots) for field in passed_on),
    )


def _dataclass_field(field: dataclasses.Field[Any], *, has_slots: bool) -> Field:
    import dataclasses

    known = Field(name=field.name, keyword=field.name if field.init else None)
    factory = field.default_factory
    if factory is not dataclasses.MISSING:
        if part := part_made_by(factory):
            return known.replace(part=part)
        return known.replace(make=lambda _: factory(), maker=factory)
    if field.default is dataclasses.MISSING:
        return known.replace(is_required=field.init)
    if field.init or has_slots:
        return known.replace(default=field.default)
    return known  # __init__ does not assign it: the class attribute is the default


# The argument `keep`.


def schema_of_kept(names: tuple[str, ...]) -> Schema:
    """The schema of a class of which only the attributes to keep are known."""
    return Schema(fields=tuple(Field(name=name, part=AnyPart()) for name in names), finish=None)


def with_kept(schema: Schema, names: tuple[str, ...]) -> Schema:
    """A schema with the same fields, in which the named ones are emptied in place, whatever makes their values.

    Raises:
        ValueError: a name is not that of a field, or the default of the field depends on the object.
    """
    known = [field.name for field in schema.fields]
    for name in names:
        if name not in known:
            raise ValueError(f"keep={names!r}: {name!r} is not a field; expected some of {', '.join(known)}")
    return schema.replace(fields=tuple(_kept(field) if field.name in names else field for field in schema.fields))


def _kept(field: Field) -> Field:
    make, default = field.make, field.default
    if field.part is not None:
        return field.replace(part=AnyPart(make=field.part.make))
    if make is None:
        factory = None if default is NO_DEFAULT else lambda: default
        return field.replace(part=AnyPart(make=factory), default=NO_DEFAULT)
    if field.needs_self:
        raise ValueError(
            f"keep: the default of the field {field.name!r} is made from the object itself, so it cannot be kept from "
            "one to the next; leave it out"
        )
    return field.replace(part=AnyPart(make=functools.partial(make, None)), make=None, maker=None)
