"""The reference engine: what goes out of a pool and comes home, in pure Python, as the contract says it."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from gc import is_finalized
from operator import index
from threading import get_ident
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar, cast
from weakref import getweakrefcount

from pooled._engine.reference.borrow import Borrowed
from pooled._engine.reference.gc_state import is_collecting
from pooled._engine.reference.hook import HookedType, hook, hookable
from pooled._engine.reference.proxy import (
    ALONE,
    Held,
    Holder,
    Home,
    Proxy,
    bare,
    is_proxy,
    proxy_type,
    references,
    release,
)
from pooled._engine.reference.thread_state import NOTHING, Freelist, ThreadState, ThreadStates
from pooled._engine.unraisable import report
from pooled._plan.construction import Arguments, Keywords, allocate, construct, initialise
from pooled._plan.parts import Part
from pooled._plan.plan import Plan
from pooled._plan.strategy import Strategy
from pooled._policy import Policy
from pooled._sizes import weight
from pooled._stats import Stats

__all__ = [
    "HookedType",
    "Store",
    "built_for",
    "detach",
    "hands_out",
    "hook",
    "hookable",
    "in_c",
    "keeps_capacity",
    "name",
    "orphan",
    "store_of",
]

F = TypeVar("F", bound=Callable[..., Any])

name: Final = "reference"
built_for: Final[str | None] = None
keeps_capacity: Final[Mapping[str, bool]] = MappingProxyType({})

_DEEPEST: Final = 10
"""How many drops may be nested in one another; those further down wait for the outermost.

