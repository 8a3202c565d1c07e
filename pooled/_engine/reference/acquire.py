"""Taking from a pool: an object is taken from a freelist, or made, and handed out behind a proxy."""

from __future__ import annotations

from typing import Any, Final

from pooled._engine.reference.borrow import Borrowed
from pooled._engine.reference.freelist import NOTHING
from pooled._engine.reference.proxy import Owner, Proxy, bare, proxy_type
from pooled._engine.reference.recycle import Discarding, Recycler
from pooled._engine.reference.thread_state import ThreadState
from pooled._plan.construction import Arguments, Keywords, NewHook, allocate, initialise, is_new_replaced
from pooled._plan.plan import Plan
from pooled._policy import Policy

_PROBES: Final = 8
"""The most parked objects that are checked against the arguments, and the most borrowed ones that are checked for their
return.
"""


class Acquirer(Recycler):
    """The part of a store that hands objects out."""

    def __init__(self, plan: Plan, policy: Policy) -> None:
        super().__init__(plan, policy)
        self._proxies: Final[dict[type, type[Proxy]]] = {}
        self._unready: Final = Discarding(self, "discarded_error")
        self._uninitialised: Final = Discarding(self, "discarded_refused")

    def construct(self, args: Arguments, kwargs: Keywords) -> Any:
        """Do what `cls(*args, **kwargs)` does, on a parked object if there is one that fits."""
        return self._construct(args, kwargs, reusing=not (self.plan.has_new or is_new_replaced(self.plan.cls)))

    def _construct(self, args: Arguments, kwargs: Keywords, *, reusing: bool) -> Any:
        obj, made = self._blank(args, kwargs, self._unready, reusing=reusing)
        if isinstance(obj, self.plan.cls):  # else its __new__ returned something else
            initialise(bare(obj), args, kwargs)
        if made:
            obj._self_pooled_owner = self
        return obj

    def blank(self, args: Arguments, kwargs: Keywords, hook: NewHook) -> Any:
        """Do what `cls.__new__(cls, ...)` does, by the `__new__` that `hook` replaced.

        Nothing of an earlier life remains in the object.
        """
        # Objects with a reset keep what their __init__ made, and it is unknown whether one will run. A container is
        # always new, as with the native engine, where the __new__ of its builtin base would overwrite its memory.
        is_ready = self.plan.strategy.takes_blank
        reusing = is_ready and self.plan.builtin is None
        return self._blank(args, kwargs, self if is_ready else self._uninitialised, reusing=reusing, hook=hook)[0]

    def take(self, *args: Any, **kwargs: Any) -> Any:
        """The result of `cls(...)`; without arguments, for a class with a reset, a parked object unchanged."""
        taken = self.try_take(*args, **kwargs)
        return self._make(args, kwargs) if taken is None else taken

    def try_take(self, *args: Any, **kwargs: Any) -> Any:
        """The same, or None if no object is parked."""
        plan, state = self.plan, self._states.here()
        is_given = bool(args or kwargs)
        if is_given and plan.cls is object:
            raise TypeError(
                "take() got arguments, but a function without parameters makes the objects of this pool; set their "
                "attributes afterwards"
            )
        runs_init = is_given or plan.strategy.takes_blank
        if runs_init and plan.hooked:
            return self.construct(args, kwargs) if len(state.freelist) or state.lent else None
        obj = self._pop(state, args, kwargs)
        if obj is NOTHING:
            return None
        state.tally.add("hits")
        proxy = self._proxy(obj, self._unready)
        del obj  # so that only the proxy refers to it, if the code below raises
        if runs_init:
            initialise(proxy.__wrapped__, args, kwargs)
        proxy._self_pooled_owner = self
        return proxy

    def _make(self, args: Arguments, kwargs: Keywords) -> Any:
        if self.plan.hooked:
            return self._construct(args, kwargs, reusing=False)
        made = self.plan.factory(*args, **kwargs)
        self._count_miss(self._states.here())  # before its end can be counted
        return self._proxy(made, self)

    def borrow(self) -> Borrowed:
        """A context manager that gives an object without a proxy."""
        return Borrowed(self)

    def take_bare(self) -> Any:
        """Take an object as `take` does, but without a proxy. `give_back` returns it to the pool."""
        proxy = self.take()
        proxy._self_pooled_owner = None
        return proxy.__wrapped__

    def _blank(
        self, args: Arguments, kwargs: Keywords, owner: Owner, *, reusing: bool, hook: NewHook | None = None
    ) -> tuple[Any, bool]:
        """A blank object that returns to `owner`, and True; or an object of another class from `__new__`, and False."""
        plan, state = self.plan, self._states.here()
        if (args or kwargs) and plan.takes_nothing:
            raise TypeError(f"{plan.cls.__name__}() takes no arguments")
        obj = self._pop(state, args, kwargs) if reusing else NOTHING
        hit = obj is not NOTHING
        if not hit:
            obj = allocate(plan.cls, plan.cls, args, kwargs, hook)
            if not issubclass(type(obj), plan.cls):
                return obj, False  # the pool does not own it
        if hit:
            state.tally.add("hits")
        else:
            self._count_miss(state)
        proxy = self._proxy(obj, owner)
        if hit and plan.builtin is not None and plan.builtin.refill is not None:
            plan.builtin.refill(obj, *args)
        return proxy, True

    def _pop(self, state: ThreadState, args: Arguments, kwargs: Keywords) -> Any:
        """A parked object that fits a construction with these arguments, or NOTHING."""
        if state.lent:
            self._reclaim(state, _PROBES)
        fits = self.plan.fits
        if fits is None:
            return state.freelist.pop()
        if kwargs and self.plan.builtin is None:  # a `__new__` that is not known would read the keywords
            return NOTHING
        for _ in range(_PROBES):
            obj = state.freelist.pop()
            if obj is NOTHING or fits(obj, args):
                return obj
            state.freelist.put_under(obj)
        return NOTHING

    def _proxy(self, obj: Any, owner: Owner) -> Proxy:
        cls = type(obj)
        try:
            proxy = self._proxies[cls]
        except KeyError:
            proxy = self._proxies[cls] = proxy_type(cls)
        return proxy._for(obj, owner)
