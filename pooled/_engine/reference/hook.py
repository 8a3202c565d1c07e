"""Hooking: how calling a class reaches its store in the reference engine.

A class made by `HookedType` is hooked in place. Any other is stood in for by a subclass of the same name, since
Python lets nobody change what calling a class does except through the class's own type.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, Protocol

from pooled._plan.construction import Arguments, Keywords, NewHook, allocate


class Maker(Protocol):
    """What makes the objects of a hooked class."""

    def is_closed(self) -> bool:
        """Whether the class makes its objects itself now."""
        ...

    def construct(self, args: Arguments, kwargs: Keywords) -> Any:
        """Do what `cls(...)` does."""

    def blank(self, args: Arguments, kwargs: Keywords) -> Any:
        """Do what `cls.__new__(cls, ...)` does."""


STORE: Final = "__pooled_store__"
"""Where a hooked class has its store. Subclasses do not inherit it: it is read from the class's own dict."""

_ITS_OWN: Final = (
    *("__module__", "__doc__", "__firstlineno__"),
    *("__annotations__", "__annotate_func__", "__annotate__"),  # whichever this version of Python has
)
"""What a class says of itself alone, and what stands in for it has to say too."""


class HookedType(type):
    """The type of hooked classes and of their subclasses, hooked or not."""

    def __call__(cls, /, *args: Any, **kwargs: Any) -> Any:
        store: Maker | None = cls.__dict__.get(STORE)
        if store is None or store.is_closed():
            return super().__call__(*args, **kwargs)
        return store.construct(args, kwargs)

    @property
    def __signature__(cls) -> inspect.Signature:
        """What calling the class takes, which `__call__` above does not tell."""
        if cls.__init__ is object.__init__:  # type: ignore[misc] # it is only compared
            raise AttributeError(f"{cls.__name__} has no __init__ to take it from")
        signature = inspect.signature(cls.__init__)  # type: ignore[misc] # it is only read
        return signature.replace(parameters=tuple(signature.parameters.values())[1:])


def hookable(cls: type) -> type:
    """A class that can be hooked: `cls` itself, or one that stands in for it.

    Raises:
        TypeError: the type of `cls` says what calling it does, and cannot be asked to do otherwise.
    """
    if isinstance(cls, HookedType):
        return cls
    metaclass = type(cls)
    if metaclass.__call__ is not type.__call__:
        raise TypeError(
            f"cls={cls.__qualname__}: its metaclass {metaclass.__name__} has a __call__ of its own, which the "
            f"reference engine cannot hook; use GlobalPool({cls.__name__}, ...) or LocalPool({cls.__name__}, ...)"
        )
    namespace = {name: value for name, value in cls.__dict__.items() if name in _ITS_OWN}
    namespace |= {"__slots__": (), "__qualname__": cls.__qualname__, "__doc__": _doc_of(cls)}
    with _unannounced(cls):
        replacement: type = _hooked(metaclass)(cls.__name__, (cls,), namespace)
    del replacement.__slots__  # type: ignore[attr-defined] # those of the class are to be seen
    return replacement


def _doc_of(cls: type) -> str | None:
    """What a class says it is; None where it cannot say that yet: from Python 3.15 on a dataclass finds it out late."""
    try:
        return cls.__doc__
    except Exception:  # noqa: BLE001 (whatever its annotations raise)
        return None


@contextmanager
def _unannounced(cls: type) -> Iterator[None]:
    """Keep `__init_subclass__` from running for a stand-in, which is no new class to anybody."""
    own = cls.__dict__.get("__init_subclass__")
    cls.__init_subclass__ = classmethod(lambda _: None)  # type: ignore[assignment] # it is one where it is looked up
    try:
        yield
    finally:
        if own is None:
            del cls.__init_subclass__
        else:
            cls.__init_subclass__ = own  # type: ignore[method-assign] # it was there before


@cache
def _hooked(metaclass: type) -> type:
    """A subclass of `metaclass` whose classes can be hooked."""
    if metaclass is type:
        return HookedType
    hooked: type = type(f"Hooked{metaclass.__name__}", (HookedType, metaclass), {})
    return hooked


def hook(cls: type, store: Maker) -> None:
    """Route the construction of `cls`, which `hookable` gave, through `store`."""
    original = allocate  # kept here for the end of the interpreter, when this module has lost its names

    def new(klass: type, /, *args: Any, **kwargs: Any) -> Any:
        if klass is not cls or store.is_closed():
            return original(cls, klass, args, kwargs)
        return store.blank(args, kwargs)

    new.__name__ = "__new__"
    new.__qualname__ = f"{cls.__qualname__}.__new__"
    new_hook = NewHook(new)
    new_hook.own = cls.__dict__.get("__new__")
    cls.__new__ = new_hook  # type: ignore[method-assign] # a static method, as __new__ always is
    setattr(cls, STORE, store)
