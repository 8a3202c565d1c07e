"""Statistics of a cluster: the statistics that each process sends, and their sum."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import pooled
from pooled._instrument.unmatched import unmatched
from pooled._report.names import shown
from pooled._report.stats import AllStats, table
from pooled._stats import Stats

_RANDOM: Final = os.urandom(8).hex()


class ClusterStats(AllStats):
    """The statistics of all pools of a cluster at one moment. `str()` of this object is a report.

    It maps the names of pools to the sums of their `Stats` over the processes. Pools of the same name count as one.

    Attributes:
        processes: the statistics of each process, by the name of its worker.
        ended: the names of the processes that have ended or did not answer. Their statistics are the last ones that
            they sent.
        notes: a sentence for each class that the configuration names but that is not poolable, with the reason.
    """

    __slots__ = ("ended", "notes", "processes")

    def __init__(
        self, processes: Mapping[str, AllStats], *, ended: Collection[str] = (), notes: Iterable[str] = ()
    ) -> None:
        by_name: dict[str, Stats] = {}
        for pools in processes.values():
            for name, stats in pools.items():
                by_name[name] = by_name.get(name, Stats()) + stats
        super().__init__(by_name)
        self.processes: dict[str, AllStats] = dict(processes)
        self.ended: frozenset[str] = frozenset(ended)
        self.notes: tuple[str, ...] = tuple(notes)

    @property
    def total(self) -> Stats:
        """The statistics of all pools together."""
        return sum(self.values(), Stats())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.processes!r}, ended={sorted(self.ended)!r}, notes={self.notes!r})"

    def __str__(self) -> str:
        count = len(self.processes)
        ended = f", of which {len(self.ended):,} ended" if self.ended else ""
        used = {name: stats for name, stats in self.items() if stats.taken or stats.inserted or stats.parked}
        parts = [
            f"{count:,} process{'' if count == 1 else 'es'}{ended}",
            str(AllStats(used)) if used else "no objects were taken from a pool",
            _processes_table(self.processes, self.ended) if self.processes else "",
            "\n".join(self.notes),
        ]
        return "\n\n".join(filter(None, parts))


def _processes_table(processes: Mapping[str, AllStats], ended: Collection[str]) -> str:
    rows: list[tuple[str, ...]] = [("process", "taken", "hits", "hit rate", "live", "parked")]
    for name, pools in processes.items():
        total = sum(pools.values(), Stats())
        figures = [f"{value:,}" for value in (total.taken, total.hits, total.live, total.parked)]
        figures.insert(2, f"{total.hit_rate:.1%}" if total.taken else "")
        rows.append((shown(name) + (" (ended)" if name in ended else ""), *figures))
    return table(rows)


def process_token() -> str:
    """A name for this process that no other process of the cluster has, also after a fork."""
    return f"{socket.gethostname()}:{os.getpid()}:{_RANDOM}"


def process_stats(instrumented: Iterable[str]) -> dict[str, Any]:
    """The statistics of this process as builtin objects, which any transport can carry.

    Args:
        instrumented: the targets of the classes that were to be made poolable.
    """
    pools = {name: stats.asdict() for name, stats in pooled.stats().items()}
    return {"process": process_token(), "pools": pools, "notes": [*unmatched(instrumented), *_left_out()]}


def _left_out() -> list[str]:
    """Why classes are not poolable although all classes of their module were named."""
    used = sys.modules.get("pooled._instrument.whole_module")
    return [f"not poolable: {target}: {reason}" for target, reason in used.left_out.items()] if used else []


def added_up(answers: Iterable[tuple[str, Mapping[str, Any], bool]]) -> ClusterStats:
    """Add up the statistics that processes sent.

    Args:
        answers: for each worker, its name, the result of `process_stats` there, and whether its process has ended. If
            two workers share a process, it counts once, under the first name.
    """
    processes: dict[str, AllStats] = {}
    ended: set[str] = set()
    notes: dict[str, None] = {}
    tokens: set[str] = set()
    for worker, sent, has_ended in answers:
        if sent["process"] in tokens:
            continue
        tokens.add(sent["process"])
        name = worker if worker not in processes else f"{worker} ({sent['process']})"
        processes[name] = AllStats({pool: Stats(**counts) for pool, counts in sent["pools"].items()})
        notes.update(dict.fromkeys(sent["notes"]))
        if has_ended:
            ended.add(name)
    return ClusterStats(processes, ended=ended, notes=notes)
