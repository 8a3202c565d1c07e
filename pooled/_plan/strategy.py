"""Strategies: how the objects of a class are emptied, and what `take` has to do beyond that."""

from __future__ import annotations

from enum import Enum, auto


class Strategy(Enum):
    """How an object is emptied. The native engine has the same names (`_native.STRATEGIES`)."""

    SCRUB = auto()
    """As a whole: `__init__` runs before the object is used again."""

    FIELDS = auto()
    """Field by field, and the fields are all there is: `take` needs no `__init__`."""

    KEEP = auto()
    """As a whole, except for the attributes in `keep=`."""

    RESET = auto()
    """By a function of the user's."""

    @property
    def takes_blank(self) -> bool:
        """Whether an object that no `__init__` has seen can be parked, and a parked one be made blank."""
        return self in (Strategy.SCRUB, Strategy.FIELDS)


class Completion(Enum):
    """The work of `take` beyond defaults: for given values, and at the end of `__init__` (`_native.COMPLETIONS`)."""

    ASSIGNS = auto()
    """It assigns the values that are given."""

    CONVERTS = auto()
    """It calls converters, validators or descriptors for the values that are given."""

    ALWAYS = auto()
    """It always calls something, such as `__post_init__`."""
