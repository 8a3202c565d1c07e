"""Shims: objects that replace the name of a builtin container in one module, so that its calls use a pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import wrapt

from pooled._instrument.builtin_types import BUILTINS
from pooled._plan.builtins import Shim
from pooled._policy import Limits
from pooled._pool.decorate import pool_class


class BuiltinShim(Shim, wrapt.CallableObjectProxy[Any]):
    """Replaces a builtin container in a module: a call goes to `make`, and everything else to the builtin.

    `isinstance`, subclassing, `list[int]`, `list | None` and comparison work as with the builtin. A shim works neither
    in a class pattern of `match` nor in `type(x) is list`.
    """

    def __init__(self, builtin: type, make: Callable[..., Any]) -> None:
        super().__init__(make)  # the proxy calls it without running Python code
        self._self_builtin = builtin

    def __instancecheck__(self, obj: object) -> bool:
        return isinstance(obj, self._self_builtin)

    def __subclasscheck__(self, cls: type) -> bool:
        return issubclass(cls, self._self_builtin)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self._self_builtin,)

    def __eq__(self, other: object) -> bool:
        return bool(self._self_builtin == other)

    def __ne__(self, other: object) -> bool:
        return bool(self._self_builtin != other)

    def __hash__(self) -> int:
        return hash(self._self_builtin)

    def __getitem__(self, parameters: Any) -> Any:
        return self._self_builtin[parameters]  # type: ignore[index] # as in list[int]

    def __or__(self, other: Any) -> Any:
        return self._self_builtin | other

    def __ror__(self, other: Any) -> Any:
        return other | self._self_builtin

    def __repr__(self) -> str:
        return repr(self._self_builtin)

    def __str__(self) -> str:
        return str(self._self_builtin)

    def __copy__(self) -> BuiltinShim:
        return self  # as copying a class returns the class

    def __deepcopy__(self, memo: dict[int, Any]) -> BuiltinShim:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type, (self._self_builtin(),)  # `type([])` is `list`: the pickle does not refer to this package


def lookalike_methods(builtin: type) -> dict[str, Any]:
    """Methods for a subclass of a builtin container whose objects are copied, pickled and printed as the builtin's."""
    methods: dict[str, Any] = {"__reduce_ex__": lambda self, _: (builtin, (builtin(self),))}
    if builtin is set:  # the repr of a set shows the name of its class
        methods["__repr__"] = lambda self: repr(builtin(self))
    return methods


def shim(name: str, module: str, limits: Mapping[str, Any]) -> BuiltinShim:
    """A shim for the builtin container `name` in `module`. Its calls take from a pool of their own, with these limits.

    Copies and pickles of the containers are plain builtin containers.
    """
    builtin = BUILTINS[name]
    body = {"__slots__": (), "__module__": module, **lookalike_methods(builtin)}
    return BuiltinShim(builtin, pool_class(type(name, (builtin,), body), Limits(**limits)))
