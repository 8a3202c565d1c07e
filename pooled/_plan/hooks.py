"""Hooks: the functions that empty and measure the objects of a class, and how they are named."""

from __future__ import annotations

import operator
import sys
import types
from abc import abstractmethod
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast, runtime_checkable

from pooled._plan.builtins import is_of_the_builtin
from pooled._plan.class_info import pool_in

if TYPE_CHECKING:
    import inspect

Reset: TypeAlias = Callable[[Any], object]
Capacity: TypeAlias = Callable[[Any], int]


class Poolable:
    """A base class that makes the methods `reset` and `capacity` of its subclasses hooks, without naming them.

    A subclass may have both methods, one, or none; `SupportsReset` and `SupportsCapacity` describe them. Methods that
    it inherits from any base count as well. The base class adds nothing else: no methods, no metaclass, no slots.
    """

    __slots__ = ()


@runtime_checkable
class SupportsReset(Protocol):
    """For type checkers: an object with a method `reset`, which can be a hook that empties the object."""

    @abstractmethod
    def reset(self) -> bool | None:
        """Empty the object. As a hook, it runs when the last reference is dropped, on the thread that drops it.

        Returns:
            False to discard the object; any other result parks it.

        An exception goes to `sys.unraisablehook`, and the object is discarded.
        """


@runtime_checkable
class SupportsCapacity(Protocol):
    """For type checkers: an object with a method `capacity`, which can be a hook that measures the object."""

    @abstractmethod
    def capacity(self) -> int:
        """Return the size of the object, in a unit that the class chooses. The pool discards an object above `max_cap`.

        As a hook, it runs after `reset`; without a `reset`, it runs before the object is emptied. An exception goes to
        `sys.unraisablehook`, and the object is discarded.
        """
        ...


class _Omitted:
    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omitted"


OMITTED: Final = cast("str", _Omitted())  # for type checkers it is one of the values that the parameters accept
"""The default of the parameters `reset` and `capacity`. None is another value: it names no hook on purpose."""


# `typing.NamedTuple` would load `annotationlib` and `ast` on Python 3.14.
class Hooks(namedtuple("Hooks", ("reset", "capacity"), defaults=(OMITTED, OMITTED))):  # noqa: PYI024
    """The hooks named in one place. Each is a function, the name of a method, None for no hook, or `OMITTED`."""

    __slots__ = ()

    def over(self, below: Hooks) -> Hooks:
        """These hooks, with those of `below` in place of omitted ones."""
        return Hooks(*(mine if mine is not OMITTED else other for mine, other in zip(self, below, strict=True)))


def hooks_of(cls: type) -> Hooks:
    """The hooks that were named for the class itself when it was made poolable."""
    pool = pool_in(cls)
    hooks: Hooks = Hooks() if pool is None else pool._store.plan.hooks
    return hooks


def functions_of(cls: type, hooks: Hooks) -> tuple[Reset | None, Capacity | None]:
    """The functions to empty and to measure the objects of `cls`; None where there is no hook.

    Args:
        cls: the class.
        hooks: the hooks that the caller names. An omitted one is the one that was named for the class or for its
            nearest base.

    Raises:
        TypeError: a hook cannot be called with an object alone.
        ValueError: the class has no method of this name.
    """
    reset, capacity = (
        _function(cls, key, _named(cls, key, hook)) for key, hook in zip(Hooks._fields, hooks, strict=True)
    )
    return reset, capacity


def functions_by_name(hooks: Hooks) -> tuple[Reset | None, Capacity | None]:
    """The same for objects whose class is unknown before they are made: a name is looked up on each object.

    Raises:
        TypeError: a hook cannot be called with an object alone.
        ValueError: a string cannot be the name of a method.
    """
    reset, capacity = (_function(None, key, hook) for key, hook in zip(Hooks._fields, hooks, strict=True))
    return reset, capacity


def unnamed_hooks(cls: type, hooks: Hooks) -> list[str]:
    """The methods `reset` and `capacity` that the class has, but that nothing names as hooks."""
    return [
        key
        for key, hook in zip(Hooks._fields, hooks, strict=True)
        if _named(cls, key, hook) is OMITTED and _is_method(cls, key) and not is_of_the_builtin(_found(cls, key))
    ]


