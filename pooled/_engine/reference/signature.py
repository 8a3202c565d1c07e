"""Signatures: `inspect.signature` of a hooked class finds the parameters that the class had before."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any, Final

from pooled._plan.construction import NewHook

if TYPE_CHECKING:
    import inspect

_IN_C: Final = (
    *(types.WrapperDescriptorType, types.MethodWrapperType),
    *(types.ClassMethodDescriptorType, types.BuiltinFunctionType, type(None)),
)


def _is_in_c(function: object) -> bool:
    """Whether `inspect` does not take the parameters of a call of a class from this method."""
    return isinstance(function, _IN_C)


def signature_of(cls: type) -> inspect.Signature:
    """The parameters of a call of `cls`.

    Raises:
        ValueError: they are not known, since a function in C has them.
    """
    import inspect  # it takes time

    function = _described_by(cls)
    if _is_in_c(function):
        named = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
        return inspect.signature(type(cls.__name__, (function.__self__,), named))
    if sys.version_info >= (3, 14):
        from annotationlib import Format  # new in this version

        return inspect.signature(types.MethodType(function, cls), annotation_format=Format.FORWARDREF)
    return inspect.signature(types.MethodType(function, cls))


def _described_by(cls: type) -> Any:
    """The method whose parameters `inspect` shows for `cls` if it is not hooked; a `__new__` in C if there is none."""
    owner, new = next((base, _own_new(base)) for base in cls.__mro__ if _own_new(base) is not None)
    new = new.__get__(None, cls) if hasattr(new, "__get__") else new
    init = cls.__init__  # type: ignore[misc] # it is only read
    for base in cls.__mro__:
        if base is owner and not _is_in_c(new):
            return new
        if "__init__" in base.__dict__ and not _is_in_c(init):
            return init
    return new


def _own_new(cls: type) -> Any:
    """The `__new__` that a class itself has, apart from that of a hook."""
    new = cls.__dict__.get("__new__")
    return new.own if isinstance(new, NewHook) else new
