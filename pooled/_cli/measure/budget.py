"""The time that the runs may take together."""

from __future__ import annotations

from time import monotonic
from typing import Final

FACTOR: Final = 25
"""The default limit, as a multiple of the program's own time."""

_LEAST: Final = 10.0
"""The default limit is at least this, since starting Python takes most of the time of a shorter program."""

_MARGIN: Final = 1.1
"""A run has to fit in the time left even if it takes this many times as long as expected."""

_PATIENCE: Final = 4
"""A run is killed after this many times the program's own time..."""

_GRACE: Final = 5.0
"""...and these seconds."""


class OutOfTimeError(Exception):
    """A run does not fit in the time that is left."""


class Budget:
    """Counts the time of all runs from the start.

    Attributes:
        own: the program's own time: that of its fastest plain run; 0 before the first.
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._begun = monotonic()
        self.own = 0.0

    @property
    def spent(self) -> float:
        """The seconds since the start."""
        return monotonic() - self._begun

    @property
    def limit(self) -> float | None:
        """The limit in seconds; None before the program's own time is known."""
        if self._limit is not None:
            return self._limit
        return max(FACTOR * self.own, _LEAST) if self.own else None

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return float("inf") if self.limit is None else max(0.0, self.limit - self.spent)

    @property
    def of_one_run(self) -> float | None:
        """The seconds after which a run is killed; None for never."""
        patience = _PATIENCE * self.own + _GRACE if self.own else float("inf")
        least = min(patience, max(self.left, self.own))
        return None if least == float("inf") else least

    def add_plain(self, seconds: float) -> None:
        """Record the duration of a plain run."""
        self.own = min(self.own or seconds, seconds)

    def check(self, *, runs: float = 1, kept_back: float = 0) -> None:
        """Check that some runs fit, each as long as the program's own time, and others after them.

        Raises:
            OutOfTimeError: they do not.
        """
        if (runs + kept_back) * self.own * _MARGIN > self.left:
            raise OutOfTimeError
