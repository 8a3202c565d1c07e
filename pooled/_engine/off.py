"""No engine: everything is constructed and dropped as if this library were not there, and nothing is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pooled._plan.construction import Arguments, Keywords, allocate
from pooled._plan.plan import Plan
from pooled._policy import Policy
from pooled._stats import Stats

F = TypeVar("F", bound=Callable[..., Any])

name: Final = "off"
built_for: Final[str | None] = None
keeps_capacity: Final[Mapping[str, bool]] = MappingProxyType({})

HookedType = type


def hookable(cls: type) -> type:
    """`cls`, which stays as it is."""
    return cls


def hook(cls: type, store: Store) -> None:
    """Leave `cls` as it is."""


class Store:
    """What stands behind a pool that parks nothing."""

    def __init__(self, plan: Plan, policy: Policy) -> None:
        self.plan = plan
        self.policy = policy
        # A poolable class is not hooked here, so that calling it is what makes an object.
        self._new: Final = plan.factory if plan.cls is object else plan.cls

    def take(self, **given: Any) -> Any:
        """A new object."""
        derived = self.plan.derived
        if derived is None:
            self.plan.check(given)
            return self._new(**given)
        derived.check(given)
        obj = allocate(self.plan.cls, self.plan.cls, (), {})
        derived.make_ready(obj, given)
        return obj

    def try_take(self, **given: Any) -> None:
        """Nothing is ever parked."""
        self.plan.check(given)

    def borrow(self) -> AbstractContextManager[Any]:
        """A new object for the length of a block."""
        return nullcontext(self.take())

    def __len__(self) -> int:
        return 0

    def prefill(self, count: int) -> int:  # noqa: ARG002 (nothing is parked, however many are asked for)
        """Park nothing."""
        return 0

    def clear(self) -> int:
        """Nothing is parked."""
        return 0

    def remove(self, count: int) -> int:  # noqa: ARG002 (the same)
        """Nothing is parked."""
        return 0

    def keep(self, count: int) -> int:  # noqa: ARG002 (the same)
        """Nothing is parked."""
        return 0

    def trim(self) -> int:
        """Nothing is parked."""
        return 0

    def weigh(self) -> tuple[int, int]:
        """Nothing is parked."""
        return 0, 0

    def set_plan(self, plan: Plan) -> None:
        """Have objects made by another plan."""
        self.plan = plan

    def set_policy(self, policy: Policy) -> None:
        """Remember the limits, which nothing can exceed."""
        self.policy = policy

    def stats(self) -> Stats:
        """Nothing is counted."""
        return Stats()

    def adopt(self, obj: Any) -> Any:
        """Leave `obj` as it is."""
        return obj


def store_of(obj: object) -> None:
    """No object goes home to a pool."""


def hands_out(obj: object) -> bool:  # noqa: ARG001 (a pool may have given any)
    """Nobody can tell what a pool has given."""
    return True


def detach(obj: object) -> None:
    """Leave `obj` as it is."""


def orphan(plan: Plan, args: Arguments, kwargs: Keywords) -> Any:
    """A new object, as all are."""
    return plan.cls(*args, **kwargs)


def in_c(function: F) -> F:
    """What a public function is to be: itself, since there is no shorter way in C."""
    return function
