"""The page of a report: the pools, how often they had what was asked for, and what was parked and live over time.

One file: its style and its charts are in it, nothing comes from the network, and no script runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from pooled import _engine
from pooled._charts import chart
from pooled._sampling import Sample
from pooled._stats import Stats

CHARTED: Final = 12
"""How many pools have a chart: those that handed out most."""

_STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --ink: #1f2328; --soft: #656d76; --line: #d8dee4; --fill: #f6f8fa;
  --ours: #0969da; --other: #bf8700; }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --ink: #e6edf3; --soft: #8d96a0; --line: #30363d;
  --fill: #161b22; --ours: #58a6ff; --other: #d29922; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
.about { color: var(--soft); margin: .5rem 0 1.75rem; font-size: .9rem; }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0; }
dl div { background: var(--fill); border: 1px solid var(--line); border-radius: 8px; padding: .7rem 1.1rem;
  min-width: 9rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .45rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; background: var(--fill); }
tbody tr:last-child th, tbody tr:last-child td { border-bottom: 0; }
th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 11rem; }
tbody th { color: var(--ink); font-weight: 500; background: none; }
.rate { display: inline-block; width: 5rem; height: .5rem; margin-right: .6rem; border-radius: 4px;
  background: var(--line); overflow: hidden; vertical-align: middle; }
.rate i { display: block; height: 100%; background: var(--ours); }
.zero { color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem .5rem; }
figcaption { font-weight: 600; font-size: .9rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 10px; }
svg .axis { stroke: var(--line); } svg path { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
svg .parked { stroke: var(--ours); } svg .live { stroke: var(--other); }
.key { color: var(--soft); font-size: .9rem; } .key b { font-weight: 600; } .key .p { color: var(--ours); }
.key .l { color: var(--other); }
@media (max-width: 40rem) { .charts { grid-template-columns: 1fr; } }
"""

_COLUMNS: Final = (
    *("taken", "hits", "misses", "live", "parked"),
    *("recycled", "discarded", "escaped", "collected", "detached"),
)

_REASONS: Final = ("discarded_full", "discarded_large", "discarded_error", "discarded_refused")


def page(pools: Mapping[str, Stats], samples: Sequence[Sample]) -> str:
    """The page, in HTML."""
    total = sum(pools.values(), Stats())
    used = {name: stats for name, stats in pools.items() if stats.taken or stats.parked}
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    about = f"{now}; engine {_engine.name}, Python {sys.version.split()[0]}; {len(pools)} pools"
    body = [
        f"<h1>What the pools did</h1><p class=about>{escape(about)}</p>",
        _summary(total),
        f"<h2>Pools</h2><div class=wide>{_table(used)}</div>{_unused(pools.keys() - used)}",
        _charts(used, samples),
    ]
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1"><title>pooled: what the pools did</title>'
        f"<link rel=icon href=data:,><style>{_STYLE}</style></head>\n<body><main>\n" + "\n".join(body)
    ) + "\n</main></body></html>\n"


def _summary(total: Stats) -> str:
    tiles = {
        "handed out": f"{total.taken:,}",
        "from a pool": f"{total.hit_rate:.1%}",
        "live": f"{total.live:,}",
        "parked": f"{total.parked:,}",
        "discarded": f"{total.discarded:,}",
    }
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles.items()) + "</dl>"


def _table(pools: Mapping[str, Stats]) -> str:
    head = "".join(f"<th scope=col>{name}</th>" for name in ("pool", "hit rate", *_COLUMNS))
    ordered = sorted(pools.items(), key=lambda item: -item[1].taken)
    rows = "\n".join(f"<tr>{''.join(_cells(name, stats))}</tr>" for name, stats in ordered)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"


def _unused(names: Iterable[str]) -> str:
    """The pools that nothing came from."""
    listed = ", ".join(map(escape, sorted(names)))
    return f"<p class=about>Nothing came from: {listed}</p>" if listed else ""


def _cells(name: str, stats: Stats) -> Iterable[str]:
    yield f"<th scope=row>{escape(name)}</th>"
    share = stats.hit_rate
    yield (
        f'<td><span class=rate><i style="width:{share:.1%}"></i></span>{share:.1%}</td>' if stats.taken else "<td></td>"
    )
    for column in _COLUMNS:
        value = getattr(stats, column)
        why = ""
        if column == "discarded" and value:
            parts = {reason.removeprefix("discarded_"): getattr(stats, reason) for reason in _REASONS}
            said = ", ".join(f"{reason} {count:,}" for reason, count in parts.items() if count)
            why = f' title="{said}"'
        yield f"<td{why}>{value:,}</td>" if value else "<td class=zero>0</td>"


def _charts(pools: Mapping[str, Stats], samples: Sequence[Sample]) -> str:
    if len(samples) < 2:
        return (
            "<h2>Over time</h2><p class=about>Nothing was sampled: <code>pooled.sample(interval)</code> does that.</p>"
        )
    most = sorted(pools, key=lambda name: -pools[name].taken)[:CHARTED]
    drawn = [figure for name in most if (figure := _figure(name, samples))]
    key = "<p class=key><b class=p>parked</b> and <b class=l>live</b> objects, by seconds since the sampling began</p>"
    return f"<h2>Over time</h2>{key}<div class=charts>" + "\n".join(drawn) + "</div>"


def _figure(name: str, samples: Sequence[Sample]) -> str:
    """A chart of one pool; empty where it was not there to be seen twice."""
    seen = [(sample.seconds, sample.pools[name]) for sample in samples if name in sample.pools]
    if len(seen) < 2:
        return ""
    seconds = [at for at, _ in seen]
    series = {"parked": [stats.parked for _, stats in seen], "live": [stats.live for _, stats in seen]}
    return f"<figure><figcaption>{escape(name)}</figcaption>{chart(name, seconds, series)}</figure>"
