"""The functions that reach a pool through a class or an object: take, try_take, orphan, detach and assign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from pooled import _engine
from pooled._plan.parts import POOL
from pooled._pool.class_pool import is_poolable, pool_of
from pooled._pool.pools import Pool

P = ParamSpec("P")
T = TypeVar("T")


@_engine.in_c
def take(cls: type[T], /, **fields: Any) -> T:
    """An object of a poolable class: a parked one, or a new one.

    - Of an attrs class or a dataclass without a `reset`, frozen or not, it has its defaults, and its containers are
      empty; a field without a default is unset. `__init__` does not run. `fields` are assigned as `__init__` would
      assign them: through converters and validators, under the names that it takes. `__post_init__` and
      `__attrs_post_init__` run each time, and where there is one, `take` has to be given what `__init__` cannot do
      without. `field_reset` shows what becomes of each field.
    - Of a class that has a `reset`, or keeps attributes (`keep=`), a parked one is as that left it, and `__init__`
      runs, without arguments, where the object is new.
    - Of any other class, `__init__` runs with `fields`.

    Raises:
        TypeError: the class is not poolable, there is no such field, or no field can be given.
    """
    taken: T = _store_of_class(cls).take(**fields)
    return taken


def try_take(cls: type[T], /, **fields: Any) -> T | None:
    """What `take` gives if something is parked, else None (a local pool: in this thread).

    Raises:
        TypeError: as `take` does.
    """
    taken: T | None = _store_of_class(cls).try_take(**fields)
    return taken


def _store_of_class(cls: type) -> Any:
    """What stands behind the pool of a poolable class, by the shortest way."""
    try:
        return cls.__dict__[POOL]._store
    except (KeyError, AttributeError):
        return pool_of(cls)._store  # which tells what is wrong


def orphan(cls: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """A new object `cls(*args, **kwargs)` of a poolable class that is in no pool and never will be by itself.

    Raises:
        TypeError: the class is not poolable.
    """
    pool = pool_of(cast("type[T]", cls))
    return cast("T", _engine.orphan(pool._store.plan, args, kwargs))


def detach(obj: T) -> T:
    """Take a pooled object out of its pool's care: it dies an ordinary death. Gives it back.

    Nothing changes for an object of a poolable class that is in no pool; to the reference engine the bare `self`
    of a method, or what `borrow` gave, is such an object.

    Raises:
        TypeError: the object was not made by a pool or a poolable class.
    """
    if _engine.store_of(obj) is not None:
        _engine.detach(obj)
    elif not is_poolable(obj.__class__) and not _engine.hands_out(obj):
        raise TypeError(f"obj={obj!r}: expected an object from a pool or of a poolable class")
    return obj


def assign(obj: T, pool: Pool[Any]) -> T:
    """Have an object recycled into `pool` when it is dropped, whatever pool it came from; gives it back.

    Its former pool counts it as detached, the new one as a miss: an object it answers for and did not have.
    The reference engine gives a proxy where `obj` was in no pool: use what is given, and let go of `obj`.

    Raises:
        TypeError: `pool` is not a pool, or not one of objects of this class.
    """
    if not isinstance(pool, Pool):
        raise TypeError(f"pool={pool!r}: expected a LocalPool or a GlobalPool")
    store = pool._store
    if not store.plan.is_for(obj):
        raise TypeError(
            f"obj={obj!r}: {pool!r} keeps objects of {store.plan.cls.__qualname__}; "
            f"assign it to a pool of {obj.__class__.__qualname__}"
        )
    if _engine.store_of(obj) is store:
        return obj
    return cast("T", store.adopt(obj))