def check_hook(key: str, hook: object) -> None:
    """Raise an error if `hook` is not a possible value of the parameter `key`, for any class."""
    if isinstance(hook, str) and not hook.isidentifier():
        raise ValueError(f"{key}={hook!r}: expected the name of a method, or a function that takes the object")
    if callable(hook):
        _check_call(f"{key}={hook!r}", key, hook)
    elif not isinstance(hook, str) and hook is not None and hook is not OMITTED:
        raise TypeError(f"{key}={hook!r}: expected a function that takes the object, or the name of a method")


def _named(cls: type, key: str, hook: Any) -> Any:
    """The hook itself if it is not omitted, else the one that was named for the nearest base; `OMITTED` if none was."""
    for base in cls.__mro__ if hook is OMITTED else ():
        hook = getattr(hooks_of(base), key)
        if hook is not OMITTED:
            return hook
        if key in base.__dict__ and Poolable in base.__mro__:
            break  # a method that is a hook, because its class inherits from `Poolable`
    if hook is OMITTED and Poolable in cls.__mro__:
        return key if _is_method(cls, key) else None
    return hook


def _function(cls: type | None, key: str, hook: Any) -> Callable[[Any], Any] | None:
    check_hook(key, hook)
    if hook is None or hook is OMITTED:
        return None
    if not isinstance(hook, str):
        function: Callable[[Any], Any] = hook
        return function
    if cls is None:
        return operator.methodcaller(hook)
    method = _found(cls, hook)
    where = f"{key}={hook!r}: {cls.__qualname__}"
    if method is None and not any(hook in base.__dict__ for base in cls.__mro__):
        remedy = close_to(hook, _methods(cls)) or "; name one of its methods, or pass a function that takes the object"
        raise ValueError(f"{where} has no method {hook!r}{remedy}")
    if not _is_method(cls, hook):
        raise TypeError(f"{where}.{hook} is not a method; name one that takes only the object, or pass a function")
    if isinstance(method, _FUNCTIONS):
        _check_call(f"{where}.{hook}", key, method)
        return method
    return operator.methodcaller(hook)


_FUNCTIONS: Final = (types.FunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)
_NO_METHODS: Final = (type, property, cached_property, classmethod, staticmethod, types.ClassMethodDescriptorType)


def _is_method(cls: type, name: str) -> bool:
    """Whether an object of `cls` has a method of this name, which gets the object; not a method of the metaclass."""
    found = _found(cls, name)
    if isinstance(found, _FUNCTIONS):
        return True
    return hasattr(type(found), "__get__") and not isinstance(found, _NO_METHODS) and callable(getattr(cls, name, None))


def _found(cls: type, name: str) -> Any:
    """The attribute of a class, as it is in the namespace of the class or of a base; None if there is none."""
    return next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)


def _methods(cls: type) -> Iterator[str]:
    """The names of the methods of a class that are functions."""
    found = (item for base in cls.__mro__ for item in base.__dict__.items())
    return (name for name, value in found if isinstance(value, _FUNCTIONS) and not name.startswith("__"))


def close_to(name: str, names: Iterable[str]) -> str:
    """A question that suggests the most similar of the names; empty if none is similar."""
    from difflib import get_close_matches  # here: it takes longer to import than this module

    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _check_call(which: str, key: str, function: Callable[..., Any]) -> None:
    """Raise TypeError, with a text that begins with `which`, if `function` cannot be called with an object alone."""
    import inspect  # here and below, since it takes longer to import than this package

    called = (function, inspect.getattr_static(type(function), "__call__", None))  # a callable object
    if any(inspect.iscoroutinefunction(each) or inspect.isgeneratorfunction(each) for each in called):
        raise TypeError(
            f"{which}: it is asynchronous, but nothing awaits it while an object is dropped; make it a plain function"
        )
    try:
        signature = _signature_of(function)
    except ValueError:
        return  # some functions written in C have no signature
    try:
        signature.bind(object())
    except TypeError as error:
        raise TypeError(
            f"{which}: it is called with only the object, but takes {signature}; "
            f"pass {key}= a function that takes only the object"
        ) from error


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, without evaluating its annotations, whose names may not exist yet."""
    import inspect

    if sys.version_info >= (3, 14):
        from annotationlib import Format  # new in this version

        return inspect.signature(function, annotation_format=Format.STRING)
    return inspect.signature(function)
