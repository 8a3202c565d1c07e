"""The engine "off": objects are ordinary, nothing is parked, and nothing is counted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from pooled._plan import class_info
from pooled._plan.construction import Arguments, Keywords
from pooled._plan.plan import Plan
from pooled._policy import Policy
from pooled._stats import Constructions, Stats

_native: Any
try:
    from pooled._engine.native import _native  # it keeps class information outside the dictionaries of classes
except ImportError:  # it was not built
    _native = None

F = TypeVar("F", bound=Callable[..., Any])

name: Final = "off"
built_for: Final[str | None] = None
keeps_capacity: Final[Mapping[str, bool]] = MappingProxyType({})

HookedType = type


def check_hookable(cls: type) -> None:
    """Accept any class: none is hooked."""


def hookable(cls: type) -> type:
    """Return `cls` unchanged."""
    return cls


def hook(cls: type, store: Store) -> None:
    """Leave `cls` unchanged."""


class Store:
    """The store of a pool that parks nothing."""

    def __init__(self, plan: Plan, policy: Policy) -> None:
        self.plan = plan
        self.policy = policy
        # No class is hooked, so a call of the class makes an object.
        self._new: Final = plan.factory if plan.cls is object else plan.cls

    def take(self, *args: Any, **kwargs: Any) -> Any:
        """Make a new object."""
        return self._new(*args, **kwargs)

    def try_take(self, *args: Any, **kwargs: Any) -> None:
        """Return None: nothing is parked."""

    def borrow(self) -> AbstractContextManager[Any]:
        """A context manager that gives a new object."""
        return nullcontext(self.take())

    def __len__(self) -> int:
        return 0

    def prefill(self, count: int) -> int:  # noqa: ARG002 (every engine has it)
        """Return 0: nothing is parked."""
        return 0

    def clear(self) -> int:
        """Return 0: nothing is parked."""
        return 0

    def remove(self, count: int) -> int:  # noqa: ARG002 (the same)
        """Return 0: nothing is parked."""
        return 0

    def keep(self, count: int) -> int:  # noqa: ARG002 (the same)
        """Return 0: nothing is parked."""
        return 0

    def trim(self) -> int:
        """Return 0: nothing is parked."""
        return 0

    def weigh(self) -> tuple[int, int]:
        """Return 0 bytes of 0 objects: nothing is parked."""
        return 0, 0

    def depths(self) -> tuple[int, int, int]:
        """Return zeros: nothing is parked."""
        return 0, 0, 0

    def set_bound(self, bound: int | None) -> None:
        """Nothing is parked anyway."""

    def set_plan(self, plan: Plan) -> None:
        """Make objects by another plan from now on."""
        self.plan = plan

    def set_policy(self, policy: Policy) -> None:
        """Store the limits, so that they can be read."""
        self.policy = policy

    def set_parking(self, parks: bool) -> None:
        """Nothing is parked anyway."""

    def stats(self) -> Stats:
        """Return zeros: nothing is counted."""
        return Stats()

    def plan_init(self) -> None:
        """Return None: only the native engine reads `__init__`."""

    def constructions(self) -> Constructions:
        """Return zeros: `__init__` always runs as Python code."""
        return Constructions()

    def adopt(self, obj: Any) -> Any:
        """Return `obj` unchanged."""
        return obj


def store_of(obj: object) -> None:
    """Return None: no object returns to a pool."""


def hands_out(obj: object) -> bool:  # noqa: ARG001 (every engine has it)
    """Return True: any object may have come from a pool."""
    return True


def detach(obj: object) -> None:
    """Leave `obj` unchanged."""


def orphan(plan: Plan, args: Arguments, kwargs: Keywords) -> Any:
    """Make a new object."""
    return plan.cls(*args, **kwargs)


def in_c(take: F) -> F:
    """The implementation of `pooled.take`: a call of the class. `take` itself serves classes that are not poolable."""
    if _native is not None:
        return cast("F", _native.in_c(take, False))

    @functools.wraps(take)
    def call(cls: Any, /, *args: Any, **kwargs: Any) -> Any:
        if isinstance(cls, type) and class_info.info_of(cls) is not None:
            return cls(*args, **kwargs)
        return take(cls, *args, **kwargs)

    return cast("F", call)


def gc_callback(function: F, least: int) -> F:  # noqa: ARG001 (the function looks at the generation, too)
    """The function itself: Python code cannot prevent the error that is printed if the stack is full."""
    return function


def when_memory_is_short(function: Callable[[], object]) -> None:
    """Do nothing: only the native engine detects failed allocations."""
