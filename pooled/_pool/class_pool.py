"""The pool of a poolable class: how a class gets its pool, and how the pool is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from pooled import _config, _engine
from pooled._plan.checks import refuse_alias
from pooled._plan.class_info import ClassInfo, info_of, pool_in, set_info
from pooled._plan.hooks import Hooks, hooks_of
from pooled._plan.plan import plan_for_class
from pooled._policy import Policy
from pooled._pool.pools import GlobalPool, LocalPool, Pool
from pooled._pool.replaced import check_replaced

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
    _engine.check_hookable(cls)  # like the next line, it raises before anything is changed
    plan_for_class(cls, hooks, keep=keep, hooked=True)
    before()
    cls = _engine.hookable(cls)
    plan = plan_for_class(cls, hooks, keep=keep, hooked=True)
    kind = GlobalPool if policy.scope == "global" else LocalPool
    pool = kind.__new__(kind)
    pool._open(plan, policy, _config.target_of(cls))
    set_info(cls, ClassInfo(pool))
    _engine.hook(cls, pool._store)
    return cls


def replan(cls: type) -> None:
    """Make a new plan for a poolable class that was changed. This frees the parked objects."""
    info: Any = info_of(cls)  # never None: the class is poolable
    plan = plan_for_class(cls, hooks_of(cls), keep=info.keep, hooked=True)
    info.pool._store.set_plan(plan)


def is_poolable(cls: type) -> bool:
    """Whether `cls` itself has a pool; the pool of a base does not count."""
    return info_of(cls) is not None


def pool_of(cls: type[T]) -> Pool[T]:
    """The pool of a poolable class, a `LocalPool` or a `GlobalPool`.

    Raises:
        TypeError: the class is not poolable. A subclass of a poolable class is poolable only if it is decorated too.
    """
    pool = pool_in(cls) if isinstance(cls, type) else None
    if pool is None:
        refuse_alias(cls)
        check_replaced()
        raise TypeError(
            f"cls={cls!r}: expected a poolable class; decorate it with @poolable, or make a GlobalPool from it"
        )
    return cast("Pool[T]", pool)
