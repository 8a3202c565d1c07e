"""Construction: what calling a class does, in two steps that a pool can take apart."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Arguments: TypeAlias = tuple[Any, ...]
Keywords: TypeAlias = Mapping[str, Any]


class NewHook(staticmethod):  # type: ignore[type-arg] # staticmethod is not generic at run time in 3.11
    """The `__new__` that an engine puts into a class it hooks; `own` is the one it stands for, if there was one."""

    own: Any = None


def _news(cls: type) -> Iterator[tuple[type, Any]]:
    """Each base of `cls` that has a `__new__`, with it, nearest first; hooks count as what they stand for."""
    for base in cls.__mro__:
        new = base.__dict__.get("__new__")
        if isinstance(new, NewHook):
            new = new.own
        if new is not None:
            yield base, new


def class_with_new(cls: type) -> type | None:
    """The base of `cls` whose `__new__`, written in Python, makes its objects; None where a builtin's does."""
    base, new = next(_news(cls))
    return base if isinstance(new, staticmethod | types.FunctionType) else None


def allocate(cls: type, args: Arguments, kwargs: Keywords) -> Any:
    """Make an object as `cls.__new__(cls, ...)` would without a hook; `__init__` has not run."""
    return _allocate(next(_news(cls))[1], cls, args, kwargs)


def allocate_above(hooked: type, cls: type, args: Arguments, kwargs: Keywords) -> Any:
    """Do what `hooked.__new__` stands for, for a subclass that calls it: `super().__new__(cls, ...)`."""
    own = hooked.__dict__["__new__"].own
    if own is None:
        own = super(hooked, cls).__new__  # type: ignore[arg-type] # cls is a subclass of hooked
    return _allocate(own, cls, args, kwargs)


def _allocate(new: Any, cls: type, args: Arguments, kwargs: Keywords) -> Any:
    if isinstance(new, staticmethod):
        new = new.__func__
    if new is not object.__new__:
        return new(cls, *args, **kwargs)
    # object.__new__ takes no arguments where __new__ is overridden, as a hook does: what it would have said
    # of arguments that nobody takes has to be said here.
    if (args or kwargs) and _init_of(cls) is object.__init__:
        raise TypeError(f"{cls.__name__}() takes no arguments")
    return new(cls)


def initialise(obj: Any, args: Arguments, kwargs: Keywords) -> None:
    """Run `__init__` on `obj` as `type.__call__` would."""
    init = _init_of(type(obj))
    if init is object.__init__:
        return  # it has nothing to do, and `allocate` refused arguments already
    if init(obj, *args, **kwargs) is not None:
        raise TypeError(f"{type(obj).__name__}.__init__() should return None")


def construct(cls: type, *args: Any, **kwargs: Any) -> Any:
    """Do what `cls(...)` would without a hook."""
    obj = allocate(cls, args, kwargs)
    if isinstance(obj, cls):
        initialise(obj, args, kwargs)
    return obj


def _init_of(cls: type) -> Any:
    # The slot of the class, not an attribute of the object, as type.__call__ does it.
    return cls.__init__  # type: ignore[misc] # it is read to be called with an object of just this class
