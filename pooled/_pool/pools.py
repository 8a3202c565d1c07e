"""Pools of objects: `Pool`, `LocalPool` and `GlobalPool`, and the registry of all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Final, Generic, NoReturn, SupportsIndex, TypeVar, cast

from pooled import _config, _engine
from pooled._memory.registry import Registry, refuse_pickling
from pooled._plan.checks import refuse_foreign
from pooled._plan.class_info import pool_in
from pooled._plan.hooks import OMITTED, Hooks
from pooled._plan.plan import Plan, plan_for_class, plan_for_function
from pooled._policy import AUTO, Limits, Max, Policy, Scope, check_limit, check_name
from pooled._pool import trimming
from pooled._pool.unnamed_hooks import warn_of_unnamed_hooks
from pooled._stats import Constructions, Stats

T = TypeVar("T")

registry: Final[Registry[Pool[Any]]] = Registry()
"""All pools of objects."""


class Pool(Generic[T]):
    """A pool of parked objects. Create a `LocalPool`, a pool per thread, or a `GlobalPool`, one pool for all threads.

    Every poolable class has a pool. A separate pool can be made from

    - a poolable class. Objects that `take` returns go back to this pool, not to the pool of the class.
    - any other class, such as `list`, or a function without parameters. `take` then returns a proxy (`wrapt`), and the
      object returns to the pool when the proxy is freed. `borrow` gives the object itself, for code in C that does not
      accept a proxy. In such a pool, a take and a drop together take a few microseconds.

    Args:
        factory: the class, or the function that makes an object.
        max: the most objects that the pool parks (a local pool: in each thread). "auto" parks as many as were in use at
            once in the last 10 to 20 seconds, within the budget and up to 1,048,576.
        max_cap: the largest capacity, in elements or bytes, of a parked object; larger ones are discarded.
        idle_trim: seconds without a take after which the pool frees its parked objects.
        reset: a function that empties a dropped object, or the name of a method; the result False discards the object.
            Required if `factory` is a function. The default is the hook that was named for the class or a base of it.
            Without a hook, or with None, all attributes of the object are deleted.
        capacity: a function that returns the size of an object, the name of a method that does, or None. The default is
            the hook that was named for the class or a base of it.
        name: the name of the pool in reports. The default is the name of the class or function.

    Raises:
        TypeError, ValueError: the objects cannot be recycled, or an argument is invalid. The message names the
            parameter, the value and the remedy.
    """

    __slots__ = ("__weakref__", "_is_on", "_name", "_store")

    _scope: ClassVar[Scope]

    def __init__(  # noqa: PLR0913 (each is one property of a pool)
        self,
        factory: Callable[..., T],
        *,
        max: Max | None = None,  # noqa: A002 (the policy's own word)
        max_cap: int | None = None,
        idle_trim: float | None = None,
        reset: Callable[[T], object] | str | None = OMITTED,
        capacity: Callable[[T], int] | str | None = OMITTED,
        name: str | None = None,
    ) -> None:
        if type(self) is Pool:
            raise TypeError("Pool is the base class of LocalPool and GlobalPool; make one of these")
        check_name(name)
        written = Limits(max=max, max_cap=max_cap, scope=self._scope, idle_trim=idle_trim)
        policy = written.over(_config.current.defaults).completed()
        plan = _plan(factory, Hooks(reset, capacity), type(self).__name__)
        self._open(plan, policy, name or _config.target_of(factory))

    _is_exiting = staticmethod(sys.is_finalizing)

    def __del__(self) -> None:
        """Free the parked objects. Objects in use keep the store alive, which would keep the parked ones alive."""
        store = getattr(self, "_store", None)  # None if `__init__` raised
        if store is not None and not self._is_exiting():
            store.set_parking(False)

    def _open(self, plan: Plan, policy: Policy, name: str) -> None:
        self._store = _engine.Store(plan, policy)
        self._name = name
        self._is_on = True
        registry.add(self)
        trimming.register(self._store)
        if not _config.current.pooling:
            self._follow_switch()

    @property
    def name(self) -> str:
        """The name of the pool in reports: `package.module:Class`, unless another name was given."""
        return self._name

    @property
    def policy(self) -> Policy:
        """The current limits."""
        return self._store.policy

    @property
    def depth(self) -> int:
        """The most objects that the pool parks now: `max`, or what "auto" allows (a local pool: in each thread)."""
        bound = self.policy.max
        return bound if isinstance(bound, int) else self._store.depths()[0]

    def take(self, *args: Any, **kwargs: Any) -> T:
        """Take a parked object, or make a new one, as `pooled.take` does.

        Args:
            *args: positional arguments for the class of the objects. A pool whose factory is a function takes none.
            **kwargs: keyword arguments for the class.

        Raises:
            TypeError: the class does not accept these arguments, or a function makes the objects.
        """
        taken: T = self._store.take(*args, **kwargs)
        return taken

    def try_take(self, *args: Any, **kwargs: Any) -> T | None:
        """Take a parked object as `take` does, or return None if none is parked (a local pool: in this thread)."""
        taken: T | None = self._store.try_take(*args, **kwargs)
        return taken

    def borrow(self) -> AbstractContextManager[T]:
        """Borrow an object for the length of a `with` block: `with pool.borrow() as obj: ...`.

        The block gets the object itself, even if `take` returns a proxy. At the end of the block, the object returns to
        the pool if nothing refers to it any more. If only the variable of the `with` statement still does, the object
        returns later. With the native engine and a poolable class, it returns when the variable is deleted or
        reassigned; otherwise, when this thread next takes from the pool or clears it after that. An object with more
        references has escaped.
        """
        return cast("AbstractContextManager[T]", self._store.borrow())

    def insert(self, obj: T) -> T:
        """Add an object that the pool did not hand out. Use the returned object from then on.

        When its last reference is dropped, the object is emptied and parked, like an object from `take`. The pool
        counts it as inserted. If it came from another pool, that pool counts it as detached. An object that already
        belongs to this pool is not counted again.

        The result is a proxy if the pool hands out proxies: with the reference engine, or if the factory is a function
        or a class that is not poolable. Drop `obj` in that case: the object cannot be parked while another reference to
        it exists.

        A pool whose factory is a function accepts any object, because it does not know the class of its objects.

        Raises:
            TypeError: the class of the object is not exactly the class of this pool; a subclass does not count. Nothing
                changes.
        """
        store = self._store
        if not store.plan.is_for(obj):
            refuse_foreign(obj, store.plan.cls, repr(self))
        if _engine.store_of(obj) is store:
            return obj
        inserted: T = store.adopt(obj)
        return inserted

    def prefill(self, n: int) -> int:
        """Create and park up to `n` objects, as many as fit into the pool (a local pool: in this thread).

        Returns:
            The number of new objects.
        """
        return self._store.prefill(check_limit("n", n))

    def prune(self) -> int:
        """Free some parked objects: 10 % of `depth` if more than that is parked, else 1 %; at least one.

        A local pool frees objects that are parked in this thread.

        Returns:
            The number of freed objects.
        """
        bound = self.depth
        percent = 10 if len(self) * 10 > bound else 1
        return self._store.remove(max(1, bound * percent // 100))

    def clear(self) -> int:
        """Free all parked objects (a local pool: those of this thread). Objects in use still return to the pool.

        Returns:
            The number of freed objects.
        """
        return self._store.clear()

    def trim(self) -> int:
        """Free half of the parked objects that were not used since the last trim, in all threads; see `pooled.trim`.

        Returns:
            The number of freed objects.
        """
        return self._store.trim()

    def resize(
        self,
        *,
        max: Max | None = None,  # noqa: A002 (the policy's own word)
        max_cap: int | None = None,
        idle_trim: float | None = None,
    ) -> None:
        """Change the limits. Omitted limits stay unchanged.

        A smaller `max` frees the parked objects beyond it. A smaller `max_cap` frees all parked objects, because parked
        objects are not measured again. In other threads, a local pool applies the new limits when the thread next uses
        the pool, or earlier.
        """
        now = self.policy
        changed = Policy(
            max=now.max if max is None else max,
            max_cap=now.max_cap if max_cap is None else max_cap,
            scope=now.scope,
            idle_trim=now.idle_trim if idle_trim is None else idle_trim,
        )
        self._store.set_policy(changed)
        trimming.register(self._store)
        self._follow_switch()

    def _follow_switch(self) -> None:
        """Turn parking on or off, as `disable` and `enable` require. Other threads may call them meanwhile."""
        parks = None
        while parks is not (wanted := _config.current.pooling and self._is_on):
            parks = wanted
            self._store.set_parking(parks)

    def stats(self) -> Stats:
        """Counts of the objects that this pool handed out, in all threads. Costs a walk over the threads."""
        return self._store.stats()

    def constructions(self) -> Constructions:
        """Counts of how calls of the class constructed objects; all 0 where the native engine is not in use."""
        return self._store.constructions()

    def __len__(self) -> int:
        """How many objects are parked (a local pool: in this thread)."""
        return len(self._store)

    def __bool__(self) -> bool:
        return True  # an empty pool is a pool

    def __repr__(self) -> str:
        policy = self.policy
        depth = f" depth={self.depth}" if policy.max == AUTO else ""
        limits = f"max={policy.max}{depth} max_cap={policy.max_cap} parked={len(self)}"
        return f"<{type(self).__name__} {self.name} {limits}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)


class LocalPool(Pool[T]):
    """A pool for each thread: objects return to the pool of the thread that drops them. `Pool` has the arguments."""

    __slots__ = ()
    _scope = "local"


class GlobalPool(Pool[T]):
    """One pool for all threads: objects return to it from any thread. `Pool` has the arguments."""

    __slots__ = ()
    _scope = "global"


def _plan(factory: Callable[..., Any], hooks: Hooks, kind: str) -> Plan:
    """The plan of a pool of objects that `factory` makes; `kind` is the class of the pool."""
    if not callable(factory):
        raise TypeError(f"factory={factory!r}: expected a class, or a function that makes an object")
    if not isinstance(factory, type):
        return plan_for_function(factory, hooks)
    own = pool_in(factory)
    plan: Plan = plan_for_class(factory, hooks, hooked=False) if own is None else own._store.plan
    if own is None:
        warn_of_unnamed_hooks(factory, hooks, f"{kind}({factory.__name__}, {{}})")
        return plan
    if all(hook is OMITTED for hook in hooks):
        return plan
    keep = plan.keep if hooks.reset is OMITTED or hooks.reset is None else ()
    return plan_for_class(factory, hooks, keep=keep, hooked=True)


def all_pools() -> list[Pool[Any]]:
    """All pools of objects, oldest first."""
    return registry.all()
