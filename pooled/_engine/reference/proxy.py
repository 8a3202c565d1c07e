"""Proxies, which the reference engine hands out, and the check that nothing else refers to their objects."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from gc import is_finalized
from sys import getrefcount
from typing import Any, Final, Protocol, TypeGuard
from weakref import getweakrefcount

import wrapt

from pooled._engine.reference.gc_state import is_collecting
from pooled._engine.reference.proxy_methods import lookup, rebuilding_methods


class Owner(Protocol):
    """The store, or a part of it, that an object returns to when its proxy is freed."""

    def is_closed(self) -> bool:
        """Whether no object returns any more."""
        ...

    def drop(self, holder: Holder) -> None:
        """Recycle or free the object of `holder`, because its last reference was dropped."""

    def collect(self, holder: Holder) -> None:
        """Count the object of `holder`: the garbage collector found it, or freed its last owner."""


class Holder(Protocol):
    """The only owner of an object that is dropped: a proxy that is being freed, or an entry of a queue."""

    __wrapped__: Any


class Held:
    """A holder that is not a proxy."""

    __slots__ = ("__wrapped__",)

    def __init__(self, obj: Any) -> None:
        self.__wrapped__ = obj


def references(holder: Holder) -> int:
    """The number of references to the object of `holder`; it is `ALONE` if only `holder` refers to it.

    The caller must not have the object in a variable.
    """
    return getrefcount(holder.__wrapped__)


def release(holder: Holder) -> Any:
    """Take the object out of `holder`, so that the caller has the only reference."""
    obj = holder.__wrapped__
    holder.__wrapped__ = _GONE
    return obj


class _Gone:
    """The target of a proxy whose object has returned to its pool."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # wrapt looks for special methods that not every object has
        raise ReferenceError("the weakly referenced object has returned to its pool")


_GONE: Final = _Gone()


class Proxy(wrapt.BaseObjectProxy):  # type: ignore[type-arg] # it takes no parameter at run time
    """A proxy for one pooled object. When the proxy is freed, the object returns to its pool."""

    __slots__ = ("_self_pooled_owner",)

    _self_pooled_owner: Owner | None

    @classmethod
    def _for(cls, obj: Any, owner: Owner | None) -> Proxy:
        proxy = cls.__new__(cls)
        proxy._self_pooled_owner = None  # none until the proxy holds its object
        wrapt.BaseObjectProxy.__init__(proxy, obj)
        proxy._self_pooled_owner = owner
        return proxy

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        # A caller means the __init__ of the object.
        self.__wrapped__.__init__(*args, **kwargs)

    def __del__(self) -> None:
        owner = self._self_pooled_owner
        if owner is None or owner.is_closed():
            return
        self._self_pooled_owner = None  # only once, also if a program calls __del__
        if is_collecting() or is_finalized(self):
            owner.collect(self)
        elif getweakrefcount(self):
            # While the object is emptied, its reset or another thread may still get this proxy from a weak reference.
            # It must not lead to the object any more.
            owner.drop(Held(release(self)))
        else:
            owner.drop(self)

    def __wrapped_setattr_fixups__(self) -> None:
        """Do nothing after `release` took the object; wrapt calls this, and a failed lookup would cost more."""

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __sizeof__(self) -> int:
        size: int = self.__wrapped__.__sizeof__()
        return size

    def __getstate__(self) -> object:
        return self.__wrapped__.__getstate__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        # From protocol 2 on, `cls.__new__(cls)`, which is hooked, makes the object.
        return self.__wrapped__.__reduce_ex__(max(protocol, 2))

    def __reduce__(self) -> Any:
        return self.__wrapped__.__reduce__()

    def __copy__(self) -> Any:
        return copy.copy(self.__wrapped__)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self.__wrapped__, memo)


# From here on, `__slots__` of a proxy are those of its object.
Proxy.__slots__ = property(lambda self: self.__wrapped__.__slots__)  # type: ignore[assignment]


def is_proxy(obj: object) -> TypeGuard[Proxy]:
    """Whether `obj` itself is a proxy, whatever its `__class__` says."""
    return issubclass(type(obj), Proxy)


def bare(obj: Any) -> Any:
    """The object behind a proxy; any other object itself."""
    return obj.__wrapped__ if is_proxy(obj) else obj


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    apply = getattr(operator, name)

    def method(self: Proxy, other: Any) -> Any:
        result = apply(self.__wrapped__, other)
        return self if result is self.__wrapped__ else result

    return method


_IN_PLACE: Final = (
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "lshift",
    "rshift",
    "and",
    "xor",
    "or",
)
for _operation in _IN_PLACE:
    setattr(Proxy, f"__i{_operation}__", _in_place(f"__i{_operation}__"))


def _forwarding(name: str) -> Callable[..., Any]:
    def method(self: Proxy, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.__wrapped__, name)(*args, **kwargs)

    return method


_SOME_HAVE: Final = (
    *("__call__", "__iter__", "__next__", "__length_hint__", "__fspath__", "__aiter__", "__anext__", "__await__"),
    *("__buffer__", "__release_buffer__", "__get__", "__set__", "__delete__"),
)
"""Methods that wrapt omits, since a proxy that had them would claim a protocol that its object may lack."""


def _iterate_by_index(self: Proxy) -> Any:
    return iter(self.__wrapped__)


def proxy_type(cls: type) -> type[Proxy]:
    """The class of proxies for objects of `cls`, with those special methods that only some classes have."""
    names = [name for name in _SOME_HAVE if lookup(cls, name) is not None]
    namespace = {name: _forwarding(name) for name in names}
    if "__iter__" not in names and lookup(cls, "__getitem__") is not None:
        namespace["__iter__"] = _iterate_by_index
    namespace |= rebuilding_methods(cls)
    metaclass: Any = type(Proxy)  # without its C extension, wrapt has a metaclass of its own
    proxies: type[Proxy] = metaclass("Proxy", (Proxy,), {"__slots__": (), "__doc__": Proxy.__doc__, **namespace})
    del proxies.__slots__
    return proxies


# Measured, since it differs between versions of Python.
ALONE: Final = references(Held(object()))
