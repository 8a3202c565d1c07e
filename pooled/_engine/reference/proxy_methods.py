"""Methods of proxies in place of those builtin methods that make another container by a call of its class.

The builtin ones, in C, raise an error if that call does not return a real object; a hooked class returns a proxy.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final


def _deque_copy(self: Any) -> Any:
    deque = self.__wrapped__
    return type(deque)(deque, deque.maxlen)


def _deque_add(self: Any, other: Any) -> Any:
    if not isinstance(other, collections.deque):
        raise TypeError(f'can only concatenate deque (not "{type(other).__name__}") to deque')
    result = _deque_copy(self)
    result.extend(other)
    return result


def _deque_multiply(self: Any, times: Any) -> Any:
    result = _deque_copy(self)
    result *= times
    return result


def _defaultdict_or(self: Any, other: Any) -> Any:
    return _merged(self, self.__wrapped__, other)


def _defaultdict_ror(self: Any, other: Any) -> Any:
    return _merged(self, other, self.__wrapped__)


def _merged(self: Any, first: Any, second: Any) -> Any:
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return NotImplemented
    result = type(self.__wrapped__)(self.default_factory, first)
    result.update(second)
    return result


_REBUILDING: Final[Mapping[type, Mapping[str, Callable[..., Any]]]] = MappingProxyType(
    {
        collections.deque: {
            "copy": _deque_copy,
            "__copy__": _deque_copy,
            "__add__": _deque_add,
            "__mul__": _deque_multiply,
            "__rmul__": _deque_multiply,
        },
        collections.defaultdict: {"__or__": _defaultdict_or, "__ror__": _defaultdict_ror},
    }
)


def rebuilding_methods(cls: type) -> Mapping[str, Callable[..., Any]]:
    """The methods that proxies for objects of `cls` need in place of the builtin ones that the class still has."""
    return {
        name: method
        for base, methods in _REBUILDING.items()
        if issubclass(cls, base)
        for name, method in methods.items()
        if lookup(cls, name) is base.__dict__[name]
    }


def lookup(cls: type, name: str) -> Any:
    """The attribute of a class or of its bases, as its dictionary has it; None without one.

    Attributes of the metaclass do not count.
    """
    return next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)
