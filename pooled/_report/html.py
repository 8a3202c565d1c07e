"""The HTML page of a report: a table of the pools, their hit rates, and charts of parked and live objects over time.

The page is one file with its style and charts. It loads nothing from the network and runs no script.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from pooled import _engine
from pooled._report.charts import Chart
from pooled._report.names import shown
from pooled._report.sampling import Sample, lifetimes
from pooled._report.stats import columns_for
from pooled._report.tables import bar, cell, name_in_html, table
from pooled._sizes import text_of_seconds
from pooled._stats import Stats

CHARTED: Final = 12
"""How many pools have a chart: those with the most takes."""

DENSE: Final = 80
"""A table whose numbers take more characters side by side gets smaller letters, so that it fits 1,200 pixels."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

# The contrast to the background is at least 4.5 for text, and at least 3 for lines.
_STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --fill: #f6f8fa;
  --parked: #0969da; --live: #b34700; --third: #8250df; }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #30363d;
  --fill: #161b22; --parked: #58a6ff; --live: #f0883e; --third: #bc8cff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
.about { color: var(--soft); margin: .5rem 0 .75rem; font-size: .9rem; overflow-wrap: anywhere; }
h1 + .about { margin-bottom: 1.75rem; }
code { font: .95em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 0; }
.tiles div { background: var(--fill); border: 1px solid var(--line); border-radius: 8px; padding: .7rem 1.1rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
.wide:focus-visible { outline: 2px solid var(--parked); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .45rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; background: var(--fill); }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 9rem; padding-left: 1rem; }
@media screen and (min-width: 72.01rem) {
  .dense { font-size: .78rem; } .dense :is(th, td):not(:first-child, :last-child) { padding: .4rem .3rem; }
  .dense .rate { display: none; }
}
td:last-child, th:last-child { padding-right: 1rem; }
tbody th { color: var(--ink); font-weight: 500; background: none; }
.rate { display: inline-block; width: 4rem; height: .5rem; margin-right: .6rem; border-radius: 4px;
  background: var(--line); overflow: hidden; vertical-align: middle; }
.rate i { display: block; height: 100%; background: var(--parked); }
.part { display: inline-block; min-width: 3.4em; text-align: right; }
.zero { color: var(--soft); }
.why { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .75rem 0 0; font-size: .9rem; }
.why dt { font-weight: 600; } .why dd { margin: 0; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem .6rem; min-width: 0;
  display: flex; flex-direction: column; break-inside: avoid; }
