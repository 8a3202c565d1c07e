"""The part of the reports of `run` and `advise` on the garbage collector: its pauses, and what triggers it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Self

from pooled._gc.histogram import Histogram
from pooled._gc.pauses import GcPauses, GcRecording, most_frequent_first, pauses_of
from pooled._sizes import text_of_seconds

if TYPE_CHECKING:
    from pooled._cli.table import Screen

FEW: Final = 20
SHORT: Final = 0.5
"""The text omits the pauses if there were fewer collections, and they took fewer seconds in all."""

LISTED: Final = 5
"""The number of types that the text names."""

LEAST: Final = 0.01
"""The least share of the young objects for which the text names a type."""


class Pauses:
    """The pauses of one process, and what triggered the collector. Those of other processes can be added.

    Attributes:
        histograms: the pauses by generation; empty where nothing was recorded.
        young: the young objects by type.
    """

    def __init__(self, histograms: list[Histogram], young: dict[str, int]) -> None:
        self.histograms, self.young = histograms, young

    @classmethod
    def of(cls, recording: GcRecording | None) -> Self:
        """Those of a recording."""
        return cls([], {}) if recording is None else cls(recording._histograms(), dict(recording.types))

    def part(self) -> dict[str, Any]:
        """The pauses as builtin objects, which another process can add."""
        return {"histograms": [each.asdict() for each in self.histograms], "young": self.young}

    def add(self, part: Mapping[str, Any]) -> None:
        """Add the part of another process."""
        others = [Histogram(**each) for each in part["histograms"]]
        self.histograms = [one + other for one, other in zip(self.histograms, others, strict=True)]
        for name, count in part["young"].items():
            self.young[name] = self.young.get(name, 0) + count

    def facts(self) -> dict[str, Any] | None:
        """The figures for JSON: of all collections, of those of each generation, and the young objects by type."""
        if not self.histograms:
            return None
        pauses = list(map(pauses_of, self.histograms))
        return {
            "collections": [each.count for each in pauses],
            "seconds": sum(each.seconds for each in pauses),
            "pauses": [{**each.asdict(), "histogram": list(_finite(each))} for each in pauses],
            "young": most_frequent_first(self.young),
        }


def is_worth_telling(found: Mapping[str, Any] | None) -> bool:
    """Whether there were enough collections, or long enough ones, for the text to mention them."""
    return found is not None and (sum(found["collections"]) >= FEW or found["seconds"] >= SHORT)


def lines(screen: Screen, found: Mapping[str, Any] | None) -> list[str]:
    """The figures as text, if they are worth telling."""
    if found is None or not is_worth_telling(found):
        return []
    from pooled._cli.table import table  # here, since most runs need none

    head = ("pauses of gc", "count", "total", "p50", "p99", "longest")
    rows = [
        (f"generation {number}", f"{each['count']:,}", *(text_of_seconds(each[name]) for name in _SECONDS))
        for number, each in enumerate(found["pauses"])
        if each["count"]
    ]
    made = [table(screen, head, rows, numbers=range(1, len(head)))]
    if found["young"]:
        made.append(screen.wrap(f"Young objects when the collector ran: {', '.join(_shares(found['young']))}."))
    return made


_SECONDS: Final = ("seconds", "p50", "p99", "longest")


def _finite(pauses: GcPauses) -> Iterator[tuple[float | None, int]]:
    """The histogram with None for infinity, which JSON does not have."""
    for bound, count in pauses.histogram:
        yield None if math.isinf(bound) else bound, count


def _shares(types: Mapping[str, int]) -> Iterator[str]:
    """The most frequent types, and the sum of the others."""
    total = sum(types.values())
    named = [name for name in list(types)[:LISTED] if types[name] / total >= LEAST]
    for name in named:
        yield f"{name} {types[name] / total:.0%}"
    rest = sum(types.values()) - sum(types[name] for name in named)
    if rest:
        yield f"others {max(LEAST, rest / total):.0%}"
