"""The reference engine: pools in pure Python, as the contract defines them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pooled._engine.reference.acquire import Acquirer
from pooled._engine.reference.freelist import Freelist
from pooled._engine.reference.hook import HookedType, check_hookable, hook, hookable
from pooled._engine.reference.proxy import Held, is_proxy
from pooled._engine.reference.recycle import Discarding, store_of
from pooled._plan.construction import Arguments, Keywords, construct
from pooled._plan.plan import Plan
from pooled._policy import AUTO, Policy
from pooled._sizes import size_of
from pooled._stats import Constructions, Stats

__all__ = [
    "HookedType",
    "Store",
    "built_for",
    "check_hookable",
    "detach",
    "hands_out",
    "hook",
    "hookable",
    "in_c",
    "keeps_capacity",
    "name",
    "orphan",
    "store_of",
    "when_memory_is_short",
]

F = TypeVar("F", bound=Callable[..., Any])

name: Final = "reference"
built_for: Final[str | None] = None
keeps_capacity: Final[Mapping[str, bool]] = MappingProxyType({})

_SAMPLED: Final = 64
"""How many parked objects are measured to estimate the bytes of all of them."""


class Store(Acquirer):
    """The store of a pool: its parked objects, how they are handed out, and how they return."""

    _parks = True
    _bound: int | None = None

    def __len__(self) -> int:
        return len(self._states.here().freelist)

    def prefill(self, count: int) -> int:
        """Make and park up to `count` objects; return the number."""
        freelist = self._states.here().freelist
        freelist.expect(count)
        made = 0
        while made < count and freelist.has_room():
            held = Held(self.plan.parkable())
            if not self._may_be_parked(held) or not freelist.has_room():
                break  # the next one would be no different
            self._park_new(freelist, held)
            made += 1
        return made

    def _park_new(self, freelist: Freelist, held: Held) -> None:
        freelist.park(held)

    def clear(self) -> int:
        """Free all parked objects of this thread; return the number."""
        state = self._states.here()
        self._reclaim(state, len(state.lent))
        return self.remove(len(state.freelist))

    def remove(self, count: int) -> int:
        """Free up to `count` parked objects of this thread; return the number."""
        state = self._states.here()
        removed = 0
        while removed < count and state.freelist.discard():
            removed += 1
        return removed

    def keep(self, count: int) -> int:
        """Free all but `count` objects of each freelist, in all threads; return the number of freed ones."""
        return sum(freelist.discard_oldest(len(freelist) - count) for freelist in self._states.freelists())

    def trim(self) -> int:
        """Free half of the objects of each freelist that were not used since the last trim; return the number."""
        return sum(freelist.trim() for freelist in self._states.freelists())

    def weigh(self) -> tuple[int, int]:
        """The bytes of a sample of the parked objects, and the number of objects in the sample."""
        nbytes = count = 0
        for freelist in self._states.freelists():
            more, weighed = freelist.weigh(_SAMPLED - count, size_of)
            nbytes, count = nbytes + more, count + weighed
        return nbytes, count

    def set_plan(self, plan: Plan) -> None:
        """Make and empty objects by another plan; free all parked objects of this thread."""
        self.clear()
        self.plan = plan

    def set_policy(self, policy: Policy) -> None:
        """Change the limits; free parked objects beyond them."""
        self.policy = policy
        self._states.set_policy(policy if self._parks else policy.replace(max=0), self._bound)

    def depths(self) -> tuple[int, int, int]:
        """For how many objects there is room now: on the deepest freelist, on all, and the number of freelists."""
        depths = [freelist.depth for freelist in self._states.freelists()]
        return max(depths, default=0), sum(depths), len(depths)

    def set_bound(self, bound: int | None) -> None:
        """Set the most objects of a freelist of a pool with max="auto"; None: as many as the policy allows."""
        if bound != self._bound:
            self._bound = bound
            self.set_policy(self.policy)
            if bound is not None and self.policy.max == AUTO:
                self.keep(bound)

    def set_parking(self, parks: bool) -> None:
        """Park dropped objects from now on, or none; then parked objects are freed, in all threads."""
        self._parks = parks
        self.set_policy(self.policy)
        if not parks:
            state = self._states.here()
            self._reclaim(state, len(state.lent))
            self.keep(0)

    def stats(self) -> Stats:
        """Counts of the objects handed out so far."""
        return self._states.stats()

    def kept_names(self) -> Sequence[str]:
        """The attributes that are parked with what they hold."""
        return () if self.plan.fields is None else self.plan.fields.names

    def plan_init(self) -> None:
        """Return None: only the native engine reads `__init__`."""

    def constructions(self) -> Constructions:
        """Return zeros: `__init__` always runs as Python code."""
        return Constructions()

    def adopt(self, obj: Any) -> Any:
        """Make an object return to this store from now on; return the proxy to use for it."""
        self._count_arrival(self._states.here(), "inserted")
        if not is_proxy(obj):
            return self._proxy(obj, self)
        is_unfinished = isinstance(obj._self_pooled_owner, Discarding)
        if store_of(obj) is not None:
            detach(obj)
        obj._self_pooled_owner = self._uninitialised if is_unfinished else self
        return obj


def hands_out(obj: object) -> bool:
    """Whether `obj` is of a kind that stores hand out; it may be detached."""
    return is_proxy(obj)


def detach(obj: Any) -> None:
    """Make an object for which `store_of` returns a store return to none."""
    store = store_of(obj)
    assert store is not None  # noqa: S101 (callers check it)
    store.let_go(obj)


def orphan(plan: Plan, args: Arguments, kwargs: Keywords) -> Any:
    """Do what `cls(*args, **kwargs)` would do if the class was not poolable."""
    return construct(plan.cls, *args, **kwargs)


def in_c(function: F) -> F:
    """The implementation of a public function: the function itself, since this engine has none in C."""
    return function


def gc_callback(function: F, least: int) -> F:  # noqa: ARG001 (the function looks at the generation, too)
    """The function itself: Python code cannot prevent the error that is printed if the stack is full."""
    return function


def when_memory_is_short(function: Callable[[], object]) -> None:
    """Do nothing: only the native engine detects failed allocations."""