It stays well below the 50 nested deallocations at which CPython (to 3.13) begins to put off the end of some
temporary objects, which then hold on to what they refer to longer than they seem to.
"""

_PROBES: Final = 8
"""How many objects are looked at for one that serves, where not every one does."""


WEIGHED: Final = 64
"""How many parked objects are looked at to know what all of them take up."""


class _Drops:
    """The drops under way on one thread: how deep they are nested, and what waits for the outermost."""

    __slots__ = ("depth", "waiting")

    def __init__(self) -> None:
        self.depth = 0
        self.waiting: deque[tuple[Store, Held, str | None]] = deque()


_under_way: Final[dict[int, _Drops]] = {}
"""By thread, whose number goes to another when it ends. Thread-local storage would not do: objects are dropped
while it is taken down, too."""


def _forget_other_threads() -> None:
    mine = _under_way.get(get_ident())
    _under_way.clear()
    if mine is not None:
        _under_way[get_ident()] = mine


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)  # they are not in the child


class _Discarding:
    """Where an object goes that must not be parked, since its `__init__` did not run or has not come to its end."""

    __slots__ = ("_outcome", "store")

    def __init__(self, store: Store, outcome: str) -> None:
        self.store = store
        self._outcome = outcome

    def is_closed(self) -> bool:
        return self.store.is_closed()

    def drop(self, holder: Holder) -> None:
        self.store.drop(holder, self._outcome)

    def collect(self, holder: Holder) -> None:
        self.store.collect(holder)


class Store:
    """What stands behind a pool: its parked objects, their way out and their way home."""

    _new_freelist: ClassVar[Callable[[Policy], Freelist]] = Freelist

    def __init__(self, plan: Plan, policy: Policy) -> None:
        self.plan = plan
        self.policy = policy
        self._states: Final = ThreadStates(policy, type(self)._new_freelist)
        self._proxies: Final[dict[type, type[Proxy]]] = {}
        self._unready: Final = _Discarding(self, "discarded_error")
        self._uninitialised: Final = _Discarding(self, "discarded_refused")

    is_closed = staticmethod(sys.is_finalizing)
    """Whether the interpreter ends: nothing is pooled any more then, since modules lose their names."""

    # The way out.

    def construct(self, args: Arguments, kwargs: Keywords) -> Any:
        """Do what `cls(...)` does."""
        return self._construct(args, kwargs, reusing=True)

    def _construct(self, args: Arguments, kwargs: Keywords, *, reusing: bool) -> Any:
        obj, made = self._blank(args, kwargs, self._unready, reusing=reusing)
        if isinstance(obj, self.plan.cls):  # else its __new__ gave something else
            initialise(bare(obj), args, kwargs)
        if made:
            obj._self_pooled_home = self
        return obj

    def blank(self, args: Arguments, kwargs: Keywords) -> Any:
        """Do what `cls.__new__(cls, ...)` does: nothing of an earlier life is left in what it gives."""
        # What a reset keeps is there only after an __init__, and whether that will ever run is not known here.
        reusing = self.plan.strategy.takes_blank
        return self._blank(args, kwargs, self if reusing else self._uninitialised, reusing=reusing)[0]

    def take(self, **given: Any) -> Any:
        """An object as it was left when it was emptied, or a new one, made ready."""
        taken = self.try_take(**given)
        return self._take_new(given) if taken is None else taken

    def try_take(self, **given: Any) -> Any:
        """An object as it was left when it was emptied, made ready, or None."""
        plan = self.plan
        plan.check(given)
        state = self._states.here()
        obj = self._pop(state, ())
        if obj is NOTHING:
            return None
        state.tally.add("hits")
        proxy = self._proxy(obj, self._unready)
        del obj  # if it cannot be made ready, the proxy alone holds it
        if plan.derived is not None:
            plan.derived.make_ready(proxy.__wrapped__, given)
        elif plan.strategy is Strategy.SCRUB:
            initialise(proxy.__wrapped__, (), given)
        proxy._self_pooled_home = self
        return proxy

    def _take_new(self, given: Keywords) -> Any:
        """A new object, made ready."""
        plan = self.plan
        if plan.derived is not None:
            proxy, made = self._blank((), {}, self._unready, reusing=False)
            if not made:
                return proxy  # a __new__ that was put in the place of ours gave something else
            plan.derived.make_ready(proxy.__wrapped__, given)
            proxy._self_pooled_home = self
            return proxy
        if plan.hooked:
            return self._construct((), given, reusing=False)
        proxy = self._proxy(plan.factory(**given), self)
        self._count("misses")
        return proxy

    def borrow(self) -> Borrowed:
        """What `take` gives, without a proxy, for the length of a block."""
        return Borrowed(self)

    def take_bare(self) -> Any:
        """What `take` gives, without a proxy: to be given back by `give_back`."""
        proxy = self.take()
        proxy._self_pooled_home = None
        return proxy.__wrapped__

    def _blank(self, args: Arguments, kwargs: Keywords, home: Home, *, reusing: bool = True) -> tuple[Any, bool]:
        """A blank object that goes to `home`, and True; or what the class's `__new__` gave instead, and False."""
        plan, state = self.plan, self._states.here()
        if (args or kwargs) and plan.takes_nothing:
            raise TypeError(f"{plan.cls.__name__}() takes no arguments")
        obj = self._pop(state, args) if reusing else NOTHING
        hit = obj is not NOTHING
        if not hit:
            obj = allocate(plan.cls, plan.cls, args, kwargs)
            if not issubclass(type(obj), plan.cls):
                return obj, False  # no object of its own, so not the pool's either
        state.tally.add("hits" if hit else "misses")
        proxy = self._proxy(obj, home)
        if hit and plan.derived is not None:
            plan.derived.blank(obj)
        if hit and plan.builtin is not None and plan.builtin.refill is not None:
            plan.builtin.refill(obj, *args)
        return proxy, True

    def _pop(self, state: ThreadState, args: Arguments) -> Any:
        """A parked object that serves a construction with `args`, or NOTHING."""
        if state.lent:
            self._reclaim(state, _PROBES)
        fits = self.plan.builtin.fits if self.plan.builtin is not None else None
        if fits is None:
            return state.freelist.pop()
        for _ in range(_PROBES):
            obj = state.freelist.pop()
            if obj is NOTHING or fits(obj, args):
                return obj
            state.freelist.put_under(obj)
        return NOTHING

    def _proxy(self, obj: Any, home: Home) -> Proxy:
        cls = type(obj)
        try:
            proxy = self._proxies[cls]
        except KeyError:
            proxy = self._proxies[cls] = proxy_type(cls)
        return proxy._for(obj, home)

    # The way home.

    def drop(self, holder: Holder, outcome: str | None = None) -> None:
        """Recycle what `holder` holds, which nobody else should, or let it die: at once if its `outcome` is known."""
        thread = get_ident()
        drops = _under_way.get(thread)
        if drops is None:
            drops = _under_way[thread] = _Drops()
        elif drops.depth == _DEEPEST:
            drops.waiting.append((self, Held(holder.__wrapped__), outcome))
            return
        drops.depth += 1
        try:
            self._recycle(holder, outcome)
            while drops.depth == 1 and drops.waiting:
                store, held, outcome = drops.waiting.popleft()
                store._recycle(held, outcome)
        finally:
            drops.depth -= 1

    def collect(self, holder: Holder) -> None:  # noqa: ARG002 (the debug mode asks which it is)
        """Count an object that the cyclic garbage collector found, or made others let go of; it is freed."""
        self._count("collected")

    def give_back(self, held: Held) -> None:
        """Take back what was lent. The borrower's own variable may still hold it; then it waits for that to go."""
        if references(held) != ALONE + 1:
            self.drop(held)
            return
        state = self._states.here()
        state.lent.append(held)
        if len(state.lent) > max(1, self.policy.max):
            self.drop(state.lent.popleft())

    def _reclaim(self, state: ThreadState, most: int) -> None:
        """Recycle what was given back and has been let go of since; look at `most` objects."""
        for _ in range(min(most, len(state.lent))):
            held = state.lent.popleft()
            if references(held) == ALONE:
                self.drop(held)
            else:
                state.lent.append(held)

    def _recycle(self, holder: Holder, outcome: str | None) -> None:
        state = self._states.here()
        try:
            outcome = outcome or self._outcome(state, holder)
        except BaseException as error:  # noqa: BLE001 (no error of a hook may reach the code that dropped the object)
            outcome = "discarded_error"
            report(
                error,
                f"while an object of {type(holder.__wrapped__).__qualname__} was recycled; it was discarded",
            )
        state.tally.add(outcome)
        if outcome == "recycled":
            state.freelist.park(holder)
        else:
            release(holder)  # where it is to die, it dies here, so that what hangs on it counts as nested

    def _outcome(self, state: ThreadState, holder: Holder) -> str:
        """Empty what `holder` holds if it can be kept; say what becomes of it, by a name in `Stats`."""
        hindrance = self._hindrance(holder)
        if hindrance is not None:
            return hindrance
        if not state.freelist.has_room():
            return "discarded_full"
        if not self.plan.is_for(holder.__wrapped__) or self.plan.is_outdated():
            return "discarded_refused"  # its class was changed
        plan = self.plan
        refusal = self._empty(holder)
        hindrance = self._hindrance(holder)  # what emptied it may have kept it
        if plan is not self.plan:
            refusal = refusal or "discarded_refused"  # meanwhile its class was planned anew
        obstacle = hindrance if hindrance == "escaped" else refusal or hindrance
        if obstacle is None and not state.freelist.has_room():
            obstacle = "discarded_full"  # by now: what it held may have been parked before it
        return obstacle or "recycled"

    def _hindrance(self, holder: Holder) -> str | None:
        """What becomes of an object that somebody else still holds, watches or has finalized; None if nobody has."""
        watched = getweakrefcount(holder.__wrapped__)  # first: a weak reference can become another holder meanwhile
        if references(holder) != ALONE:
            return "escaped"
        if is_collecting() or is_finalized(holder.__wrapped__):
            return "collected"  # its __del__ may come next, or has run
        return "discarded_refused" if watched else None

    def _empty(self, holder: Holder) -> str | None:
        """Empty what `holder` holds; say what becomes of it if that is not to be kept."""
        plan = self.plan
        if plan.reset is None and self._is_too_large(holder):
            return "discarded_large"
        if references(holder) != ALONE:
            return "escaped"  # its capacity() kept it: it is not emptied under anybody's feet
        if self._empty_bare(holder.__wrapped__) is False:
            return "discarded_refused"
        if plan.reset is not None and self._is_too_large(holder):
            return "discarded_large"
        return None

    def _empty_bare(self, obj: Any) -> object:
        plan = self.plan
        return plan.empty(obj) if plan.fields is None else plan.fields.empty(obj, self.policy.max_cap, _empty_nested)

    def _is_too_large(self, holder: Holder) -> bool:
        measure = self.plan.measure
        return measure is not None and index(measure(holder.__wrapped__)) > self.policy.max_cap

    def _count(self, name: str) -> None:
        self._states.here().tally.add(name)

    # Keeping.

    def __len__(self) -> int:
        return len(self._states.here().freelist)

    def prefill(self, count: int) -> int:
        """Park up to `count` new objects; give the number."""
        freelist = self._states.here().freelist
        made = 0
        while made < count and freelist.has_room():
            held = Held(self.plan.parkable())
            if not self._may_be_parked(held) or not freelist.has_room():
                break  # the next one would be no different
            self._park_new(freelist, held)
            made += 1
        return made

    def _may_be_parked(self, held: Held) -> bool:
        """Whether nobody has a new object, and it is not too large; its `capacity` may keep it, too."""
        plan = self.plan
        try:
            refused: object = plan.reset is not None and self._is_too_large(held)
            if plan.strategy is Strategy.KEEP:
                refused = self._empty_new(held)
        except BaseException as error:  # noqa: BLE001 (as where an object is dropped)
            report(error, f"while an object of {self.plan.cls.__qualname__} was recycled; it was discarded")
            return False
        return not refused and self._hindrance(held) is None and plan.is_for(held.__wrapped__)

    def _empty_new(self, held: Held) -> str | None:
        """Empty what was never dropped, but for what its class keeps, as if it were; say why it cannot be kept."""
        drops = _under_way.setdefault(get_ident(), _Drops())
        drops.depth += 1
        try:
            return self._empty(held)
        finally:
            drops.depth -= 1
            if not drops.depth and drops.waiting:
                store, waiting, outcome = drops.waiting.popleft()
                store.drop(waiting, outcome)  # and the others after it

    def _park_new(self, freelist: Freelist, held: Held) -> None:
        freelist.park(held)

    def clear(self) -> int:
        """Let all parked objects die; give the number."""
        state = self._states.here()
        self._reclaim(state, len(state.lent))
        return self.remove(len(state.freelist))

    def remove(self, count: int) -> int:
        """Let up to `count` parked objects die; give the number."""
        state = self._states.here()
        removed = 0
        while removed < count and state.freelist.discard():
            removed += 1
        return removed

    def keep(self, count: int) -> int:
        """Let all die but so many on each freelist, in all threads; give the number."""
        return sum(freelist.discard_oldest(len(freelist) - count) for freelist in self._states.freelists())

    def trim(self) -> int:
        """Let half of those die, in all threads, that were not needed since the last time; give the number."""
        return sum(freelist.trim() for freelist in self._states.freelists())

    def weigh(self) -> tuple[int, int]:
        """Bytes of some that are parked, and how many these are."""
        some = [obj for freelist in self._states.freelists() for obj in freelist.some(WEIGHED)][:WEIGHED]
        return sum(map(weight, some)), len(some)

    def set_plan(self, plan: Plan) -> None:
        """Have objects made and emptied by another plan; all parked objects of this thread die."""
        self.clear()
        self.plan = plan

    def set_policy(self, policy: Policy) -> None:
        """Change the limits; parked objects that they do not allow die."""
        self.policy = policy
        self._states.set_policy(policy)

    def stats(self) -> Stats:
        """What became of the objects handed out so far."""
        return self._states.stats()

    # Changing hands.

    def let_go(self, proxy: Proxy) -> None:
        """Answer no more for what `proxy` stands for."""
        self._count("detached")
        proxy._self_pooled_home = None

    def adopt(self, obj: Any) -> Any:
        """Answer for `obj` from now on; give what stands for it."""
        self._count("misses")
        if not is_proxy(obj):
            return self._proxy(obj, self)
        unfit = isinstance(obj._self_pooled_home, _Discarding)
        if store_of(obj) is not None:
            detach(obj)
        obj._self_pooled_home = self._uninitialised if unfit else self
        return obj


