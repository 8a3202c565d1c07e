"""Returning to a pool: a dropped object is emptied and parked, or freed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from gc import is_finalized
from operator import index
from typing import Any, ClassVar, Final, cast
from weakref import getweakrefcount

from pooled._engine.reference.drops import MAX_DEPTH, drops_here
from pooled._engine.reference.freelist import Freelist
from pooled._engine.reference.gc_state import is_collecting
from pooled._engine.reference.proxy import ALONE, Held, Holder, Proxy, is_proxy, references, release
from pooled._engine.reference.thread_state import ThreadState, ThreadStates
from pooled._engine.unraisable import report
from pooled._plan.parts import Part
from pooled._plan.plan import Plan
from pooled._plan.strategy import Strategy
from pooled._policy import Policy


class Recycler:
    """The part of a store that takes objects back. It is the `Owner` of the objects that can be parked."""

    _new_freelist: ClassVar[Callable[[Policy], Freelist]] = Freelist

    def __init__(self, plan: Plan, policy: Policy) -> None:
        self.plan = plan
        self.policy = policy
        self._states: Final = ThreadStates(policy, type(self)._new_freelist)

    is_closed = staticmethod(sys.is_finalizing)
    """Whether the interpreter ends. Nothing is pooled then, since Python clears the globals of modules."""

    def drop(self, holder: Holder, outcome: str | None = None) -> None:
        """Recycle or free an object whose last reference was dropped.

        Args:
            holder: the only owner of the object.
            outcome: why the object is not to be parked, by a name in `Stats`; None if it may be.
        """
        drops = drops_here()
        if drops.depth == MAX_DEPTH:
            drops.waiting.append((self, Held(holder.__wrapped__), outcome))
            return
        drops.depth += 1
        try:
            self._recycle(holder, outcome)
            drops.recycle_waiting()
        finally:
            drops.depth -= 1

    def collect(self, holder: Holder) -> None:  # noqa: ARG002 (the debug mode uses it)
        """Count an object that is freed because the cyclic garbage collector found it, or freed its last owner."""
        self._count("collected")

    def give_back(self, held: Held) -> None:
        """Take back a borrowed object. If a variable of the borrower still refers to it, this thread keeps it."""
        if references(held) != ALONE + 1:
            self.drop(held)
            return
        state = self._states.here()
        state.lent.append(held)
        if len(state.lent) > max(1, self.policy.most):
            self.drop(state.lent.popleft())

    def let_go(self, proxy: Proxy) -> None:
        """Detach the object of `proxy`: it returns to no pool."""
        self._count("detached")
        proxy._self_pooled_owner = None

    def _reclaim(self, state: ThreadState, most: int) -> None:
        """Recycle returned objects to which their borrowers no longer refer; check up to `most`."""
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
        except BaseException as error:  # noqa: BLE001 (no error of a user's method may reach the code that dropped it)
            outcome = "discarded_error"
            report(
                error,
                f"while an object of {type(holder.__wrapped__).__qualname__} was recycled; it was discarded",
            )
        state.tally.add(outcome)
        if outcome == "recycled":
            state.freelist.park(holder)
        else:
            release(holder)  # if the object dies, it dies here, so that drops of what it holds count as nested

    def _outcome(self, state: ThreadState, holder: Holder) -> str:
        """Empty an object if it can be parked; return its outcome, by a name in `Stats`."""
        obstacle = self._obstacle(holder)
        if obstacle is not None:
            return obstacle
        if not state.freelist.has_room():
            return "discarded_full"
        if not self.plan.is_for(holder.__wrapped__) or self.plan.is_outdated():
            return "discarded_refused"  # its class was changed
        plan = self.plan
        failure = self._empty(holder)
        obstacle = self._obstacle(holder)  # the code that emptied it may have kept a reference
        if plan is not self.plan:
            failure = failure or "discarded_refused"  # that code changed the class
        outcome = obstacle if obstacle == "escaped" else failure or obstacle
        if outcome is None and not state.freelist.has_room():
            outcome = "discarded_full"  # objects that it held may have been parked meanwhile
        return outcome or "recycled"

    def _obstacle(self, holder: Holder) -> str | None:
        """Why an object cannot be parked because of references to it, by a name in `Stats`; None if it can."""
        weak_references = getweakrefcount(holder.__wrapped__)  # first: a weak reference can become a strong one
        if references(holder) != ALONE:
            return "escaped"
        if is_collecting() or is_finalized(holder.__wrapped__):
            return "collected"  # its __del__ may come next, or has run
        return "discarded_refused" if weak_references else None

    def _empty(self, holder: Holder) -> str | None:
        """Empty an object; return why it is not to be parked, by a name in `Stats`, or None."""
        plan = self.plan
        if plan.reset is None and self._is_too_large(holder):
            return "discarded_large"
        if references(holder) != ALONE:
            return "escaped"  # its capacity() kept a reference, so it must not change
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

    def _may_be_parked(self, held: Held) -> bool:
        """Prepare a new object, which was never handed out, for the freelist; False if it cannot be parked."""
        plan = self.plan
        try:
            failure: object = plan.reset is not None and self._is_too_large(held)
            if plan.strategy is Strategy.KEEP:
                failure = self._empty_new(held)
        except BaseException as error:  # noqa: BLE001 (as where an object is dropped)
            report(error, f"while an object of {self.plan.cls.__qualname__} was recycled; it was discarded")
            return False
        return not failure and self._obstacle(held) is None and plan.is_for(held.__wrapped__)

    def _empty_new(self, held: Held) -> str | None:
        """Empty a new object but for the attributes to keep; return why it is not to be parked, or None."""
        drops = drops_here()
        drops.depth += 1
        try:
            return self._empty(held)
        finally:
            try:
                drops.recycle_waiting()
            finally:
                drops.depth -= 1

    def _count(self, name: str) -> None:
        state = self._states.here()  # in a variable: the tally of a state that is gone counts as complete
        state.tally.add(name)

    def _count_miss(self, state: ThreadState) -> None:
        self._count_arrival(state, "misses")

    def _count_arrival(self, state: ThreadState, name: str) -> None:
        state.tally.add(name)
        state.freelist.expect(1)


class Discarding:
    """The owner of objects that must not be parked, because their `__init__` did not run or did not finish.

    Attributes:
        store: the store that handed the object out.
    """

    __slots__ = ("_outcome", "store")

    def __init__(self, store: Recycler, outcome: str) -> None:
        self.store = store
        self._outcome = outcome

    def is_closed(self) -> bool:
        return self.store.is_closed()

    def drop(self, holder: Holder) -> None:
        self.store.drop(holder, self._outcome)

    def collect(self, holder: Holder) -> None:
        self.store.collect(holder)


def store_of(obj: object) -> Recycler | None:
    """The store that `obj` returns to; None if it is in no pool."""
    owner = obj._self_pooled_owner if is_proxy(obj) else None
    return cast("Recycler | None", getattr(owner, "store", owner))


def _empty_nested(part: Part, value: Any) -> bool:
    """Empty in place an object of a poolable class that only one other object refers to.

    False: it is not to be kept, so it returns to its own pool.
    """
    store: Recycler = part.pool._store
    if not is_proxy(value) or store_of(value) is not store or value._self_pooled_owner is not store:
        return False
    drops = drops_here()
    if drops.depth == MAX_DEPTH:
        return False  # its own drop waits for the outermost one
    drops.depth += 1
    try:
        if store._obstacle(value) or store._empty(value) or store._obstacle(value):
            return False
    finally:
        drops.depth -= 1
    return True
