"""Pools of functions, and of classes that cannot be hooked: the stores of the reference engine, beside hooked classes.

The module is loaded with the first such pool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pooled import _config
from pooled._engine.reference import store as reference
from pooled._engine.reference.store import detach, hands_out, store_of
from pooled._plan.plan import Plan
from pooled._policy import Policy

__all__ = ["ProxyStore", "detach", "hands_out", "store_of"]


class ProxyStore(reference.Store):
    """The store of such a pool.

    Args:
        plan: its plan.
        policy: its limits.
        detach_hooked: removes an object of a hooked class from its store.
    """

    def __init__(self, plan: Plan, policy: Policy, detach_hooked: Callable[[Any], None]) -> None:
        super().__init__(plan, policy)
        self._detach_hooked = detach_hooked

    def adopt(self, obj: Any) -> Any:
        """Make this store responsible for `obj`; return its proxy."""
        self._detach_hooked(obj)
        return super().adopt(obj)


if not TYPE_CHECKING and _config.current.debug:
    from pooled._engine.reference.debug import DebugStore

    class ProxyStore(DebugStore, ProxyStore):
        """The same with records of its objects, for the debug mode."""
