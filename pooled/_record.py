"""Records: the base class of the immutable classes of this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, dataclass_transform


class _Signature:
    """The `__signature__` of a class of records. It is computed on demand, because importing `inspect` takes long."""

    def __get__(self, record: Record | None, cls: type[Record]) -> Any:
        from inspect import Parameter, Signature

        kind = Parameter.POSITIONAL_OR_KEYWORD if cls.__match_args__ else Parameter.KEYWORD_ONLY
        return Signature(
            [
                Parameter(name, kind, default=cls._defaults.get(name, Parameter.empty), annotation=annotation)
                for name, annotation in cls._fields.items()
            ]
        )


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """An immutable object with the fields that its class annotates, some of them with defaults.

    It works like a frozen attrs class or dataclass, but attrs and dataclasses take longer to import than this whole
    package.

    A class statement takes two arguments: `kw_only=False` accepts positional arguments too, and `eq=False` compares
    records by identity.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    __signature__: ClassVar[_Signature] = _Signature()

    _fields: ClassVar[Mapping[str, Any]] = {}
    """The annotations of the fields, by name."""

    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, *, kw_only: bool = True, eq: bool = True) -> None:
        super().__init_subclass__()
        own = cls.__annotations__
        cls._fields = {**cls._fields, **own}
        cls._defaults = {**cls._defaults, **{name: vars(cls)[name] for name in own if name in vars(cls)}}
        cls.__match_args__ = () if kw_only else tuple(cls._fields)  # type: ignore[misc] # mypy takes it for a constant
        if not eq:
            cls.__eq__ = object.__eq__  # type: ignore[method-assign]
            cls.__hash__ = object.__hash__  # type: ignore[method-assign]

    def __init__(self, *args: Any, **values: Any) -> None:
        name = type(self).__name__
        if len(args) > len(self.__match_args__):
            raise TypeError(f"{name}() takes {len(self.__match_args__)} positional arguments, got {len(args)}")
        by_position = dict(zip(self.__match_args__, args, strict=False))
        for field in by_position.keys() & values.keys():
            raise TypeError(f"{name}() got multiple values for argument {field!r}")
        for field in values.keys() - self._fields.keys():
            raise TypeError(f"{name}() got an unexpected keyword argument {field!r}")
        values = {**self._defaults, **by_position, **values}
        for field in self._fields:
            if field not in values:
                raise TypeError(f"{name}() missing required argument {field!r}")
            object.__setattr__(self, field, values[field])
        self._check()

    def _check(self) -> None:
        """Raise an error if a value is invalid."""

    def replace(self, **changes: Any) -> Self:
        """Make a copy with other values for some fields.

        Raises:
            TypeError: there is no such field.
        """
        return type(self)(**{**self._by_name(), **changes})

    __replace__ = replace  # for `copy.replace`, from Python 3.13 on

    def asdict(self) -> dict[str, Any]:
        """The values by the names of the fields. Records in them, also in tuples and mappings, become dicts too."""
        return {name: _plain(value) for name, value in self._by_name().items()}

    def _by_name(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._fields}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._by_name().items())})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record) or type(self) is not type(other):
            return NotImplemented
        return self._by_name() == other._by_name()

    def __hash__(self) -> int:
        return hash((type(self), *self._by_name().values()))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}={value!r}: a {type(self).__name__} is immutable; use replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name}: a {type(self).__name__} is immutable; use replace({name}=...)")


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.asdict()
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value
