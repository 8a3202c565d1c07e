"""Advice on which classes of a profiled program to pool, with the reasons."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median_low
from typing import Final

import attrs

from pooled import _engine
from pooled._cli.profile.builtin_timing import time_builtin
from pooled._cli.profile.class_profile import ClassProfile
from pooled._cli.profile.gc_advice import GcAdvice
from pooled._instrument.builtin_types import BUILTINS
from pooled._plan.field_reset import construction_of
from pooled._plan.plan import plan_for_class
from pooled._pool.class_pool import is_poolable

FEW: Final = 1_000
"""With fewer objects than this, a pool makes no difference."""

_MIN_SHARE: Final = 0.005
"""A pool makes no difference if constructing builtin containers takes a smaller share of the time."""

_MIN_PART: Final = 0.01
"""A pool makes no difference for a class with a smaller part of the objects of all classes, unless they trigger the
collector. Counts decide, because they are the same in each run.
"""

_MIN_RATE: Final = 5_000
"""Pools make no difference for a program that makes fewer objects of all classes per second of processor time."""

_MIN_GAIN: Final = 1.05
"""A pool has to make a builtin container this many times as fast."""

_MIN_GC_SHARE: Final = 0.02
"""If the collector takes a larger share of the time, it matters which classes trigger it."""

_IN_PYTHON: Final = "runs as Python code"
"""The words of `construction_of` if C cannot construct an object."""

_MEASURED: Final = ("to make them", "to make, fill and drop them")
"""The part of an object's life that was measured: of a class, and of a builtin container."""

_MAX_PARKED: Final = 1 << 16
"""The advice never parks more objects than this, because they occupy memory."""


