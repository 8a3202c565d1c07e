"""The counts of the pools and of the collector in one process, for the report of `run`, and their sum."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pooled
from pooled import _config
from pooled._cli.gc_report import Pauses
from pooled._gc.pauses import IS_UNSEEN, record_gc
from pooled._record import Record
from pooled._stats import ARRIVALS, COUNTERS, Stats

_MAIN: Final = "__mp_main__:"
"""The name that multiprocessing gives the main module in a spawned process."""


class PoolCounts:
    """Counts of the pools and of the collector of this process since `begin`."""

    def __init__(self) -> None:
        self._start: Mapping[str, Stats] = {}
        # A program can detect a recorder that is written in Python.
        self._recording = record_gc() if IS_UNSEEN else None

    def stop(self) -> None:
        """Stop recording pauses."""
        if self._recording is not None:
            self._recording.stop()

    def pauses(self) -> Pauses:
        """The pauses of the collector."""
        return Pauses.of(self._recording)

    def prepare(self) -> None:
        """Import what the other methods need."""
        pooled.stats  # noqa: B018 (it is imported by its first use)

    def begin(self) -> None:
        """Count from now on. The earlier counts belong to the parent of a forked child."""
        self._start = pooled.stats()
        if self._recording is not None:
            self._recording._clear()
        unmatched = sys.modules.get("pooled._instrument.unmatched")
        if unmatched is not None:
            unmatched.warn_no_more()

    def part(self, *, at_end: bool) -> dict[str, Any]:
        """The counts, as builtin objects."""
        del at_end
        now = pooled.stats()
        pools = {name: _since(stats, self._start.get(name)) for name, stats in now.items()}
        return {
            "pools": {name.replace(_MAIN, "__main__:"): each.asdict() for name, each in pools.items() if is_used(each)},
            "matched": sorted(_config.current.matched),
            "refused": dict(_config.current.refused),
            "left_out": left_out(),
            "pauses": self.pauses().part(),
        }


def is_used(stats: Stats) -> bool:
    """Whether a pool has handed out, got or parked an object."""
    return bool(stats.taken or stats.inserted or stats.parked)


def left_out() -> dict[str, str]:
    """Why classes of modules that were named as a whole are not poolable in this process, by target."""
    used = sys.modules.get("pooled._instrument.whole_module")
    return dict(used.left_out) if used else {}


def _since(now: Stats, start: Stats | None) -> Stats:
    """The difference of two counts. Objects from before that were dropped since do not count."""
    if start is None:
        return now
    counts = {name: getattr(now, name) - getattr(start, name) for name in COUNTERS}
    ends = COUNTERS[len(ARRIVALS) :]
    inherited = sum(counts[name] for name in ends) - sum(counts[name] for name in ARRIVALS)
    for name in ends:
        less = min(max(inherited, 0), counts[name])
        counts[name] -= less
        inherited -= less
    return Stats(**counts, parked=now.parked)


class Total(Record):
    """The statistics of the pools of all processes of a program.

    Attributes:
        processes: the number of processes, with the first.
        cut_off: the number of these that were killed or still run.
        pools: the statistics of the pools that were used, by name.
        left_out: why classes of modules that were named as a whole are not poolable, by target.
        pauses: the pauses of the collector.
    """

    processes: int
    cut_off: int
    pools: Mapping[str, Stats]
    left_out: Mapping[str, str]
    pauses: Pauses


def total_of(own: PoolCounts, parts: Iterable[Mapping[str, Any]], idle: int) -> Total:
    """Add the parts of other processes to the counts of this one, and the names that matched to the configuration.

    Args:
        own: the counts of this process.
        parts: the parts.
        idle: the number of processes that counted nothing.
    """
    pools = {name: stats for name, stats in pooled.stats().items() if is_used(stats)}
    processes, cut_off, others = 1 + idle, 0, left_out()
    pauses = own.pauses()
    for part in parts:
        processes += 1
        cut_off += not part["ended"]
        counts = part["counts"]
        for name, stats in counts["pools"].items():
            pools[name] = pools.get(name, Stats()) + Stats(**stats)
        _config.current.matched.update(counts["matched"])
        _config.current.refused.update(counts["refused"])
        others.update(counts["left_out"])
        pauses.add(counts["pauses"])
    return Total(processes=processes, cut_off=cut_off, pools=pools, left_out=others, pauses=pauses)
