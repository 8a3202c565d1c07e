"""Strategies: how the objects of a class are emptied."""

from __future__ import annotations

from enum import Enum, auto


class Strategy(Enum):
    """How an object is emptied. The native engine has the same names (`_native.STRATEGIES`)."""

    SCRUB = auto()
    """Completely: `__init__` runs before the object is used again."""

    FIELDS = auto()
    """Completely, except for containers that the next `__init__` would create empty. Only the native engine does
    this.
    """

    KEEP = auto()
    """Completely, except for the attributes in `keep=`."""

    RESET = auto()
    """By a function of the user."""

    @property
    def takes_blank(self) -> bool:
        """Whether an object that no `__init__` has seen can be parked, and a parked one be made blank."""
        return self in (Strategy.SCRUB, Strategy.FIELDS)
