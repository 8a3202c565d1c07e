"""The functions that reach a pool through a class or an object: take, try_take, orphan, insert, detach and assign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from pooled import _engine
from pooled._plan.checks import refuse_uninsertable
from pooled._plan.class_info import info_of, pool_in
from pooled._pool.class_pool import is_poolable, pool_of
from pooled._pool.pools import Pool
from pooled._pool.replaced import check_replaced

P = ParamSpec("P")
T = TypeVar("T")


@_engine.in_c
def take(cls: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what `cls(*args, **kwargs)` does, with a parked object if there is one.

    If the class has a `reset` or `keep=`, a call without further arguments returns a parked object in the state in
    which it was parked: `__init__` runs only for a new object.

    Args:
        cls: a poolable class.
        *args: positional arguments for `cls`.
        **kwargs: keyword arguments for `cls`.

    Raises:
        TypeError: the class is not poolable, or does not accept these arguments.
    """
    taken: T = _store_of_class(cls).take(*args, **kwargs)
    return taken


def try_take(cls: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Take a parked object as `take` does, or return None if none is parked (a local pool: in this thread).

    Raises:
        TypeError: as `take` does.
    """
    taken: T | None = _store_of_class(cls).try_take(*args, **kwargs)
    return taken


def _store_of_class(cls: Any) -> Any:
    """The store of a poolable class, by the fastest lookup."""
    info = info_of(cls) if isinstance(cls, type) else None
    return pool_of(cls)._store if info is None else info.pool._store  # the first raises an error that names the problem


def orphan(cls: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Create an object, `cls(*args, **kwargs)`, of a poolable class outside of its pool. `insert` can add it later.

    Raises:
        TypeError: the class is not poolable.
    """
    pool = pool_of(cast("type[T]", cls))
    return cast("T", _engine.orphan(pool._store.plan, args, kwargs))


def detach(obj: T) -> T:
    """Remove an object from its pool: when its last reference is dropped, it is freed. Return the object.

    Nothing changes for an object of a poolable class that belongs to no pool. With the reference engine, these include
    `self` in a method and objects from `borrow`.

    Raises:
        TypeError: the object was not made by a pool or a poolable class.
    """
    if _engine.store_of(obj) is not None:
        _engine.detach(obj)
    elif not is_poolable(obj.__class__) and not _engine.hands_out(obj):
        raise TypeError(f"obj={obj!r}: expected an object from a pool or of a poolable class")
    return obj


def insert(obj: T) -> T:
    """Add an object that was made elsewhere to the pool of its class. Return the object, as `Pool.insert` does.

    Raises:
        TypeError: the class of the object is not poolable.
    """
    cls: object = obj.__class__
    pool = pool_in(cls) if isinstance(cls, type) else None
    if pool is None:
        check_replaced()
        refuse_uninsertable(obj)
    return cast("T", pool.insert(obj))


def assign(obj: T, pool: Pool[Any]) -> T:
    """Make an object return to `pool` when it is dropped, whatever pool it came from: `pool.insert(obj)`.

    Raises:
        TypeError: `pool` is not a pool, or a pool of objects of another class.
    """
    if not isinstance(pool, Pool):
        raise TypeError(f"pool={pool!r}: expected a LocalPool or a GlobalPool")
    inserted: T = pool.insert(obj)
    return inserted
