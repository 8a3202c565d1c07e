"""Pools of objects: `Pool`, `LocalPool` and `GlobalPool`, and the registry of all of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Final, Generic, NoReturn, SupportsIndex, TypeVar, cast

from pooled import _config, _engine
from pooled._plan.parts import POOL
from pooled._plan.plan import Capacity, Plan, plan_for_class, plan_for_function
from pooled._plan.scrub import Reset
from pooled._policy import Limits, Policy, Scope, check_limit
from pooled._pool import trimming
from pooled._pool_common import Registry, check_name, refuse_pickling
from pooled._stats import Stats

T = TypeVar("T")

registry: Final[Registry[Pool[Any]]] = Registry()
"""All pools of objects."""


class Pool(Generic[T]):
    """Objects that wait to be used again. `LocalPool` and `GlobalPool` say for whom.

    A pool of its own, beside the one that every poolable class has, is made from

    - a poolable class: what `take` gives comes home to this pool instead of the class's;
    - any other class, builtin ones too (`list`), or a function without parameters: the object is handed out
      behind a proxy (`wrapt`) that stands for it, and comes home when the proxy dies. Code written in C that
      wants the real object gets it from `borrow`. Either way a take and a drop cost some microseconds.

    Args:
        factory: the class, or the function that makes an object.
        max: how many objects the pool parks at most (a local pool: in each thread).
        max_cap: an object whose capacity (elements or bytes) is above it is discarded.
        idle_trim: what is parked dies when the pool handed out nothing for so many seconds.
        reset: called with an object when it is dropped, to empty it; False as its result discards the object.
            Needed where `factory` is a function. Else the class's own `reset` serves, or what is known of its fields,
            or the object is scrubbed.
        capacity: called with an object, to say how large it is. Else the class's own `capacity` serves.
        name: what reports call the pool. Else the name of the class or function.

    Raises:
        TypeError, ValueError: the objects cannot be recycled, or an argument is not what it should be; the text
            names the parameter, the value and the way out.
    """

    __slots__ = ("__weakref__", "_name", "_store")

    _scope: ClassVar[Scope]

    def __init__(  # noqa: PLR0913 (each is one thing that can be said of a pool)
        self,
        factory: Callable[..., T],
        *,
        max: int | None = None,  # noqa: A002 (the policy's own word)
        max_cap: int | None = None,
        idle_trim: float | None = None,
        reset: Callable[[T], object] | None = None,
        capacity: Callable[[T], int] | None = None,
        name: str | None = None,
    ) -> None:
        if type(self) is Pool:
            raise TypeError("Pool says what LocalPool and GlobalPool have in common; make one of these")
        check_name(name)
        written = Limits(max=max, max_cap=max_cap, scope=self._scope, idle_trim=idle_trim)
        policy = written.over(_config.current.defaults).completed()
        self._open(_plan(factory, reset, capacity), policy, name or _config.target_of(factory))

    def _open(self, plan: Plan, policy: Policy, name: str) -> None:
        self._store = _engine.Store(plan, policy)
        self._name = name
        registry.add(self)
        trimming.register(self._store)

    @property
    def name(self) -> str:
        """What reports call the pool: `package.module:Class`, unless another name was given."""
        return self._name

    @property
    def policy(self) -> Policy:
        """The limits now in force."""
        return self._store.policy

    def take(self, **fields: Any) -> T:
        """An object from the pool, or a new one, as `pooled.take` gives it.

        Raises:
            TypeError: there is no such field, or the pool's objects have none that can be given.
        """
        taken: T = self._store.take(**fields)
        return taken

    def try_take(self, **fields: Any) -> T | None:
        """An object from the pool as `take` gives it, or None if none is parked (a local pool: in this thread)."""
        taken: T | None = self._store.try_take(**fields)
        return taken

    def borrow(self) -> AbstractContextManager[T]:
        """An object for the length of a `with` block, bare: `with pool.borrow() as obj: ...`.

        It is the object itself where `take` gives a proxy. When the block is over it comes home at once if its
        variable is gone by then; else it waits for that. With the native engine one of a poolable class comes
        home then; any other does when this thread next takes from the pool or clears it, and has escaped if it is
        held by more than a variable.
        """
        return cast("AbstractContextManager[T]", self._store.borrow())

    def prefill(self, n: int) -> int:
        """Make up to `n` objects and park them, as far as there is room (a local pool: in this thread).

        Returns:
            How many were made.
        """
        return self._store.prefill(check_limit("n", n))

    def prune(self) -> int:
        """Let some parked objects die: 10 % of `max` where more than that is parked, else 1 %, at least one.

        A local pool prunes what is parked in this thread.

        Returns:
            How many died.
        """
        bound = self.policy.max
        percent = 10 if len(self) * 10 > bound else 1
        return self._store.remove(max(1, bound * percent // 100))

    def clear(self) -> int:
        """Let all parked objects die (a local pool: those of this thread). Those in use come home as before.

        Returns:
            How many died.
        """
        return self._store.clear()

    def trim(self) -> int:
        """Let die half of what is parked and was not needed since this was last done, in all threads: as `pooled.trim`.

        Returns:
            How many died.
        """
        return self._store.trim()

    def resize(
        self,
        *,
        max: int | None = None,  # noqa: A002 (the policy's word)
        max_cap: int | None = None,
        idle_trim: float | None = None,
    ) -> None:
        """Change the limits; what is left out stays.

        Parked objects beyond a smaller `max` die. All of them die for a smaller `max_cap`: they are not measured
        a second time. The shelves of a local pool in other threads follow when those next use the pool, or before.
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

    def stats(self) -> Stats:
        """What became of the objects this pool handed out, in all threads. Costs a walk over the threads."""
        return self._store.stats()

    def __len__(self) -> int:
        """How many objects are parked (a local pool: in this thread)."""
        return len(self._store)

    def __bool__(self) -> bool:
        return True  # an empty pool is a pool

    def __repr__(self) -> str:
        policy = self.policy
        limits = f"max={policy.max} max_cap={policy.max_cap} parked={len(self)}"
        return f"<{type(self).__name__} {self.name} {limits}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)


class LocalPool(Pool[T]):
    """A pool for each thread: an object goes to that of the thread that drops it. `Pool` says what it takes."""

    __slots__ = ()
    _scope = "local"


class GlobalPool(Pool[T]):
    """One pool for all threads: an object goes back to it, whichever drops it. `Pool` says what it takes."""

    __slots__ = ()
    _scope = "global"


def _plan(factory: Callable[..., Any], reset: Reset | None, capacity: Capacity | None) -> Plan:
    if not callable(factory):
        raise TypeError(f"factory={factory!r}: expected a class, or a function that makes an object")
    if not isinstance(factory, type):
        return plan_for_function(factory, reset=reset, capacity=capacity)
    own = factory.__dict__.get(POOL)
    if own is None:
        return plan_for_class(factory, reset=reset, capacity=capacity, hooked=False)
    plan: Plan = own._store.plan
    if reset is None and capacity is None:
        return plan
    keep = plan.keep if reset is None else ()
    return plan_for_class(factory, reset=reset or plan.reset, capacity=capacity or plan.measure, keep=keep, hooked=True)


def all_pools() -> list[Pool[Any]]:
    """All pools of objects, oldest first."""
    return registry.all()
