"""The makers of a workload's objects: the same code uses either of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pooled

MOST: Final = 200_000
"""How many objects of a class a pool parks: more than any workload has at once."""


class Plain:
    """Hands out new objects, as Python makes them.

    Attributes:
        by_hand: makes the hand-made pools from which the scheduler takes its objects; None if it creates them.
    """

    pooling = False

    def __init__(self, by_hand: Callable[[Callable[[], Any]], Any] | None = None) -> None:
        self.by_hand = by_hand

    def maker(self, cls: type, **_: Any) -> Callable[..., Any]:
        """What makes objects of `cls` from its fields."""
        return cls


class Pooled:
    """Hands out objects that return to their pool when they are dropped."""

    pooling = True
    by_hand = None

    def maker(self, cls: type, **limits: Any) -> Callable[..., Any]:
        """A poolable subclass of `cls`, which is called like `cls`."""
        heir = type(cls.__name__, (cls,), {"__slots__": (), "__module__": cls.__module__})
        poolable: Callable[..., Any] = pooled.poolable(**{"max": MOST, **limits})(heir)
        return poolable


Makers = Plain | Pooled
