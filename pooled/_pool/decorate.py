"""`@poolable`, `PooledMeta` and `PooledABCMeta`, which make classes poolable."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar, overload

from pooled import _config, _engine
from pooled._plan.checks import check_keep, refuse_unhookable
from pooled._plan.class_info import ATTRIBUTE, info_in, info_of
from pooled._plan.construction import NewHook
from pooled._plan.hooks import OMITTED, Hooks
from pooled._policy import Limits, Max, Scope
from pooled._pool.class_pool import is_poolable, make_poolable, replan
from pooled._pool.pools import registry
from pooled._pool.replaced import watch_for_replacement
from pooled._pool.unnamed_hooks import warn_of_unnamed_hooks

C = TypeVar("C", bound=type)

_PLANNED_BY: Final = frozenset({"__attrs_attrs__", "__dataclass_fields__", "__init__", "__setattr__", "__delattr__"})
"""Attributes of a class that define how its objects are emptied."""

_claimed: Final[dict[int, tuple[object, type]]] = {}
"""The classes that are being made poolable, by `id`, since a metaclass may define equality."""


@overload
def poolable(cls: C, /) -> C: ...


@overload
def poolable(
    *,
    max: Max | None = None,
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    reset: Callable[[Any], object] | str | None = ...,
    capacity: Callable[[Any], int] | str | None = ...,
    keep: Iterable[str] | None = None,
) -> Callable[[C], C]: ...


def poolable(  # noqa: PLR0913 (each is one property of a class)
    cls: type | None = None,
    /,
    *,
    max: Max | None = None,  # noqa: A002 (the policy's own word)
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    reset: Callable[[Any], object] | str | None = OMITTED,
    capacity: Callable[[Any], int] | str | None = OMITTED,
    keep: Iterable[str] | None = None,
) -> Any:
    """Make a class poolable: when an object's last reference is dropped, the object is emptied and parked for reuse.

    Use it as the outermost decorator, without arguments, `@poolable`, or with some, `@poolable(max=64)`. Call the class
    as before: `__init__` runs on a parked object if there is one. If `__init__` only assigns attributes, the native
    engine assigns them in C (`field_reset` shows this). Subclasses are ordinary classes unless they are decorated too.

    A pool calls only the hooks `reset` and `capacity` that are named here; a method with such a name is not a hook by
    itself. Poolable subclasses inherit the hooks; a name is looked up on the subclass. `Poolable` is another way to
    name hooks. Without a `reset`, an object is scrubbed: all its attributes are deleted. If the native engine assigns
    the attributes in C, it keeps containers that `__init__` would create empty, and empties them.

    Args:
        cls: the class, if the decorator is used without arguments.
        max: the most objects that the pool parks (a local pool: in each thread). 0 pools nothing.
            "auto" parks as many as were in use at once in the last 10 to 20 seconds, within the budget and 1,048,576.
        max_cap: the largest capacity of a parked object, in elements, bytes, or the unit of `capacity`.
        scope: "local": each thread has its own pool, and an object returns to the pool of the thread that drops it.
            "global": all threads share one pool.
        idle_trim: seconds without a take after which the pool frees its parked objects.
        reset: a function that empties a dropped object, or the name of a method; the result False discards the object.
            None turns off the hook of a base.
        capacity: a function that returns the size of an object, the name of a method that does, or None.
        keep: names of attributes that are emptied in place and kept, if there is no `reset`: containers (the native
            engine also keeps their allocated memory), poolable objects, or objects with a `clear` method. `take`
            without arguments then does not run `__init__` on a parked object, so the other attributes are unset.

    Omitted arguments come from the configuration, or from the defaults of `Policy`.

    Returns:
        The class to use from now on: `cls` itself, or with the reference engine a subclass of the same name.

    Raises:
        TypeError: objects of the class cannot be recycled, or an argument has the wrong type. The message says what to
            do instead. The class is unchanged.
        ValueError: a limit is below 0, the scope is neither "local" nor "global", or `reset`, `capacity` or `keep`
            names an attribute that the class does not have.

    Warns:
        PooledDeprecationWarning: the class has a method `reset` or `capacity`, and the argument is omitted.
    """
    written = Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim)
    kept = check_keep(keep)

    def decorate(cls: type) -> type:
        refuse_unhookable(cls)
        return _pooled(cls, written, Hooks(reset, capacity), kept, "@poolable({})")

    return decorate if cls is None else decorate(cls)


def pool_class(cls: type, limits: Limits, *, hooks: Hooks = Hooks(), keep: tuple[str, ...] = ()) -> type:
    """Do what `poolable` does, but without a warning about unnamed hooks: the caller is not the author of the class."""
    refuse_unhookable(cls)
    return _pooled(cls, limits, hooks, keep, None)


def _pooled(cls: type, written: Limits, hooks: Hooks, keep: tuple[str, ...], code: str | None) -> type:
    """Make a class poolable; `code` is what its author can write to name hooks, or None for no warning about them."""

    def warn() -> None:
        if code is not None:
            warn_of_unnamed_hooks(cls, hooks._replace(reset=None) if keep else hooks, code)

    policy = _config.current.policy(_config.target_of(cls), written)
    claim = (object(), cls)
    try:
        # `setdefault` is atomic: if two threads decorate a class at once, one of them gets an error. A lock would stay
        # locked in the child of a fork.
        if _claimed.setdefault(id(cls), claim) is not claim or is_poolable(cls):
            raise TypeError(
                f"cls={cls.__qualname__}: it is poolable already; decorate it once, or change its pool's limits"
            )
        made = make_poolable(cls, policy, hooks, keep, before=warn)
        if code is not None:
            watch_for_replacement(made)
        return made
    finally:
        if _claimed.get(id(cls)) is claim:
            del _claimed[id(cls)]


class PooledMeta(_engine.HookedType):
    """A metaclass that makes its classes and all their subclasses poolable, each with a pool of its own.

    `class Order(metaclass=PooledMeta, max=256, max_cap=4096, scope="global", reset="clear")`: the limits, the hooks
    `reset` and `capacity`, and `keep` mean the same as in `poolable`. A subclass inherits the limits and hooks that it
    omits. It keeps the attributes that its bases keep, besides its own. `@attrs.define` and `@dataclass` work on such a
    class as on any other.

    Raises:
        TypeError, ValueError: as `poolable`, when the class is made.

    Warns:
        PooledDeprecationWarning: as `poolable`.
    """

    def __new__(  # noqa: PLR0913 (the same)
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        max: Max | None = None,  # noqa: A002 (the policy's own word)
        max_cap: int | None = None,
        scope: Scope | None = None,
        idle_trim: float | None = None,
        reset: Callable[[Any], object] | str | None = OMITTED,
        capacity: Callable[[Any], int] | str | None = OMITTED,
        keep: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make the class and its pool."""
        kept = check_keep(keep)
        written = Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim)
        hooks = Hooks(reset, capacity)
        former = info_in(namespace)  # a decorator that adds slots makes the class again
        if former is not None:
            kept = kept or former.keep
            written = written.over(former.limits)
            hooks = hooks.over(former.pool._store.plan.hooks)
            registry.discard(former.pool)
        cls = super().__new__(mcs, name, bases, _unhooked(namespace), **kwargs)
        for base in filter(None, map(info_of, cls.__mro__[1:])):
            written = written.over(base.limits)
            kept += tuple(name for name in base.keep if name not in kept)
        refuse_unhookable(cls)
        code = None if former is not None else f"class {name}(metaclass={mcs.__name__}, {{}})"
        made = _pooled(cls, written, hooks, kept, code)
        info: Any = info_of(made)  # never None: it was made poolable just now
        info.limits, info.keep = written, kept
        type.__setattr__(made, ATTRIBUTE, info)
        return made

    def __setattr__(cls, name: str, value: Any) -> None:  # noqa: N805 (a method of a metaclass)
        super().__setattr__(name, value)
        if name in _PLANNED_BY and is_poolable(cls):  # such as a decorator that adds fields
            replan(cls)


class PooledABCMeta(PooledMeta, ABCMeta):
    """`PooledMeta` for abstract base classes and their subclasses."""


def _unhooked(namespace: dict[str, Any]) -> dict[str, Any]:
    """A class namespace without the attributes that this package added to an earlier class made from it.

    `attrs` and `dataclasses` make a second class from the namespace of the first.
    """
    clean = {name: value for name, value in namespace.items() if not name.startswith("__pooled_")}
    new = clean.get("__new__")
    if isinstance(new, NewHook):
        clean["__new__"] = new.own
        if new.own is None:
            del clean["__new__"]
    return clean
