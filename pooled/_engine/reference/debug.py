"""The reference engine in debug mode: it reports each event of an object, and checks objects when they are taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from weakref import ref

from pooled._debug import lifetimes
from pooled._engine.reference import store as reference
from pooled._engine.reference.freelist import NOTHING, Freelist
from pooled._engine.reference.proxy import Held, Holder, Owner, Proxy, bare, release
from pooled._engine.reference.thread_state import ThreadState
from pooled._policy import Policy


class _Parked:
    """A parked object, and the record of its last life, if there is one."""

    __slots__ = ("life", "obj")

    def __init__(self, obj: Any, life: lifetimes.Life | None) -> None:
        self.obj = obj
        self.life = life


class DebugFreelist(Freelist):
    """A freelist that stores the last life of each object; outside of it, the lives are in `lifetimes.last`."""

    __slots__ = ()

    def park(self, holder: Holder) -> None:
        life = lifetimes.last.pop(id(holder.__wrapped__), None)
        self._objects.append(_Parked(release(holder), life))

    def pop(self) -> Any:
        parked = super().pop()
        if parked is NOTHING:
            return NOTHING
        if parked.life is not None:
            lifetimes.last[id(parked.obj)] = parked.life
        return parked.obj

    def discard(self) -> bool:
        return super().pop() is not NOTHING

    def _object_in(self, entry: _Parked) -> Any:
        return entry.obj

    def put_under(self, obj: Any) -> None:
        super().put_under(_Parked(obj, lifetimes.last.pop(id(obj), None)))


class DebugStore(reference.Store):
    """A store that reports each event of its objects to `lifetimes`."""

    _new_freelist: ClassVar[Callable[[Policy], Freelist]] = DebugFreelist

    def _proxy(self, obj: Any, owner: Owner) -> Proxy:
        proxy = super()._proxy(obj, owner)
        lifetimes.taken(id(obj), type(obj), self)
        return proxy

    def _pop(self, state: ThreadState, args: Any, kwargs: Any) -> Any:
        while (obj := super()._pop(state, args, kwargs)) is not NOTHING:
            key = id(obj)
            text = lifetimes.popped(obj, self) if key in lifetimes.last else None
            if text is None:
                return obj
            state.tally.add("hits")
            state.tally.add("discarded_refused")
            lifetimes.last.pop(key, None)
            del obj
            lifetimes.warn(text)
        return NOTHING

    def _recycle(self, holder: Holder, outcome: str | None) -> None:
        key = id(holder.__wrapped__)
        lifetimes.dropped(key)
        super()._recycle(holder, outcome)
        lifetimes.last.pop(key, None)  # it was not parked

    def _outcome(self, state: ThreadState, holder: Holder) -> str:
        outcome = super()._outcome(state, holder)
        if outcome == "recycled":
            lifetimes.record_state(holder.__wrapped__, self.plan)
        elif outcome == "escaped":
            lifetimes.has_escaped(id(holder.__wrapped__))
        return outcome

    def _park_new(self, freelist: Freelist, held: Held) -> None:
        key = id(held.__wrapped__)
        lifetimes.taken(key, type(held.__wrapped__), self)
        lifetimes.readied(held.__wrapped__, self)
        super()._park_new(freelist, held)

    def collect(self, holder: Holder) -> None:
        """Count an object that the cyclic garbage collector found; it is no longer in use."""
        lifetimes.out.pop(id(holder.__wrapped__), None)
        super().collect(holder)

    def let_go(self, proxy: Proxy) -> None:
        """Detach an object; it is no longer in use by this pool."""
        lifetimes.out.pop(id(proxy.__wrapped__), None)
        super().let_go(proxy)

    def adopt(self, obj: Any) -> Any:
        """Make an object return to this store; the record of where it was taken stays."""
        key = id(bare(obj))
        life = lifetimes.out.get(key)
        proxy = super().adopt(obj)
        if life is not None:
            life.store = ref(self)
            lifetimes.out[key] = life
        else:
            lifetimes.moved(key, type(bare(obj)), self)
        return proxy


def forgetting(detach: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap the `detach` of an engine so that it also removes the record of the object, which did not escape."""

    def detach_and_forget(obj: Any) -> None:
        detach(obj)
        lifetimes.last.pop(id(obj), None)

    return detach_and_forget
