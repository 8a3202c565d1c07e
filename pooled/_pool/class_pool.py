"""The pool of a poolable class: how a class gets its pool, and how the pool is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from pooled import _config, _engine
from pooled._plan.checks import refuse_alias
from pooled._plan.hooks import Hooks, hooks_in
from pooled._plan.parts import POOL
from pooled._plan.plan import plan_for_class
from pooled._policy import Policy
from pooled._pool.pools import GlobalPool, LocalPool, Pool, registry

T = TypeVar("T")


def make_poolable(
    cls: type, policy: Policy, hooks: Hooks, keep: tuple[str, ...], *, before: Callable[[], object] = lambda: None
) -> type:
    """Give a class a pool of its own.

    Args:
        cls: the class.
        policy: the limits of the pool.
        hooks: the hooks that are named for the class.
        keep: the names of the attributes to keep.
        before: called when all checks are passed, before the class is changed.

    Returns:
        The class to use from now on: `cls`, or with the reference engine a subclass that replaces it.

    Raises:
        TypeError, ValueError: its objects cannot be recycled, or a hook cannot be called. The class is unchanged.
    """
    plan_for_class(cls, hooks, keep=keep, hooked=True)  # raises before anything is changed
    before()
    cls = _engine.hookable(cls)
    plan = plan_for_class(cls, hooks, keep=keep, hooked=True)
    kind = GlobalPool if policy.scope == "global" else LocalPool
    pool = kind.__new__(kind)
    pool._open(plan, policy, _config.target_of(cls))
    setattr(cls, POOL, pool)
    _engine.hook(cls, pool._store)
    return cls


def replan(cls: type, keep: tuple[str, ...]) -> None:
    """Make the plan of a poolable class anew, after the class was changed. Frees the objects parked so far."""
    plan = plan_for_class(cls, hooks_in(cls.__dict__), keep=keep, hooked=True)
    cls.__dict__[POOL]._store.set_plan(plan)


def forget_pool(namespace: Mapping[str, Any]) -> None:
    """Remove a pool from reports: that of a class which a decorator replaces by another made from its `namespace`."""
    if POOL in namespace:
        registry.discard(namespace[POOL])


def is_poolable(cls: type) -> bool:
    """Whether `cls` itself has a pool; that of a base does not count."""
    return POOL in cls.__dict__


def pool_of(cls: type[T]) -> Pool[T]:
    """The pool of a poolable class, a `LocalPool` or a `GlobalPool`.

    Raises:
        TypeError: the class is not poolable. A subclass of a poolable class is poolable only if it is decorated too.
    """
    pool = cls.__dict__.get(POOL) if isinstance(cls, type) else None
    if pool is None:
        refuse_alias(cls)
        raise TypeError(
            f"cls={cls!r}: expected a poolable class; decorate it with @poolable, or make a GlobalPool of it"
        )
    return cast("Pool[T]", pool)
