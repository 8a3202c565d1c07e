"""The section of the page on the garbage collector: its pauses, and the types of the objects that trigger it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pooled._gc.histogram import BOUNDS, Histogram
from pooled._gc.pauses import pauses_of
from pooled._report.charts import Bars
from pooled._report.tables import bar, cell, table
from pooled._sizes import text_of_seconds

TYPES: Final = 8
"""How many types of young objects are listed."""

_SECONDS: Final = {"total": "seconds", "p50": "p50", "p99": "p99", "longest": "longest"}


def collector(histograms: Sequence[Histogram], young: Mapping[str, int]) -> str:
    """The section in HTML: the pauses by generation, and the young objects by type, the most frequent first."""
    found = {number: each for number, each in enumerate(histograms) if each.count}
    if not histograms:
        body = "<p class=about>No pauses were recorded. Call <code>pooled.record_gc()</code> to record them.</p>"
    elif not found:
        body = "<p class=about>The collector did not run while its pauses were recorded.</p>"
    else:
        body = (
            f"{table('Pauses', 'pauses', ('count', *_SECONDS), _rows(found))}"
            f"<div class='charts collector'>{_bars(found)}{_census(young)}</div>"
        )
    return f"<h2>Garbage collector</h2>{body}"


def _rows(found: Mapping[int, Histogram]) -> dict[str, list[str]]:
    rows = {}
    for number, histogram in found.items():
        pauses = pauses_of(histogram)
        spans = (cell(head, text_of_seconds(getattr(pauses, name))) for head, name in _SECONDS.items())
        rows[f"generation {number}"] = [cell("count", f"{pauses.count:,}"), *spans]
    return rows


def _bars(found: Mapping[int, Histogram]) -> str:
    """A chart of the number of pauses by length."""
    cumulative = [[*each.up_to(), each.count] for each in found.values()]
    last = max(sum(up_to < each[-1] for up_to in each) for each in cumulative)  # the longest pauses are in this bucket
    labels = [*map(text_of_seconds, (bound / 1e9 for bound in BOUNDS)), "longer"][: last + 1]
    series = {
        f"gen{number}": [more - less for less, more in zip((0, *each), each, strict=False)][: last + 1]
        for number, each in zip(found, cumulative, strict=True)
    }
    key = "".join(f"<li><i class=gen{number}></i>generation {number}</li>" for number in found)
    chart = Bars(title="Pauses by length", labels=labels, series=series)
    caption = "Number of pauses by their length, up to"
    return f"<figure><figcaption>{caption}</figcaption>{chart.svg('pauses')}<ul class=key>{key}</ul></figure>"


def _census(young: Mapping[str, int]) -> str:
    """The types of the young objects, each with its share."""
    if not young:
        return ""
    rows = {name: [f"<td class=share data-of=share>{text}</td>"] for name, text in _shares(young)}
    return (
        "<figure><figcaption>Young objects when the collector ran</figcaption>"
        f"{table('Young objects', 'type', ('share',), rows)}</figure>"
    )


def _shares(young: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    total, names = sum(young.values()), list(young)
    counts = [(name, young[name]) for name in names[:TYPES]]
    if names[TYPES:]:
        counts.append(("all others", sum(young[name] for name in names[TYPES:])))
    for name, count in counts:
        yield name, bar(count / total)
