"""A scenario: a function that uses pools for a few seconds, and raises if they break the contract."""

import random
import sys
import time
from collections.abc import Callable

import attrs

SECONDS = 3.0
"""The duration of a scenario by default. Work of a fixed size shrinks in proportion to a shorter duration."""


def gil_is_on() -> bool:
    return getattr(sys, "_is_gil_enabled", lambda: True)()


class UnsupportedError(Exception):
    """This interpreter or system does not support the scenario; the argument is a name in `limits.py`."""


class Run:
    """A run of a scenario: its random numbers, its end, and the number of its operations."""

    def __init__(self, seed: int, seconds: float) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.seconds = seconds
        self.operations = 0
        self._ends = time.monotonic() + seconds

    def going(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self._ends

    def slice(self, parts: float) -> "Run":
        """A part of this run with its own random numbers; `add` adds its operations."""
        return Run(self.rng.randrange(1 << 32), self.seconds / parts)

    def share(self, whole: int) -> int:
        """The part of a fixed amount of work that this run does."""
        return max(1, round(whole * min(1.0, self.seconds / SECONDS)))

    def add(self, part: "Run") -> None:
        self.operations += part.operations


@attrs.frozen
class Scenario:
    """A scenario. Its name is the name of its function, and its subject is the name of its file."""

    name: str
    subject: str
    function: Callable[[Run], None]
    engines: tuple[str, ...]


ALL: dict[str, Scenario] = {}


def scenario(*engines: str) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """Register a function as a scenario for these engines, or for all."""

    def register(function: Callable[[Run], None]) -> Callable[[Run], None]:
        name = function.__name__
        subject = function.__module__.rpartition(".")[2]
        ALL[name] = Scenario(name, subject, function, engines or ("native", "reference"))
        return function

    return register
