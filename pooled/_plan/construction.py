"""Construction: what calling a class does, in two steps that a pool can take apart."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, NoReturn, SupportsIndex, TypeAlias

Arguments: TypeAlias = tuple[Any, ...]
Keywords: TypeAlias = Mapping[str, Any]


class NewHook(staticmethod):  # type: ignore[type-arg] # staticmethod is not generic at run time in 3.11
    """The `__new__` that an engine puts into a class it hooks; `own` is the one it stands for, if there was one."""

    own: Any = None

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "a poolable class cannot be pickled by value; define it in a module that both sides can import, not in "
            "the main program or a notebook: then it is pickled by its name"
        )


def class_with_new(cls: type) -> type | None:
    """The base of `cls` whose `__new__`, written in Python, makes its objects; None where a builtin's does."""
    for base in cls.__mro__:
        new = base.__dict__.get("__new__")
        if isinstance(new, NewHook):
            new = new.own  # what it stands for counts
        if new is not None:
            return base if isinstance(new, staticmethod | classmethod | types.FunctionType) else None
    return None


def allocate(hooked: type, cls: type, args: Arguments, kwargs: Keywords) -> Any:
    """Do what `hooked.__new__(cls, ...)` did before it was hooked, for `hooked` itself or a subclass.

    It uses no name of this module: it is still called when the interpreter ends and modules have lost theirs.
    """
    new = hooked.__dict__.get("__new__")
    new = getattr(new, "own", new)  # a hook's, unless somebody has put another __new__ in its place since
    if new is None:
        new = super(hooked, cls).__new__  # type: ignore[arg-type] # cls is hooked or a subclass of it
    elif hasattr(new, "__get__"):
        new = new.__get__(None, cls)  # a static method, most often
    if kwargs and cls is not hooked:
        refuse_keywords(cls)
    if new is not object.__new__:
        return new(cls, *args, **kwargs)
    # It takes no arguments where __new__ is overridden, as by a hook: what it would have said of arguments that
    # nobody takes is said here.
    if (args or kwargs) and cls.__init__ is object.__init__:  # type: ignore[misc] # it is only compared
        raise TypeError(f"{cls.__name__}() takes no arguments")
    return new(cls)


def refuse_keywords(cls: type) -> None:
    """Raise TypeError if `cls` takes no keywords and would say so itself, if its `__new__` were not a hook's.

    The `__init__` of `list` takes any, and forgets them, where a class does not have `list`'s `__new__`.
    """
    if issubclass(cls, list) and _init_of(cls) is list.__init__ and class_with_new(cls) is None:
        raise TypeError("list() takes no keyword arguments")


def initialise(obj: Any, args: Arguments, kwargs: Keywords) -> None:
    """Run `__init__` on `obj` as `type.__call__` would."""
    init = _init_of(type(obj))
    if init is object.__init__:
        return  # it has nothing to do, and `allocate` refused arguments already
    if kwargs:
        refuse_keywords(type(obj))
    if init(obj, *args, **kwargs) is not None:
        raise TypeError(f"{type(obj).__name__}.__init__() should return None")


def construct(cls: type, /, *args: Any, **kwargs: Any) -> Any:
    """Do what `cls(...)` did before it was hooked."""
    obj = allocate(cls, cls, args, kwargs)
    if isinstance(obj, cls):
        initialise(obj, args, kwargs)
    return obj


def _init_of(cls: type) -> Any:
    # The slot of the class, not an attribute of the object, as type.__call__ does it.
    return cls.__init__  # type: ignore[misc] # it is read to be called with an object of just this class