@attrs.frozen(kw_only=True)
class Advice:
    """The advice on one class. `--json` prints it under these names.

    Attributes:
        target: the class by name.
        made: the number of objects constructed.
        counted: the number of these that were counted; the rest are estimated.
        peak: the largest number of objects alive at once.
        seconds: their mean lifetime; None if none died.
        share: the share of the program's time that it took to construct them.
        places: where they were constructed: file, line and the share of the objects, most first. Empty if no code of
            the program did.
        pool: whether to pool the class.
        max: if so, the number of objects to park.
        max_cap: if so, the largest capacity to park; None if there is nothing to limit.
        scope: if so, the scope of the pool.
        why: the reason, and the effect to expect.
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
        """The number of objects constructed, for people; two digits of it if it is an estimate."""
        return f"{self.made:,}" if self.made == self.counted else f"about {_two_digits(self.made):,}"


def _two_digits(number: int) -> int:
    unit = int(10 ** max(0, len(str(number)) - 2))
    return round(number / unit) * unit


def advice_on(profiles: Sequence[ClassProfile], seconds: float, gc_share: float | None) -> list[Advice]:
    """The advice on each class: first the ones to pool, each group by the share of the time.

    Args:
        profiles: the profiles of the classes.
        seconds: the processor time of the program.
        gc_share: the share of it that collections took; None if the advice is to make them rare by the threshold.
    """
    objects = max(1, sum(profile.made for profile in profiles if not _is_builtin(profile)))
    advice = [_advice_on_class(profile, seconds, gc_share, objects) for profile in profiles]
    return sorted(advice, key=lambda each: (not each.pool, -each.share, each.target))


def _advice_on_class(profile: ClassProfile, seconds: float, gc_share: float | None, objects: int) -> Advice:
    """The advice on a class of a program that made so many objects of all its classes."""
    made = profile.made
    each, each_from_pool = _seconds_each(profile)
    gain = each / each_from_pool if each_from_pool else None
    share = min(1.0, made * each / seconds)
    total = sum(profile.places.values())
    facts = Advice(
        target=profile.target,
        made=made,
        counted=profile.counted,
        peak=profile.peak,
        seconds=profile.lived / profile.dropped if profile.dropped else None,
        share=share,
        places=[(file, line, count / total) for (file, line), count in profile.places.most_common(3)],
        pool=False,
        why="",
    )
    pool_costs = 0.0 if gain is None else share / gain - share  # the share that a slower pool would add
    triggers_gc = gc_share is not None and _triggers_gc(profile)
    saved = gc_share if triggers_gc and gc_share and gc_share >= max(_MIN_GC_SHARE, pool_costs) else 0.0
    against = next(_reasons_against(profile, facts), None) or _little_gain(
        profile, share, None if saved else gain, objects / seconds, None if triggers_gc else made / objects
    )
    if against is not None:
        return attrs.evolve(facts, why=against)
    return attrs.evolve(
        facts,
        pool=True,
        max=min(_MAX_PARKED, _power_of_two(max(16, profile.peak))),
        max_cap=_max_cap(profile.capacities),
        scope="global" if _dies_elsewhere(profile) else "local",
        why="; ".join(_expectation(profile, share, gain, saved)),
    )


def _is_builtin(profile: ClassProfile) -> bool:
    return profile.cls in BUILTINS.values()


def _dies_elsewhere(profile: ClassProfile) -> bool:
    """Whether other threads drop more than a tenth of the objects."""
    return profile.elsewhere * 10 > profile.dropped


def _seconds_each(profile: ClassProfile) -> tuple[float, float | None]:
    """The duration of a construction, and None; of a builtin container, that of a whole life, and that with a pool."""
    if not _is_builtin(profile):
        return (profile.making / profile.timed if profile.timed else 0.0), None
    return time_builtin(profile.cls or list, median_low(profile.capacities or [0]))


def _reasons_against(profile: ClassProfile, facts: Advice) -> Iterator[str]:
    """The reasons not to pool a class, whatever its objects cost."""
    if facts.made < FEW:
        yield f"only {facts.made:,} {'was' if facts.made == 1 else 'were'} made"
    if not _is_builtin(profile) and (refusal := profile.refusal or refusal_of(profile.cls)):
        yield refusal
    if profile.alive * 2 > profile.alive + profile.dropped:
        yield "most of them lived to the end"
    if profile.at_peak * 4 > facts.made * 3:
        yield f"{profile.at_peak / facts.made:.0%} of them lived at once, so few would be reused"
    if profile.collected * 2 > profile.dropped:
        yield "the collector freed most of them: first remove the reference cycles that they are in"


def _little_gain(
    profile: ClassProfile, share: float, gain: float | None, rate: float, part: float | None
) -> str | None:
    """Why there is little to gain from a pool; None if there may be more.

    Args:
        profile: the profile of the class.
        share: the share of the time that it took to make its objects.
        gain: how many times as fast a pool makes them, if that is known and matters.
        rate: the number of objects of all classes a second.
        part: the part of the objects of all classes; None if that does not matter, as a pool saves collections.
    """
    if _is_builtin(profile):
        if share < _MIN_SHARE:
            return f"{_MEASURED[True]} took {share:.2%} of the time"
        return f"from a pool they are {gain:.2f} times as fast" if gain is not None and gain < _MIN_GAIN else None
    if rate < _MIN_RATE:
        return f"the program makes only {rate:,.0f} objects of its classes a second"
    if part is None:
        return None
    if part < _MIN_PART:
        return f"only {part:.1%} of all objects are of this class"
    return profile.slow_construction or slow_construction_of(profile.cls)


def slow_construction_of(cls: type | None) -> str | None:
    """Why a pool does not make the construction of an object faster; None if it does.

    Python 3.13 and newer inline an `__init__` where the class is called, unless the class is poolable.
    """
    if cls is None:
        return None
    construction = construction_of(cls, plan_for_class(cls, hooked=True))
    is_slow = sys.version_info >= (3, 13) and isinstance(construction, str) and _IN_PYTHON in construction
    return f"a pool does not make them faster: {construction}" if is_slow else None


def refusal_of(cls: type | None) -> str | None:
    """Why the library does not make a class poolable."""
    if cls is None:
        return None
    if is_poolable(cls):
        return "the program makes it poolable itself"
    try:
        _engine.check_hookable(cls)
        plan_for_class(cls, hooked=True)
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def _power_of_two(number: int) -> int:
    """The next power of two."""
    return 1 << max(0, number - 1).bit_length()


def _max_cap(capacities: Sequence[int]) -> int | None:
    """A limit that discards at most one container in a hundred; None if nothing has a size."""
    if not capacities:
        return None
    return _power_of_two(max(64, sorted(capacities)[len(capacities) * 99 // 100]))


def _expectation(profile: ClassProfile, share: float, gain: float | None, gc_share: float) -> Iterator[str]:
    """The effect to expect of a pool, and hints how to use it."""
    faster = ", of which a part is saved" if gain is None else f"; from a pool they are {gain:.1f} times as fast"
    yield f"{_MEASURED[gain is not None]} took {share:.1%} of the time{faster}"
    if gc_share:
        yield f"allocating this many at once triggers the collector, which took {gc_share:.0%}; pooling avoids it"
    if _dies_elsewhere(profile):
        yield "another thread drops them"


def _triggers_gc(profile: ClassProfile) -> bool:
    """Whether the program allocates, at a time, enough objects to trigger a collection."""
    return profile.cls is not bytearray and profile.peak * 4 >= gc.get_threshold()[0] > 0


def configuration(advice: Sequence[Advice], gc_advice: GcAdvice, command: str) -> str:
    """The advice as the TOML file that `run --config` reads."""
    lines = [
        f"# What `python -m pooled advise` found for: {command}",
        "# An estimate: the program was not run with these settings.",
        "",
    ]
    if gc_advice.threshold is not None:
        lines += [f"# {gc_advice.why}", "[gc]", f"threshold = {[*gc_advice.threshold]}", ""]
    for each in advice:
        if not each.pool:
            continue
        where = "".join(f"; {Path(file).name}:{line}" for file, line, _ in each.places[:1])
        lines += [f"# {each.amount} made, at most {each.peak:,} at once{where}"]
        lines += [f'[instrument."{each.target}"]', f"max = {each.max}"]
        lines += [f"max_cap = {each.max_cap}"] if each.max_cap is not None else []
        lines += [f'scope = "{each.scope}"', ""]
    return "\n".join(lines)