def _empty_nested(part: Part, value: Any) -> bool:
    """Empty in place an object of a poolable class that another object has for itself; False: let it go home."""
    store: Store = part.pool._store
    drops = _under_way[get_ident()]
    if not is_proxy(value) or store_of(value) is not store or value._self_pooled_home is not store:
        return False
    if drops.depth == _DEEPEST:
        return False  # so that it is dropped, and waits for its turn
    drops.depth += 1
    try:
        if store._hindrance(value) or store._empty(value) or store._hindrance(value):
            return False
    finally:
        drops.depth -= 1
    if store.plan.derived is not None:
        store.plan.derived.fill(value.__wrapped__)
    return True


def store_of(obj: object) -> Store | None:
    """The store that `obj` would go home to; None where it is in no pool."""
    home = obj._self_pooled_home if is_proxy(obj) else None
    return cast("Store | None", getattr(home, "store", home))


def hands_out(obj: object) -> bool:
    """Whether `obj` is of the kind that a store hands out, though it may be detached by now."""
    return is_proxy(obj)


def detach(obj: Any) -> None:
    """Have `obj`, which `store_of` knows, go home to no store."""
    store = store_of(obj)
    assert store is not None  # noqa: S101 (that it knows the object is what this is called for)
    store.let_go(obj)


def orphan(plan: Plan, args: Arguments, kwargs: Keywords) -> Any:
    """Do what `cls(...)` does for a class that is in no pool."""
    return construct(plan.cls, *args, **kwargs)


def in_c(function: F) -> F:
    """What a public function is to be: itself, since there is no shorter way in C."""
    return function