figcaption { font-weight: 600; font-size: .9rem; overflow-wrap: anywhere; margin-bottom: .4rem; }
svg { width: 100%; height: auto; display: block; margin-top: auto; } svg text { fill: var(--soft); font-size: 10.5px; }
svg .axis { stroke: var(--line); } svg path { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
svg .parked { stroke: var(--parked); } svg .live { stroke: var(--live); }
svg .area { stroke: none; fill: var(--parked); fill-opacity: .16; }
.key { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; margin: .35rem 0 0; padding: 0; list-style: none;
  font-size: .85rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.key b { color: var(--ink); font-weight: 600; }
.key i { display: inline-block; width: 1.1rem; margin-right: .45rem; vertical-align: middle; }
.key .parked { height: .6rem; border-top: 2px solid var(--parked);
  background: color-mix(in srgb, var(--parked) 16%, transparent); }
.key .live { border-top: 2px solid var(--live); }
.gen0 { fill: var(--parked); background: var(--parked); } .gen1 { fill: var(--live); background: var(--live); }
.gen2 { fill: var(--third); background: var(--third); } .key :is(.gen0, .gen1, .gen2) { height: .6rem; }
.collector { margin-top: 1rem; } figure .wide { border: 0; } figure table { font-size: .85rem; }
figure :is(th, td) { padding: .15rem 0; border: 0; } figure thead { display: none; }
figure :is(tbody th, td:last-child) { padding: .15rem 0; min-width: 0; }
@media screen and (max-width: 48rem) {
  main { padding: 1.5rem 1rem 3rem; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); } .tiles dd { font-size: 1.25rem; }
  .charts { grid-template-columns: 1fr; } svg text { font-size: 14px; }
}
@media screen and (max-width: 72rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .wide { position: relative; overflow: hidden; } table, tbody { display: block; }
  tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; padding: .6rem 1rem;
    border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody th:first-child, tbody td, tbody td:last-child { display: flex; justify-content: space-between; min-width: 0;
    padding: .1rem 0; border: 0; }
  tbody th:first-child, td.share { grid-column: 1 / -1; } tbody th:first-child { display: block; font-weight: 600; }
  td::before { content: attr(data-of); color: var(--soft); }
  figure tbody tr { display: flex; justify-content: space-between; padding: 0; border: 0; }
  figure td { flex: none; } figure td::before { content: none; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --ink: #000; --soft: #454c54; --line: #c4ccd3; --fill: #fff;
    --parked: #0969da; --live: #b34700; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; } .wide { overflow: visible; } tr { break-inside: avoid; }
  table { font-size: 7pt; } th, td { padding: .25rem .2rem; } th:first-child { min-width: 6.5rem; }
  .tiles { grid-template-columns: repeat(5, 1fr); }
  .rate { display: none; } .charts { grid-template-columns: 1fr 1fr; } h2 { break-after: avoid; }
}
"""

_COLUMNS: Final = (
    *("taken", "hits", "misses", "inserted", "live", "parked"),
    *("recycled", "discarded", "escaped", "collected", "detached"),
)

_REASONS: Final[Mapping[str, str]] = {  # in HTML
    "full": "the pool was full: it already had <code>max</code> parked objects",
    "large": "the capacity of the object was above <code>max_cap</code>",
    "error": "<code>__init__</code>, <code>reset</code> or <code>capacity</code> raised an exception",
    "refused": "<code>reset</code> returned False, or the object could not be emptied",
}


def page(pools: Mapping[str, Stats], samples: Sequence[Sample], collector: str = "") -> str:
    """The page in HTML, with this section on the collector. It can be encoded as UTF-8, even if a pool name cannot."""
    used = {name: pools[name] for name in sorted(pools, key=lambda name: -pools[name].taken) if _did(pools[name])}
    counted = "1 pool" if len(pools) == 1 else f"{len(pools):,} pools"
    now = time.strftime("%Y-%m-%d %H:%M:%S %z")
    about = f"{now}; engine {_engine.name}, Python {sys.version.split()[0]}; {counted}"
    body = [
        f"<h1>Pool report</h1><p class=about>{escape(about)}</p>",
        _summary(sum(pools.values(), Stats())),
        f"<h2>Pools</h2>{_pools(used)}{_unused(pools.keys() - used)}",
        _discards(used),
        collector,
        f"<h2>Over time</h2>{_charts(used, samples)}",
    ]
    return (
        f"<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta http-equiv=Content-Security-Policy "
        f'content="{_POLICY}"><meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>pooled: pool report</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(filter(None, body))
        + "\n</main></body></html>\n"
    )


def _did(stats: Stats) -> bool:
    return bool(stats.taken or stats.inserted or stats.parked)


def _summary(total: Stats) -> str:
    tiles = {
        "handed out": f"{total.taken:,}",
        "from a pool": f"{total.hit_rate:.1%}" if total.taken else "\N{EN DASH}",
        "live": f"{total.live:,}",
        "parked": f"{total.parked:,}",
        "discarded": f"{total.discarded:,}",
    }
    shown_tiles = (f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles.items())
    return f"<dl class=tiles>{''.join(shown_tiles)}</dl>"


def _pools(pools: Mapping[str, Stats]) -> str:
    if not pools:
        return "<p class=about>No objects were taken from a pool.</p>"
    columns = columns_for(_COLUMNS, pools)
    texts = [[column, *(f"{getattr(stats, column):,}" for stats in pools.values())] for column in columns]
    dense = sum(max(map(len, column)) for column in texts) > DENSE
    rows = {name: _cells(stats, columns) for name, stats in pools.items()}
    return table("Pools", "pool", ("hit rate", *columns), rows, dense=dense)


def _cells(stats: Stats, columns: Sequence[str]) -> Iterable[str]:
    yield f'<td class=share data-of="hit rate">{bar(stats.hit_rate) if stats.taken else ""}</td>'
    for column in columns:
        yield cell(column, f"{getattr(stats, column):,}")


def _unused(names: Iterable[str]) -> str:
    """The list of pools without takes."""
    listed = ", ".join(map(name_in_html, sorted(names)))
    return f"<p class=about>Pools without takes: {listed}</p>" if listed else ""


def _discards(pools: Mapping[str, Stats]) -> str:
    """The reasons why objects were discarded, for the pools that discarded any."""
    rows = {
        name: [cell(reason, f"{getattr(stats, f'discarded_{reason}'):,}") for reason in _REASONS]
        for name, stats in pools.items()
        if stats.discarded
    }
    if not rows:
        return ""
    why = "".join(f"<dt>{reason}</dt><dd>{text}</dd>" for reason, text in _REASONS.items())
    return f"<h2>Why objects were discarded</h2>{table('Discards', 'pool', _REASONS, rows)}<dl class=why>{why}</dl>"


def _charts(pools: Mapping[str, Stats], samples: Sequence[Sample]) -> str:
    if len(samples) == 1:
        return "<p class=about>Only one sample was taken so far; a chart needs two.</p>"
    if not samples:
        return "<p class=about>No samples were taken. Call <code>pooled.sample(interval)</code> to take them.</p>"
    lived = lifetimes(samples)
    figures = (_figure(number, name, samples, lived.get(name)) for number, name in enumerate(list(pools)[:CHARTED]))
    drawn = list(filter(None, figures))
    if not drawn:
        return "<p class=about>None of these pools existed when samples were taken.</p>"
    which = f", for the {CHARTED} pools with the most takes" if len(pools) > CHARTED else ""
    about = f"<p class=about>Parked and live objects over the time since the sampling began{which}.</p>"
    return f"{about}<div class=charts>" + "\n".join(drawn) + "</div>"


def _figure(number: int, name: str, samples: Sequence[Sample], lifetime: float | None) -> str:
    """The chart of a pool, with the mean lifetime of its objects in seconds; empty if it has fewer than two samples."""
    seen = [(sample.seconds, sample.pools[name]) for sample in samples if name in sample.pools]
    if len(seen) < 2:
        return ""
    chart = Chart(
        title=shown(name),
        seconds=[at for at, _ in seen],
        series={"parked": [stats.parked for _, stats in seen], "live": [stats.live for _, stats in seen]},
        span=(samples[0].seconds, samples[-1].seconds),
    )
    key = "".join(
        f"<li><i class={series}></i><b>{series}</b> {counts[-1]:,} at the end, {max(counts):,} at most</li>"
        for series, counts in chart.series.items()
    )
    if lifetime is not None:
        key += f"<li><b>lifetime</b> about {text_of_seconds(lifetime)} on average</li>"
    return (
        f"<figure><figcaption>{name_in_html(name)}</figcaption>{chart.svg(f'chart-{number}')}"
        f"<ul class=key>{key}</ul></figure>"
    )
