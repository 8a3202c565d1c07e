"""What to pool, of what was seen of a program, and what not, and why."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median_low
from typing import Final

import attrs

from pooled._cli.profile.builtin_timing import seconds_of
from pooled._cli.profile.class_profile import Watched
from pooled._instrument.builtin_shims import STOCK
from pooled._plan.plan import plan_for_class

FEW: Final = 1_000
"""Of fewer objects than that it does not matter where they come from."""

LITTLE: Final = 0.005
"""Nor does it where they take a smaller share of the time."""

LEAST: Final = 1.05
"""How many times as fast a pool has to make a builtin container, at least."""

MUCH: Final = 0.02
"""Where the collector takes a larger share of the time, it matters what wakes it."""

_WHAT: Final = ("to make them", "to make, fill and drop them")
"""What is measured of objects of classes, and of builtin containers."""

LARGEST: Final = 1 << 16
"""No advice is given to park more objects than that: they are memory, too."""


@attrs.frozen(kw_only=True)
class Advice:
    """What is said of a class.

    Attributes:
        target: the class by name.
        made: how many there were.
        counted: how many of them were seen; the others are reckoned.
        peak: how many of them lived at once, at most.
        seconds: that one lived, on average; None where none was seen to end.
        share: of the program's time that it took to make them.
        places: where they were made: file, line and the share of them, most first.
        pool: whether to pool it.
        max: then, how many to park.
        max_cap: then, the largest to park; None: nothing is to be said.
        scope: then, whose the pool is to be.
        why: the reason, and what to expect.
    """

    target: str
    made: int
    counted: int
    peak: int
    seconds: float | None
    share: float
    places: list[tuple[str, int, float]]
    pool: bool
    max: int | None = None
    max_cap: int | None = None
    scope: str | None = None
    why: str

    @property
    def amount(self) -> str:
        """How many there were, as far as that is known."""
        return f"{self.made:,}" if self.made == self.counted else f"about {_two_digits(self.made):,}"


def _two_digits(number: int) -> int:
    """A number of which no more is known."""
    unit = int(10 ** max(0, len(str(number)) - 2))
    return round(number / unit) * unit


def advice_on(watched: Sequence[Watched], seconds: float, collecting: float) -> list[Advice]:
    """What is said of each class of a program: what to pool first, each by the time it takes.

    The program took so many seconds, and the collector so large a share of them.
    """
    found = [_on(each, seconds, collecting) for each in watched]
    return sorted(found, key=lambda each: (not each.pool, -each.share, each.target))


def _on(watched: Watched, seconds: float, collecting: float) -> Advice:
    built = watched.built
    each, pooled_each = _seconds_each(watched)
    gain = each / pooled_each if pooled_each else None
    share = min(1.0, built * each / seconds)
    total = sum(watched.places.values())
    known = Advice(
        target=watched.target,
        made=built,
        counted=watched.counted,
        peak=watched.peak,
        seconds=watched.lived / watched.dropped if watched.dropped else None,
        share=share,
        places=[(file, line, count / total) for (file, line), count in watched.places.most_common(3)],
        pool=False,
        why="",
    )
    costs = 0.0 if gain is None else share / gain - share  # what a pool takes longer
    wakes = _wakes_the_collector(watched) and collecting >= max(MUCH, costs)
    against = next(_against(watched, known, None if wakes else gain), None)
    if against is not None:
        return attrs.evolve(known, why=against)
    elsewhere = watched.elsewhere * 10 > watched.dropped
    return attrs.evolve(
        known,
        pool=True,
        max=min(LARGEST, _rounded(max(16, watched.reused))),
        max_cap=_capacity(watched.capacities),
        scope="global" if elsewhere else "local",
        why="; ".join(_expectation(watched, share, gain, collecting if wakes else 0.0)),
    )


def _seconds_each(watched: Watched) -> tuple[float, float | None]:
    """What it took to make one; of a builtin container, what a whole life takes, and what it takes from a pool."""
    if watched.cls not in STOCK.values():
        return (watched.making / watched.made if watched.made else 0.0), None
    return seconds_of(watched.cls, median_low(watched.capacities or [0]))


def _against(watched: Watched, known: Advice, gain: float | None) -> Iterator[str]:
    """Why not to pool a class; `gain` is how many times as fast it is from a pool, where that is known."""
    if known.made < FEW:
        yield f"only {known.made:,} {'was' if known.made == 1 else 'were'} made"
    if watched.cls not in STOCK.values() and (refused := _refused(watched.cls)):
        yield refused
    if watched.alive * 2 > watched.alive + watched.dropped:
        yield "most of them lived to the end"
    if watched.first * 4 > known.made * 3:
        yield f"{watched.first / known.made:.0%} of them lived at once, so that few would be used again"
    if watched.collected * 2 > watched.dropped:
        yield "most of them were found by the collector, which frees them: end the cycles that they are in first"
    if known.share < LITTLE:
        yield f"{_WHAT[watched.cls in STOCK.values()]} took {known.share:.2%} of the time"
    if gain is not None and gain < LEAST:
        yield f"from a pool they are {gain:.2f} times as fast"


def _refused(cls: type) -> str | None:
    """Why the library would not have it."""
    try:
        plan_for_class(cls, reset=None, capacity=None, keep=(), hooked=True)
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def _rounded(number: int) -> int:
    """The next power of two."""
    return 1 << max(0, number - 1).bit_length()


def _capacity(seen: Sequence[int]) -> int | None:
    """What all but one in a hundred were not larger than, and some room; None where none has a size."""
    if not seen:
        return None
    return _rounded(max(64, sorted(seen)[len(seen) * 99 // 100]))


def _expectation(watched: Watched, share: float, gain: float | None, collecting: float) -> Iterator[str]:
    """What to expect of a pool, and what else there is to know."""
    faster = ", of which a part is saved" if gain is None else f"; from a pool they are {gain:.1f} times as fast"
    yield f"{_WHAT[gain is not None]} took {share:.1%} of the time{faster}"
    if collecting:
        yield f"so many at once wake the collector, which took {collecting:.0%}; from a pool they do not"
    if watched.elsewhere * 10 > watched.dropped:
        yield "another thread drops them"
    if gain is None and _knows_its_fields(watched.cls):
        (file, line), _ = watched.places.most_common(1)[0]
        where = f"{Path(file).name}:{line}"
        yield f"more with pooled.take({watched.cls.__name__}, ...) at {where}, which keeps its parts"


def _wakes_the_collector(watched: Watched) -> bool:
    """Whether so many of its objects are made in one go, which a pool would have, that a collection begins."""
    return watched.cls is not bytearray and watched.reused * 4 >= gc.get_threshold()[0]


def _knows_its_fields(cls: type) -> bool:
    return plan_for_class(cls, reset=None, capacity=None, keep=(), hooked=True).fields is not None


def configuration(advice: Sequence[Advice], command: str) -> str:
    """What `run` takes, in TOML."""
    lines = [f"# What `python -m pooled advise` found for: {command}", ""]
    for each in advice:
        if not each.pool:
            continue
        file, line, _ = each.places[0]
        lines += [f"# {each.amount} made, at most {each.peak:,} at once; {Path(file).name}:{line}"]
        lines += [f'[instrument."{each.target}"]', f"max = {each.max}"]
        lines += [f"max_cap = {each.max_cap}"] if each.max_cap is not None else []
        lines += [f'scope = "{each.scope}"', ""]
    return "\n".join(lines)
