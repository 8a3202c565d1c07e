"""The pytest plugin. It is installed with the package, and does nothing until a test or an option uses it.

- `@pytest.mark.pooled(no_escapes=True, max_live=0)` fails a test that lets pooled objects escape, or that leaves more
  than `max_live` additional objects alive. In debug mode (`POOLED_DEBUG=1`) the failure says where they were taken.
- The fixture `empty_pools` empties all pools before and after a test; with `pooled_empty_pools = true` in pytest's
  configuration every test uses it.
- `--pooled-report` prints the statistics of the pools at the end of the run; with pytest-xdist, for each worker.

The marker checks only tests that pass, because the traceback of a failure keeps objects alive.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakKeyDictionary

import attrs
import pytest

import pooled
from pooled import _config
from pooled._memory.registry import memory_pools
from pooled._pool.pools import all_pools

__all__ = ["Expected", "Watch"]

_SHOWN: Final = 20
"""The largest number of places that a failure names."""


@attrs.frozen(kw_only=True)
class Expected:
    """The promise of a test about pooled objects.

    Attributes:
        no_escapes: whether no object may escape. An object escapes if another reference to it exists when it is
            dropped.
        max_live: the largest number of additional objects that may be alive at the end of the test, in all pools
            together; None for no limit.
    """

    no_escapes: bool = True
    max_live: int | None = None

    @classmethod
    def of(cls, mark: pytest.Mark) -> Expected:
        """Read a marker.

        Raises:
            pytest.UsageError: its arguments are invalid.
        """
        unknown = sorted(mark.kwargs.keys() - {"no_escapes", "max_live"})
        if mark.args or unknown:
            said = ", ".join([*map(repr, mark.args), *unknown])
            raise pytest.UsageError(f"@pytest.mark.pooled({said}): expected no_escapes=True or max_live=N")
        no_escapes, max_live = mark.kwargs.get("no_escapes", True), mark.kwargs.get("max_live")
        if not isinstance(no_escapes, bool):
            raise pytest.UsageError(f"@pytest.mark.pooled(no_escapes={no_escapes!r}): expected True or False")
        if max_live is not None and (isinstance(max_live, bool) or not isinstance(max_live, int) or max_live < 0):
            raise pytest.UsageError(f"@pytest.mark.pooled(max_live={max_live!r}): expected 0 or more")
        return cls(no_escapes=no_escapes, max_live=max_live)


class Watch:
    """The statistics of the pools at the start of a test, to compare with. Costs two full garbage collections."""

    def __init__(self) -> None:
        # Otherwise the error of the previous test, and the objects in its frames, would be freed while this test runs:
        # pytest drops the error later.
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            if hasattr(sys, name):
                delattr(sys, name)
        gc.collect()
        self._before = _stats()
        self._escaped_before = _escapes()
        self._since = time.monotonic()

    def faults(self, expected: Expected) -> list[str]:
        """The broken promises, each as a text of one or more lines."""
        gc.collect()
        now = _stats()
        found = []
        escaped = self._more(now, "escaped")
        if expected.no_escapes and escaped:
            text = f"{_listed(escaped)} escaped: something else referred to them when they were dropped"
            found.append("\n".join([text, *_places(escaped, self._escaped())]))
        live = self._more(now, "live")
        if expected.max_live is not None and live.total() > expected.max_live:
            text = f"{_listed(live)} still alive, expected at most {expected.max_live}"
            found.append("\n".join([text, *_places(live, self._live(live))]))
        return found

    def _more(self, now: _AllPools, what: str) -> Counter[str]:
        """The increase of a statistic since the start, by the names of the pools; pools without one are omitted."""
        nothing = pooled.Stats()
        more: Counter[str] = Counter()
        for pool, stats in now.items():
            more[pool.name] += max(0, getattr(stats, what) - getattr(self._before.get(pool, nothing), what))
        return +more

    def _live(self, names: Iterable[str]) -> list[str]:
        """Where the live objects of these pools were taken, as far as debug mode recorded it."""
        if not _config.current.debug:
            return []
        return [
            f"{life.cls.__qualname__} taken at {life.filename}:{life.lineno} in {life.function}, on {life.thread}"
            for life in pooled.live()
            if life.since >= self._since and life.pool in names
        ]

    def _escaped(self) -> list[str]:
        """Where the objects were taken that have escaped since the start, as far as debug mode recorded it."""
        before = set(map(id, self._escaped_before))
        return [
            f"{cls.__qualname__} taken at {life}, on {life.thread}"
            for life in _escapes()
            if id(life) not in before and (cls := life.cls()) is not None
        ]


_AllPools = WeakKeyDictionary[Any, pooled.Stats]


def _stats() -> _AllPools:
    """The statistics of each pool, by the pool itself, since several can have the same name."""
    pools: list[Any] = [*all_pools(), *memory_pools.all()]
    return WeakKeyDictionary({pool: pool.stats() for pool in pools})


def _escapes() -> list[Any]:
    """The lifetimes of the escaped objects, as far as debug mode recorded them."""
    if not _config.current.debug:
        return []
    from pooled._debug import lifetimes  # loaded in debug mode only

    return lifetimes.escapes()


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} of {name}" for name, count in counts.items())


def _places(counts: Counter[str], known: list[str]) -> list[str]:
    """Lines that say where the objects of these pools were taken, or why that is not known."""
    by_place = Counter(known)
    lines = [f"  {count:,} of {place}" for place, count in by_place.most_common(_SHOWN)]
    if len(by_place) > _SHOWN:
        lines.append(f"  and {len(by_place) - _SHOWN:,} more places")
    unknown = counts.total() - len(known)
    if unknown > 0:
        lines.append(f"  {_why_not(counts, unknown)}")
    return lines


def _why_not(counts: Counter[str], unknown: int) -> str:
    """Why the places of this many objects are not known, and how to find them."""
    debug = _config.current.debug
    if counts.keys() <= {pool.name for pool in memory_pools.all()}:
        return "the places where blocks of memory are taken are not recorded"
    if not debug:
        return "set POOLED_DEBUG=1 in the environment of the run to see where they were taken"
    if debug > 1:
        return f"not recorded for {unknown:,}: POOLED_DEBUG={debug} records one take in {debug}; set it to 1"
    return f"unknown for {unknown:,}: freed meanwhile, or a block of memory"


# The functions that `_pooled_pytest` calls.


def check_markers(marked: Iterable[tuple[str, pytest.Mark]]) -> None:
    """Check the markers of tests, given with the names of the tests.

    Raises:
        pytest.UsageError: some are invalid; it names each of the tests.
    """
    faults = []
    for test, mark in marked:
        try:
            Expected.of(mark)
        except pytest.UsageError as error:
            faults.append(f"{test}: {error}")
    if faults:
        raise pytest.UsageError("\n".join(faults))


_CHECKED: Final = pytest.StashKey[tuple[Expected, Watch]]()


def begin_check(item: pytest.Item, mark: pytest.Mark) -> None:
    """Record the statistics at the start of a test."""
    try:
        expected = Expected.of(mark)
    except pytest.UsageError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    item.stash[_CHECKED] = expected, Watch()


def end_check(item: pytest.Item) -> None:
    """Fail a test that passed, but broke the promise of its marker."""
    if _CHECKED not in item.stash:
        return  # the test added the marker while it ran
    expected, watch = item.stash[_CHECKED]
    del item.stash[_CHECKED]
    faults = watch.faults(expected)
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def empty_pools() -> None:
    """Free all parked objects, in all threads."""
    for pool in all_pools():
        pool._store.keep(0)
    pooled.clear()


def report() -> str:
    """The text that `--pooled-report` prints."""
    used = {name: stats for name, stats in pooled.stats().items() if stats.taken or stats.inserted or stats.parked}
    return str(pooled.AllStats(used)) if used else "no objects were taken from a pool"
