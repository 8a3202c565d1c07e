"""Construction: a call of a class in two steps, `allocate` and `initialise`, so that a pool can do one of them."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, NoReturn, SupportsIndex, TypeAlias

Arguments: TypeAlias = tuple[Any, ...]
Keywords: TypeAlias = Mapping[str, Any]


class NewHook(staticmethod):  # type: ignore[type-arg] # staticmethod is not generic at run time in 3.11
    """The `__new__` that an engine puts into a class that it hooks; `own` is the one it replaces, or None."""

    own: Any = None

    def __set_name__(self, owner: type, name: str) -> NoReturn:
        raise TypeError(
            f"cls={owner.__qualname__}: it was made from the attributes of a poolable class, as dataclass(slots=True) "
            "and attrs.define do it; make @poolable the outermost decorator, above them"
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "a poolable class cannot be pickled by value; define it in a module that both processes can import, not in "
            "the main program or a notebook: it is then pickled by its name"
        )


def new_without_arguments(cls: type, /, *_: Any, **__: Any) -> Any:
    """A `__new__` for subclasses of a class whose `__new__` only chooses the class: it makes an object of `cls`."""
    return object.__new__(cls)


def class_with_new(cls: type) -> type | None:
    """The base of `cls` with the `__new__` in Python that makes its objects; None if a builtin `__new__` does."""
    for base in cls.__mro__:
        new = base.__dict__.get("__new__")
        if isinstance(new, NewHook):
            new = new.own  # the one that it replaces counts
        if getattr(new, "__func__", new) is new_without_arguments:  # `type` makes a static method of it
            return None
        if new is not None:
            return None if isinstance(new, types.BuiltinFunctionType) else base
    return None


def is_new_replaced(hooked: type) -> bool:
    """Whether a program has put another `__new__` into a hooked class: then it is called for each object."""
    return not isinstance(hooked.__dict__.get("__new__"), NewHook)


def allocate(hooked: type, cls: type, args: Arguments, kwargs: Keywords, hook: NewHook | None = None) -> Any:
    """Do what `hooked.__new__(cls, ...)` did before the class was hooked; `cls` is `hooked` or a subclass.

    A `__new__` that a program put in place of the hook is called instead, unless it calls the `hook` itself.

    It may be called at exit, after Python cleared the globals of this module. Only a call with keywords for a subclass
    uses a global.
    """
    new = hooked.__dict__.get("__new__") if hook is None else hook
    new = getattr(new, "own", new)  # that of the hook, unless a program replaced the hook
    if new is None:
        new = super(hooked, cls).__new__  # type: ignore[arg-type] # cls is hooked or a subclass of it
    elif hasattr(new, "__get__"):
        new = new.__get__(None, cls)  # usually a static method
    if kwargs and cls is not hooked:
        refuse_keywords(cls)
    if new is not object.__new__:
        return new(cls, *args, **kwargs)
    # A class with a hook overrides __new__, so object.__new__ accepts no arguments, and object.__init__ ignores them.
    # The error for arguments of a class without __init__ is raised here instead.
    if (args or kwargs) and cls.__init__ is object.__init__:  # type: ignore[misc] # it is only compared
        raise TypeError(f"{cls.__name__}() takes no arguments")
    return new(cls)


def refuse_keywords(cls: type) -> None:
    """Raise TypeError if `cls` takes no keywords, and only the hook in place of its `__new__` hides that.

    `list.__init__` accepts and ignores keywords in a class that overrides `list.__new__`.
    """
    if issubclass(cls, list) and _init_of(cls) is list.__init__ and class_with_new(cls) is None:
        raise TypeError("list() takes no keyword arguments")


def initialise(obj: Any, args: Arguments, kwargs: Keywords) -> None:
    """Run `__init__` on `obj` as `type.__call__` would."""
    init = _init_of(type(obj))
    if init is object.__init__:
        return  # it does nothing, and `allocate` checked that there are no arguments
    if kwargs:
        refuse_keywords(type(obj))
    if init(obj, *args, **kwargs) is not None:
        raise TypeError(f"{type(obj).__name__}.__init__() should return None")


def construct(cls: type, /, *args: Any, **kwargs: Any) -> Any:
    """Do what `cls(*args, **kwargs)` did before it was hooked."""
    obj = allocate(cls, cls, args, kwargs)
    if isinstance(obj, cls):
        initialise(obj, args, kwargs)
    return obj


def _init_of(cls: type) -> Any:
    # As in type.__call__: the method of the class, not an attribute of the object.
    return cls.__init__  # type: ignore[misc] # it is read to be called with an object of just this class
