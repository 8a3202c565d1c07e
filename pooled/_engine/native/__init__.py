"""The native engine: objects of hooked classes park themselves, in C.

It hands out the object itself. Pools of functions, and of classes that cannot be hooked, use the proxies of the
reference engine: see `proxies`.
"""

from __future__ import annotations

import _thread
import atexit
import gc
import os
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from pooled import _config
from pooled._engine.unraisable import report
from pooled._plan import class_info
from pooled._plan.checks import refuse_own_call
from pooled._plan.construction import Arguments, Keywords
from pooled._plan.fields import KeptFields
from pooled._plan.parts import AnyPart, replacement
from pooled._plan.plan import Plan
from pooled._policy import AUTO, Policy
from pooled._stats import Constructions, Stats

DEBUG: Final = _config.current.debug != 0
"""Whether debug mode is on. It has its own build of the C module, which traces objects."""

if TYPE_CHECKING:
    from pooled._engine.native.proxies import ProxyStore
if TYPE_CHECKING or not DEBUG:
    from pooled._engine.native import _native
else:
    from pooled._debug import lifetimes
    from pooled._engine.native import _native_debug as _native

    _native.trace(
        lifetimes.taken,
        lifetimes.moved,
        lifetimes.popped,
        lifetimes.warn,
        lifetimes.readied,
        lifetimes.out,
        lifetimes.last,
    )

F = TypeVar("F", bound=Callable[..., Any])

name: Final = "native"
built_for: Final = _native.built_for
keeps_capacity: Final[Mapping[str, bool]] = MappingProxyType(_native.kept())

gc_callback = _native.gc_callback
when_memory_is_short = _native.when_memory_is_short

HookedType = type

_IN_GC: Final = 1 << 14  # Py_TPFLAGS_HAVE_GC

class_info.keep_outside(_native.class_info, _native.set_class_info)

atexit.register(_native.close)  # destroy parked objects while the interpreter still works


class Borrowed:
    """One object, for the length of a `with` block. It returns to its pool when its last reference is dropped."""

    __slots__ = ("_obj", "_store")

    def __init__(self, store: NativeStore) -> None:
        self._store = store
        self._obj: Any = None

    def __enter__(self) -> Any:
        if self._obj is not None:
            raise RuntimeError("this borrow is in use already; call borrow() for each block")
        self._obj = self._store.take()
        return self._obj

    def __exit__(self, *exc_info: object) -> None:
        self._obj = None


_importing: Final = _thread.RLock()
"""Held while a thread imports the reader of `__init__`, and by each fork.

If a fork interrupted that import, the child would wait forever for a thread that it does not have. The lock is
reentrant, because a signal handler may fork during the import.
"""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_importing.acquire, after_in_parent=_importing.release, after_in_child=_importing.release
    )


class NativeStore(_native.Store):
    """The store of a pool of objects of a hooked class."""

    __slots__ = ("__weakref__", "bound", "parks", "plan", "policy")

    bound: int | None
    parks: bool
    plan: Plan
    policy: Policy

    def __new__(cls, plan: Plan, policy: Policy) -> Self:
        """Make the store, and a hook for its class if it has none yet; the function `hook` installs it."""
        in_c = plan.measures_builtin and _native.empties(plan.cls)
        store = super().__new__(
            cls,
            _native.hook_of(plan.cls) or _hook_for(plan),
            reset=_traced(plan, plan.reset),
            capacity=None if in_c else _traced(plan, plan.measure),
            report=report,
            measures=in_c,
            is_local=policy.scope == "local",
        )
        store.bound, store.parks = None, True
        store.set_plan(plan)
        store.set_policy(policy)
        return store

    def set_plan(self, plan: Plan) -> None:
        """Construct and empty objects by this plan; objects that were parked by another plan are destroyed."""
        self.plan = plan
        self.set_fields(None if plan.fields is None else _kept_in_c(plan.fields))

    def set_policy(self, policy: Policy) -> None:
        """Change the limits; parked objects that they do not allow are destroyed, in all threads."""
        self.policy = policy
        follows = policy.max == AUTO
        bound = policy.most if self.bound is None or not follows else min(policy.most, self.bound)
        self.limit(bound if self.parks else 0, policy.max_cap, follows)

    def set_bound(self, bound: int | None) -> None:
        """Set the most objects of a freelist of a pool with max="auto"; None: as many as the policy allows."""
        if bound != self.bound:
            self.bound = bound
            self.set_policy(self.policy)

    def set_parking(self, parks: bool) -> None:
        """Park dropped objects from now on, or none; then parked objects are destroyed, in all threads."""
        self.parks = parks
        self.set_policy(self.policy)

    def read_init(self) -> Any:
        """The plan of the `__init__` of the class; None if it has to run as Python code. The C code calls this."""
        with _importing:
            from pooled._engine.native.init_plans import plan_in_c  # here: many programs never get so far

        return plan_in_c(self.plan.cls, _native)

    def stats(self) -> Stats:
        """The statistics of the objects handed out so far."""
        return Stats(**dict(zip(_native.OUTCOMES, self.counts(), strict=True)))

    def constructions(self) -> Constructions:
        """How calls of the class constructed objects."""
        return Constructions(**dict(zip(_native.INIT_OUTCOMES, self.inits(), strict=True)))

    def borrow(self) -> Borrowed:
        """An object as `take` returns it, for the length of a `with` block."""
        return Borrowed(self)


