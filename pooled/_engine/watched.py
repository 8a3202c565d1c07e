"""Engines in debug mode: the reference engine tells what happens to its objects, and what is parked is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from weakref import ref

from pooled import _debugging
from pooled._engine import reference
from pooled._engine.desks import NOTHING, Desk, Shelf
from pooled._engine.proxy import Held, Holder, Home, Proxy, bare, release
from pooled._policy import Policy


class _Parked:
    """A parked object, and its last life, if that was recorded."""

    __slots__ = ("life", "obj")

    def __init__(self, obj: Any, life: _debugging.Life | None) -> None:
        self.obj = obj
        self.life = life


class WatchedShelf(Shelf):
    """A shelf that remembers the last life of what is on it; to others, that is among the `last` ones meanwhile."""

    __slots__ = ()

    def park(self, holder: Holder) -> None:
        life = _debugging.last.pop(id(holder.__wrapped__), None)
        self._objects.append(_Parked(release(holder), life))

    def pop(self) -> Any:
        parked = super().pop()
        if parked is NOTHING:
            return NOTHING
        if parked.life is not None:
            _debugging.last[id(parked.obj)] = parked.life
        return parked.obj

    def discard(self) -> bool:
        return super().pop() is not NOTHING

    def some(self, limit: int) -> list[Any]:
        return [parked.obj for parked in super().some(limit)]

    def put_under(self, obj: Any) -> None:
        super().put_under(_Parked(obj, _debugging.last.pop(id(obj), None)))


class WatchedStore(reference.Store):
    """A store that tells what happens to its objects."""

    _new_shelf: ClassVar[Callable[[Policy], Shelf]] = WatchedShelf

    def _proxy(self, obj: Any, home: Home) -> Proxy:
        proxy = super()._proxy(obj, home)
        _debugging.taken(id(obj), type(obj), self)
        return proxy

    def _pop(self, desk: Desk, args: Any) -> Any:
        while (obj := super()._pop(desk, args)) is not NOTHING:
            key = id(obj)
            text = _debugging.popped(obj, self) if key in _debugging.last else None
            if text is None:
                return obj
            desk.tally.add("hits")
            desk.tally.add("discarded_refused")
            _debugging.last.pop(key, None)
            del obj
            _debugging.warn(text)
        return NOTHING

    def _recycle(self, holder: Holder, fate: str | None) -> None:
        key = id(holder.__wrapped__)
        _debugging.dropped(key)
        super()._recycle(holder, fate)
        _debugging.last.pop(key, None)  # it was not parked

    def _fate(self, desk: Desk, holder: Holder) -> str:
        fate = super()._fate(desk, holder)
        if fate == "recycled":
            _debugging.look_at(holder.__wrapped__, self.plan)
        elif fate == "escaped":
            _debugging.has_escaped(id(holder.__wrapped__))
        return fate

    def _park_new(self, shelf: Shelf, held: Held) -> None:
        key = id(held.__wrapped__)
        _debugging.taken(key, type(held.__wrapped__), self)
        _debugging.readied(held.__wrapped__, self)
        super()._park_new(shelf, held)

    def collect(self, holder: Holder) -> None:
        """Count an object that the cyclic garbage collector found; it is out no more."""
        _debugging.out.pop(id(holder.__wrapped__), None)
        super().collect(holder)

    def let_go(self, proxy: Proxy) -> None:
        """Answer no more for an object; it is out no more."""
        _debugging.out.pop(id(proxy.__wrapped__), None)
        super().let_go(proxy)

    def adopt(self, obj: Any) -> Any:
        """Answer for an object from now on; where it was taken stays as it is."""
        key = id(bare(obj))
        life = _debugging.out.get(key)
        proxy = super().adopt(obj)
        if life is not None:
            life.store = ref(self)
            _debugging.out[key] = life
        else:
            _debugging.moved(key, type(bare(obj)), self)
        return proxy


def forgetting(detach: Callable[[Any], None]) -> Callable[[Any], None]:
    """An engine's `detach` that leaves nothing known of an object: it did not escape."""

    def detach_and_forget(obj: Any) -> None:
        detach(obj)
        _debugging.last.pop(id(obj), None)

    return detach_and_forget
