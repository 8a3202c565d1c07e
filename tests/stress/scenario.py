"""What a scenario is: a function that tries something for a while, and raises where the contract is broken."""

import random
import sys
import time
from collections.abc import Callable

import attrs

SECONDS = 3.0
"""How long a scenario takes by default. Work of a fixed size is cut down in proportion where it is given less."""


def gil_is_on() -> bool:
    return getattr(sys, "_is_gil_enabled", lambda: True)()


class UnsupportedError(Exception):
    """This interpreter or system cannot do what the scenario is about; the text says what it lacks."""


class Run:
    """One run of a scenario: where its random choices come from, when it has to end, and how much it did."""

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
        """A part of this run, with random choices of its own; add what it did by `add`."""
        return Run(self.rng.randrange(1 << 32), self.seconds / parts)

    def share(self, whole: int) -> int:
        """How much of a work of fixed size is to be done."""
        return max(1, round(whole * min(1.0, self.seconds / SECONDS)))

    def add(self, part: "Run") -> None:
        self.operations += part.operations


@attrs.frozen
class Scenario:
    """A scenario by its name, which is that of its function; the subject is that of its file."""

    name: str
    subject: str
    function: Callable[[Run], None]
    engines: tuple[str, ...]


ALL: dict[str, Scenario] = {}


def scenario(*engines: str) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """Register a function as a scenario for these engines; none are all."""

    def register(function: Callable[[Run], None]) -> Callable[[Run], None]:
        name = function.__name__
        subject = function.__module__.rpartition(".")[2]
        ALL[name] = Scenario(name, subject, function, engines or ("native", "reference"))
        return function

    return register