def _traced(plan: Plan, function: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """The function itself. In debug mode, a wrapper that also records the state in which it leaves an object."""
    if not DEBUG or function is None:
        return function
    from pooled._debug import lifetimes  # in debug mode alone

    return lifetimes.recording(function, plan)


def _kept_in_c(fields: KeptFields) -> _native.Fields:
    described = tuple((name, None, None, AnyPart().keep, False, None) for name in fields.names)
    return _native.Fields(fields.cls, described, strategy=_native.STRATEGIES["KEEP"], replace=replacement)


def _hook_for(plan: Plan) -> _native.Hook:
    cls, builtin = plan.cls, plan.builtin
    return _native.Hook(
        cls,
        empty=None if builtin is None or _native.empties(cls) else builtin.empty,
        fits=plan.fits,
        refill=None if builtin is None else builtin.refill,
    )


def Store(plan: Plan, policy: Policy) -> NativeStore | ProxyStore:  # noqa: N802 (called like a class)
    """Make the store of a pool for this plan."""
    if plan.hooked:
        return NativeStore(plan, policy)
    proxies = _proxies()
    if proxies is None:  # only then, since a module that is no longer in `sys.modules` would be loaded again
        from pooled._engine.native import proxies  # here, since wrapt takes longer to load than this package
    store: ProxyStore = proxies.ProxyStore(plan, policy, _native.detach)
    return store


def _proxies() -> Any:
    """The module `proxies`; None as long as no pool has needed it, so that no object is behind a proxy."""
    return globals().get("proxies")  # the import system sets it, once the module is loaded


def check_hookable(cls: type) -> None:
    """Raise TypeError if its metaclass has its own `__call__`, or the cyclic collector does not track its objects."""
    refuse_own_call(cls)
    if not cls.__flags__ & _IN_GC:
        raise TypeError(
            f"cls={cls.__qualname__}: the cyclic collector does not track its objects, so it cannot be hooked; use "
            f"GlobalPool({cls.__name__}, ...) or LocalPool({cls.__name__}, ...)"
        )


def hookable(cls: type) -> type:
    """Return `cls` itself, which is hooked in place."""
    return cls


def hook(cls: type, store: NativeStore) -> None:
    """Route construction and last drop of `cls` through `store`."""
    _native.install(store)
    if _is_in_use(cls):
        for obj in gc.get_objects():
            if type(obj) is cls:
                _native.disown(obj)


def _is_in_use(cls: type) -> bool:
    """Whether `cls` may already have objects: its module already refers to it, so it existed before its decoration."""
    module = sys.modules.get(cls.__module__)
    return (
        getattr(module, "__dict__", {}).get(cls.__name__) is cls
    )  # so that the `__getattr__` of a module does not run


def handles(
    lone: type,
    store: NativeStore,
    global_pool: type,
    local_pool: type,
    store_for: Callable[[Any, Any], Any],
    copy: Callable[[Any], Any],
) -> tuple[type, type, type]:
    """Return the classes `Arc`, `TArc` and `Weak` in C.

    Args:
        lone: the class of cells that are in no pool, a base of that of the others.
        store: the store of the class of the others.
        global_pool: the class `GlobalPool`.
        local_pool: the class `LocalPool`.
        store_for: gives the store for the arguments of a handle, or None.
        copy: copies a value.
    """
    _native.set_cells(lone, store, global_pool, local_pool, store_for, copy)
    return _native.Arc, _native.TArc, _native.Weak


def in_c(take: F) -> F:
    """The implementation of `pooled.take` in C. `take` itself serves classes that are not hooked."""
    return _native.in_c(take, True)


def store_of(obj: object) -> Any:
    """Return the store that `obj` returns to, or None if it is in no pool."""
    proxies = _proxies()
    return (proxies and proxies.store_of(obj)) or _native.store_of(obj)


def hands_out(obj: object) -> bool:
    """Whether stores hand out objects like `obj`, which may be detached by now."""
    proxies = _proxies()
    return bool(proxies and proxies.hands_out(obj)) or _native.hook_of(type(obj)) is not None


def detach(obj: Any) -> None:
    """Remove `obj`, for which `store_of` returns a store, from that store."""
    proxies = _proxies()
    if proxies and proxies.store_of(obj) is not None:
        proxies.detach(obj)
    else:
        _native.detach(obj)


def orphan(plan: Plan, args: Arguments, kwargs: Keywords) -> Any:
    """Do what `cls(...)` does, but create an object that belongs to no pool."""
    return _native.orphan(plan.cls, args, kwargs)
