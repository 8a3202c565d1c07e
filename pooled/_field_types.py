"""The containers as field types: how pydantic, msgspec and cattrs convert them from and to builtin types.

No module here imports any of these packages: pydantic calls `pydantic_schema`, and `pooled.contrib` has the rest.
"""

from __future__ import annotations

import collections
import typing
from collections.abc import Callable
from functools import partial
from types import GenericAlias
from typing import Any, Final

from pooled._engine import name as _engine_name

BUILTINS: Final[frozenset[type]] = frozenset(
    {
        collections.Counter,
        collections.OrderedDict,
        collections.defaultdict,
        collections.deque,
        bytearray,
        dict,
        list,
        set,
    }
)
"""The builtin types that can be fields."""

_FACTORIES: Final = (bool, bytes, complex, float, frozenset, int, str, tuple)

_HAS_PROXIES: Final = _engine_name == "reference"
"""Whether an object is a proxy, which C code does not accept as a list."""


def builtin_of(cls: type) -> type | None:
    """The nearest of `BUILTINS` that `cls` is a subclass of; None if there is none."""
    for base in cls.__mro__:
        if base in BUILTINS:
            return base
    return None


def class_of(annotation: Any) -> Any:
    """The class of an annotation: `List` of `List[int]`."""
    return typing.get_origin(annotation) or annotation


def builtin_annotation(annotation: Any) -> Any:
    """The annotation with the builtin type in place of the container: `list[int]` of `List[int]` or of a subclass.

    Parameters that are not given become `Any`.
    """
    cls, arguments = class_of(annotation), typing.get_args(annotation)
    if cls in BUILTINS:
        return annotation
    base = next(base for base in vars(cls).get("__orig_bases__", cls.__bases__) if _is_container(class_of(base)))
    if base is class_of(base):
        return builtin_annotation(base[arguments] if arguments else base)
    if base.__parameters__:
        parameters = getattr(cls, "__parameters__", ()) or base.__parameters__
        given = dict(zip(parameters, arguments, strict=False))
        base = base[tuple(given.get(parameter, Any) for parameter in base.__parameters__)]
    return builtin_annotation(base)


def _is_container(cls: Any) -> bool:
    return isinstance(cls, type) and builtin_of(cls) is not None


def make(cls: type, content: Any) -> Any:
    """A container of this class with the content of a builtin one, and with its `maxlen` or default factory."""
    if isinstance(content, collections.deque):
        return cls(content, content.maxlen)
    if isinstance(content, collections.defaultdict):
        return cls(content.default_factory, content)
    return cls(content)


def to_builtin(container: Any) -> Any:
    """A builtin container with the content of a container: the inverse of `make`."""
    builtin = builtin_of(container.__class__)
    return container if builtin is None else make(builtin, container)


def default_factory_of(annotation: Any) -> Callable[[], Any] | None:
    """The default factory of a `defaultdict[K, V]`: V, if it is a container or a simple builtin class; else None."""
    values = class_of(typing.get_args(annotation)[1])
    return values if values in _FACTORIES or _is_container(values) else None


def pydantic_schema(cls: type, source: Any, handler: Any) -> Any:
    """The hook of pydantic for a field of this type: validate as the builtin type, then take a container from the pool.

    Each container class has it as its `__get_pydantic_core_schema__`. A subclass is called with the content.
    """
    from pydantic_core import core_schema  # here, since it is pydantic that calls

    annotation = builtin_annotation(source)
    builtin = class_of(annotation)
    schema = handler.generate_schema(_as_pydantic_knows_it(annotation))
    serialized = None
    if _HAS_PROXIES or builtin not in (dict, list, set):
        convert = bytes if builtin is bytearray else to_builtin
        serialized = core_schema.wrap_serializer_function_ser_schema(partial(_serialized, convert), schema=schema)
        if _HAS_PROXIES or builtin is bytearray:
            schema = _converted_first(core_schema, partial(_converted, builtin, convert), schema)
    return core_schema.no_info_after_validator_function(
        cls if builtin in (bytearray, dict, list, set) else partial(make, cls), schema, serialization=serialized
    )


def _converted_first(core_schema: Any, convert: Callable[[Any], Any], schema: Any) -> Any:
    """The schema for Python objects that are converted before; JSON needs no conversion, and would not be strict then.

    Only a schema of this kind can be made strict afterwards, as `Field(strict=True)` does.
    """

    def converted(schema: Any) -> Any:
        before = core_schema.no_info_before_validator_function(convert, schema)
        return core_schema.json_or_python_schema(json_schema=schema, python_schema=before)

    return core_schema.lax_or_strict_schema(
        lax_schema=converted(schema), strict_schema=converted({**schema, "strict": True})
    )


def _as_pydantic_knows_it(annotation: Any) -> Any:
    """The annotation that gives the schema: `bytes` for bytearray, and a default factory that is a container."""
    builtin = class_of(annotation)
    if builtin is bytearray:
        return bytes
    if builtin is collections.defaultdict:
        keys, values = typing.get_args(annotation)
        if hasattr(class_of(values), "__get_pydantic_core_schema__") and _is_container(class_of(values)):
            from pydantic import Field  # here, since it is pydantic that calls

            with_factory = typing.Annotated[values, Field(default_factory=class_of(values))]  # type: ignore[valid-type] # not static
            return GenericAlias(builtin, (keys, with_factory))
    return annotation


def _converted(builtin: type, convert: Callable[[Any], Any], value: Any) -> Any:
    return convert(value) if isinstance(value, builtin) else value


def _serialized(convert: Callable[[Any], Any], value: Any, handler: Callable[[Any], Any]) -> Any:
    return handler(convert(value))
