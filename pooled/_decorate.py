"""`@poolable`, `PooledMeta` and `PooledABCMeta`: how a class becomes poolable."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast, overload

from pooled import _config, _engine
from pooled._construction import NewHook
from pooled._policy import Limits, Scope
from pooled._pools import forget_pool, is_poolable, pool_class
from pooled._recycling import Capacity, Reset
from pooled._refusals import refuse_unhookable

C = TypeVar("C", bound=type)

_WRITTEN: Final = "__pooled_limits__"
"""Where a class under `PooledMeta` keeps the limits that were written at it."""


@overload
def poolable(cls: C, /) -> C: ...


@overload
def poolable(
    *,
    max: int | None = None,
    max_cap: int | None = None,
    scope: Scope | None = None,
    reset: Callable[[Any], object] | None = None,
    capacity: Callable[[Any], int] | None = None,
) -> Callable[[C], C]: ...


def poolable(
    cls: type | None = None,
    /,
    *,
    max: int | None = None,  # noqa: A002 (the policy's own word)
    max_cap: int | None = None,
    scope: Scope | None = None,
    reset: Callable[[Any], object] | None = None,
    capacity: Callable[[Any], int] | None = None,
) -> Any:
    """Make a class poolable: an object whose last reference goes is emptied and parked for the next one.

    Use it bare, `@poolable`, or with arguments, `@poolable(max=64)`, as the outermost decorator. `cls(...)` goes
    on running `__init__` every time, on a parked object where there is one; `pooled.take(cls)` runs it only where
    the object is new or was scrubbed. Subclasses are ordinary classes unless they are decorated too.

    Args:
        cls: the class, where the decorator is used bare.
        max: how many objects the pool parks at most (a local pool: in each thread). 0 pools nothing.
        max_cap: an object whose capacity is above it is discarded. Elements, bytes, or what `capacity` says.
        scope: "local", a pool for each thread, which takes what is dropped on it; or "global", one pool for all
            threads, which gets back what it gave.
        reset: called with the object when it is dropped, to empty it; False as its result discards the object.
            Else the class's own `reset` serves. Where there is none, the object is scrubbed: all attributes go.
        capacity: called with the object, to say how large it is. Else the class's own `capacity` serves.

    What is left out comes from the configuration, and from `Policy` where that says nothing.

    Returns:
        The class to use from now on: with the native engine `cls` itself, with the reference engine a subclass
        of the same name, which stands in for it.

    Raises:
        TypeError: objects of the class cannot be recycled, or an argument has the wrong type. The text says what
            to do instead. The class is as it was.
        ValueError: a limit is below 0, or the scope neither "local" nor "global".
    """
    written = Limits(max=max, max_cap=max_cap, scope=scope)

    def decorate(cls: type) -> type:
        refuse_unhookable(cls)
        return _pooled(cls, written, reset, capacity)

    return decorate if cls is None else decorate(cls)


def _pooled(cls: type, written: Limits, reset: Reset | None, capacity: Capacity | None) -> type:
    if is_poolable(cls):
        raise TypeError(
            f"cls={cls.__qualname__}: it is poolable already; decorate it once, or change its pool's limits"
        )
    policy = _config.current.policy(_config.target_of(cls), written)
    return pool_class(cls, policy, reset=reset, capacity=capacity)


class PooledMeta(_engine.HookedType):
    """A metaclass that makes its classes poolable, and their subclasses, each with a pool of its own.

    `class Order(metaclass=PooledMeta, max=256, max_cap=4096, scope="global")`: the limits mean what they mean to
    `poolable`, and those that a subclass leaves out it takes from its bases. A class may have `reset` and
    `capacity` methods, as said at `Poolable`.

    Raises:
        TypeError, ValueError: as `poolable`, when the class is made.
    """

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        max: int | None = None,  # noqa: A002 (the policy's own word)
        max_cap: int | None = None,
        scope: Scope | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make the class, and a pool for it."""
        written = Limits(max=max, max_cap=max_cap, scope=scope).over(_limits_in(namespace))
        forget_pool(namespace)
        cls = super().__new__(mcs, name, bases, _unhooked(namespace), **kwargs)
        for base in cls.__mro__[1:]:
            written = written.over(_limits_in(base.__dict__))
        setattr(cls, _WRITTEN, written)
        refuse_unhookable(cls)
        return _pooled(cls, written, None, None)


class PooledABCMeta(PooledMeta, ABCMeta):
    """`PooledMeta` for abstract base classes and their subclasses."""


def _limits_in(namespace: Any) -> Limits:
    return cast("Limits", namespace.get(_WRITTEN, Limits()))


def _unhooked(namespace: dict[str, Any]) -> dict[str, Any]:
    """A class body without what an earlier class made from it got: `attrs` and `dataclasses` make a second class."""
    clean = {name: value for name, value in namespace.items() if not name.startswith("__pooled_")}
    new = clean.get("__new__")
    if isinstance(new, NewHook):
        clean["__new__"] = new.own
        if new.own is None:
            del clean["__new__"]
    return clean
