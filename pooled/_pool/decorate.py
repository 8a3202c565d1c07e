"""`@poolable`, `PooledMeta` and `PooledABCMeta`: how a class becomes poolable."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar, cast, overload

from pooled import _config, _engine
from pooled._plan.checks import refuse_unhookable
from pooled._plan.construction import NewHook
from pooled._plan.plan import Capacity, check_keep
from pooled._plan.scrub import Reset
from pooled._policy import Limits, Scope
from pooled._pool.class_pool import forget_pool, is_poolable, make_poolable, replan

C = TypeVar("C", bound=type)

_WRITTEN: Final = "__pooled_limits__"
"""Where a class under `PooledMeta` keeps the limits that were written at it."""

_KEPT: Final = "__pooled_keep__"
"""Where it keeps the names of the attributes that its objects keep, with those of its bases."""

_TELLING: Final = frozenset({"__attrs_attrs__", "__dataclass_fields__", "__init__", "__setattr__", "__delattr__"})
"""Attributes of a class on which it depends how its objects are emptied."""

_claimed: Final[dict[int, tuple[object, type]]] = {}
"""The classes that are being made poolable now, by their ids: a metaclass can have its own idea of equal ones."""


@overload
def poolable(cls: C, /) -> C: ...


@overload
def poolable(
    *,
    max: int | None = None,
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    reset: Callable[[Any], object] | None = None,
    capacity: Callable[[Any], int] | None = None,
    keep: Iterable[str] | None = None,
) -> Callable[[C], C]: ...


def poolable(  # noqa: PLR0913 (each is one thing that a class can say)
    cls: type | None = None,
    /,
    *,
    max: int | None = None,  # noqa: A002 (the policy's own word)
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    reset: Callable[[Any], object] | None = None,
    capacity: Callable[[Any], int] | None = None,
    keep: Iterable[str] | None = None,
) -> Any:
    """Make a class poolable: an object whose last reference goes is emptied and parked for the next one.

    Use it bare, `@poolable`, or with arguments, `@poolable(max=64)`, as the outermost decorator. `cls(...)` goes
    on running `__init__` every time, on a parked object where there is one; `pooled.take(cls)` does without it where
    it can. Subclasses are ordinary classes unless they are decorated too.

    How an object is emptied is said by its `reset`. Where there is none, an attrs class or a dataclass is emptied
    by its fields (`field_reset` shows how), and the objects of any other class are scrubbed: all attributes go.

    Args:
        cls: the class, where the decorator is used bare.
        max: how many objects the pool parks at most (a local pool: in each thread). 0 pools nothing.
        max_cap: an object whose capacity is above it is discarded. Elements, bytes, or what `capacity` says.
        scope: "local", a pool for each thread, which takes what is dropped on it; or "global", one pool for all
            threads, which gets back what it gave.
        idle_trim: what is parked dies when the pool handed out nothing for so many seconds.
        reset: called with the object when it is dropped, to empty it; False as its result discards the object.
            Else the class's own `reset` serves.
        capacity: called with the object, to say how large it is. Else the class's own `capacity` serves.
        keep: names of attributes that are emptied in place and kept, where there is no `reset`: containers (with the
            native engine, with their room), poolable objects, or whatever has a `clear` method. `take` does not run
            `__init__` on a parked object then. Of an attrs class or a dataclass, fields that a function makes, which
            would else be made anew each time.

    What is left out comes from the configuration, and from `Policy` where that says nothing.

    Returns:
        The class to use from now on: with the native engine `cls` itself, with the reference engine a subclass
        of the same name, which stands in for it.

    Raises:
        TypeError: objects of the class cannot be recycled, or an argument has the wrong type. The text says what
            to do instead. The class is as it was.
        ValueError: a limit is below 0, the scope neither "local" nor "global", or `keep` names what objects of the
            class cannot have.
    """
    written = Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim)
    kept = check_keep(keep)

    def decorate(cls: type) -> type:
        refuse_unhookable(cls)
        return _pooled(cls, written, reset, capacity, kept)

    return decorate if cls is None else decorate(cls)


def _pooled(cls: type, written: Limits, reset: Reset | None, capacity: Capacity | None, keep: tuple[str, ...]) -> type:
    policy = _config.current.policy(_config.target_of(cls), written)
    claim = (object(), cls)
    try:
        # In one step: of two threads that decorate a class at once, one is refused. Without a lock, which a fork
        # would leave locked.
        if _claimed.setdefault(id(cls), claim) is not claim or is_poolable(cls):
            raise TypeError(
                f"cls={cls.__qualname__}: it is poolable already; decorate it once, or change its pool's limits"
            )
        return make_poolable(cls, policy, reset=reset, capacity=capacity, keep=keep)
    finally:
        if _claimed.get(id(cls)) is claim:
            del _claimed[id(cls)]


class PooledMeta(_engine.HookedType):
    """A metaclass that makes its classes poolable, and their subclasses, each with a pool of its own.

    `class Order(metaclass=PooledMeta, max=256, max_cap=4096, scope="global")`: the limits mean what they mean to
    `poolable`, and those that a subclass leaves out it takes from its bases. `keep`, too, means what it means
    there; a subclass keeps what its bases keep. A class may have `reset` and `capacity` methods, as said at
    `Poolable`. `@attrs.define` and `@dataclass` go over such a class as over any other.

    Raises:
        TypeError, ValueError: as `poolable`, when the class is made.
    """

    def __new__(  # noqa: PLR0913 (the same)
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        max: int | None = None,  # noqa: A002 (the policy's own word)
        max_cap: int | None = None,
        scope: Scope | None = None,
        idle_trim: float | None = None,
        keep: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make the class, and a pool for it."""
        kept = check_keep(keep) or namespace.get(_KEPT, ())
        written = Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim).over(_limits_in(namespace))
        forget_pool(namespace)
        cls = super().__new__(mcs, name, bases, _unhooked(namespace), **kwargs)
        for base in cls.__mro__[1:]:
            written = written.over(_limits_in(base.__dict__))
            kept += tuple(name for name in base.__dict__.get(_KEPT, ()) if name not in kept)
        setattr(cls, _WRITTEN, written)
        setattr(cls, _KEPT, kept)
        refuse_unhookable(cls)
        return _pooled(cls, written, None, None, kept)

    def __setattr__(cls, name: str, value: Any) -> None:  # noqa: N805 (the self of a metaclass)
        super().__setattr__(name, value)
        if name in _TELLING and is_poolable(cls):  # as decorators do that add fields to a class
            replan(cls, cls.__dict__[_KEPT])


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
