"""Hooks of the reference engine: a call of a class reaches its store.

A class whose type is `HookedType` is hooked in place. Any other class is replaced by a subclass of the same name, since
only the type of a class defines what a call does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from pooled._engine.reference.signature import signature_of
from pooled._plan.checks import refuse_own_call
from pooled._plan.construction import Arguments, Keywords, NewHook, allocate

if TYPE_CHECKING:
    import inspect


class Maker(Protocol):
    """The store of a hooked class."""

    def is_closed(self) -> bool:
        """Whether the class makes its objects without a pool now."""
        ...

    def construct(self, args: Arguments, kwargs: Keywords) -> Any:
        """Do what `cls(*args, **kwargs)` does."""

    def blank(self, args: Arguments, kwargs: Keywords, hook: NewHook) -> Any:
        """Do what `cls.__new__(cls, ...)` does, by the `__new__` that `hook` replaced."""


STORE: Final = "__pooled_store__"
"""The attribute with the store of a hooked class. It is read from the dict of the class, so it is not inherited."""

_ITS_OWN: Final = (
    *("__module__", "__doc__", "__firstlineno__"),
    *("__annotations__", "__annotate_func__", "__annotate__"),  # whichever this version of Python has
)
"""Attributes of a class that a subclass does not inherit, and that its replacement copies."""


class HookedType(type):
    """The type of hooked classes and of all their subclasses."""

    def __call__(cls, /, *args: Any, **kwargs: Any) -> Any:
        store: Maker | None = cls.__dict__.get(STORE)
        if store is None or store.is_closed():
            return super().__call__(*args, **kwargs)
        return store.construct(args, kwargs)

    @property
    def __signature__(cls) -> inspect.Signature:
        """The parameters of a call of the class, which `inspect` would else take from `__call__` above."""
        return signature_of(cls)


def check_hookable(cls: type) -> None:
    """Raise TypeError if the metaclass of `cls` has a `__call__` of its own."""
    if not isinstance(cls, HookedType):
        refuse_own_call(cls)


def hookable(cls: type) -> type:
    """A class that can be hooked: `cls` itself, or a subclass that replaces it."""
    if isinstance(cls, HookedType):
        return cls
    namespace = {name: value for name, value in cls.__dict__.items() if name in _ITS_OWN}
    namespace |= {"__slots__": (), "__qualname__": cls.__qualname__, "__doc__": _doc_of(cls)}
    dataclasses = sys.modules.get("dataclasses")
    if dataclasses is not None:  # `dataclass`, if it comes next, deletes the attributes that describe fields
        namespace |= {name: value for name, value in cls.__dict__.items() if isinstance(value, dataclasses.Field)}
    with _unannounced(cls):
        replacement: type = _hooked(type(cls))(cls.__name__, (cls,), namespace)
    del replacement.__slots__  # type: ignore[attr-defined] # so that the slots of `cls` are found
    return replacement


def _doc_of(cls: type) -> str | None:
    """The docstring of a class; None if it cannot be computed yet, as in dataclasses from Python 3.15 on."""
    try:
        return cls.__doc__
    except Exception:  # noqa: BLE001 (its annotations may raise anything)
        return None


@contextmanager
def _unannounced(cls: type) -> Iterator[None]:
    """Prevent a call of `__init_subclass__` for the replacement of `cls`, which is not a new class for users."""
    own = cls.__dict__.get("__init_subclass__")
    cls.__init_subclass__ = classmethod(lambda _: None)  # type: ignore[assignment] # Python looks up a classmethod
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
    """Route the construction of `cls`, which `hookable` returned, through `store`."""
    original = allocate  # a local name, since Python clears the globals of this module at exit

    def new(klass: type, /, *args: Any, **kwargs: Any) -> Any:
        if klass is not cls or store.is_closed():
            return original(cls, klass, args, kwargs, new_hook)
        return store.blank(args, kwargs, new_hook)

    new.__name__ = "__new__"
    new.__qualname__ = f"{cls.__qualname__}.__new__"
    new_hook = NewHook(new)
    new_hook.own = cls.__dict__.get("__new__")
    cls.__new__ = new_hook  # type: ignore[method-assign] # a static method, as __new__ always is
    setattr(cls, STORE, store)
