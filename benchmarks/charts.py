"""Draw the charts of the documentation, and write its tables, from a file of `python -m benchmarks --json FILE`.

`python -m benchmarks.charts FILE [--into FOLDER] [--only CHART] [--suffix TEXT]`. From a page of tables that it wrote,
FILE.md, it draws the charts again. It needs matplotlib, which the extra `benchmarks` has.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes

from benchmarks._drawing import Draw, Look, bars, chart, grouped, lines
from benchmarks._page import page, read

INTO: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]


def table(tables: Tables, beginning: str) -> Rows:
    """The rows of the table whose title begins with this; none if it was not run."""
    return next((rows for title, rows in tables.items() if title.startswith(beginning)), [])


def against(rows: Rows, beginning: str) -> dict[str, dict[str, Any]]:
    """The rows whose case begins with this, by the words after `against`."""
    return {row["case"].partition(", against ")[2]: row for row in rows if row["case"].startswith(beginning)}


def number(case: str) -> float:
    """The first number in the name of a case."""
    found = re.search(r"\d[\d,]*", case)
    if found is None:
        raise ValueError(f"{case}: expected a number in the name of the case")
    return float(found[0].replace(",", ""))


def whole_programs(axes: Axes, look: Look, tables: Tables) -> None:
    """How much faster each workload is."""
    figures = {}
    for title, rows in tables.items():
        if title.startswith("workload: "):
            name = title.removeprefix("workload: ").partition(",")[0].replace("_", " ")
            figures[name] = against(rows, "mean")["not pooled"]["ratio"]
    bars(
        axes, look, dict(sorted(figures.items(), key=lambda item: -item[1])), "{:.2f} \N{MULTIPLICATION SIGN}", ours=""
    )
    axes.axvline(1.0, color=look.ink, linewidth=0.8, linestyle=":")
    axes.set_title("With pools: how many times as fast")
    axes.set_xlabel("mean time of an operation, not pooled / pooled")


def latencies(axes: Axes, look: Look, tables: Tables) -> None:
    """The times of the server's answers, with and without pools, by percentile."""
    rows = {
        row["case"].partition(",")[0]: row
        for row in table(tables, "workload: server")
        if row["case"].endswith("against not pooled")
    }
    series = {
        "pooled": [row["pooled"] for row in rows.values()],
        "not pooled": [row["other"] for row in rows.values()],
    }
    grouped(axes, look, list(rows), series, "{:.3g}")
    axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.set_title("A server with 2,000,000 long-lived objects: its slow answers are gone")
    axes.set_ylabel("time of an answer (ms, logarithmic)")


def settings(axes: Axes, look: Look, tables: Tables) -> None:
    """The server's mean with pools, against settings of the collector."""
    means = against(table(tables, "workload: server"), "mean")
    figures = {"pooled": next(iter(means.values()))["pooled"]}
    for name, row in means.items():
        memory = row["details"]["other"]["peak bytes"] / (1 << 20)
        figures[f"{name} ({memory:,.0f} MiB)"] = row["other"]
    memory = means["not pooled"]["details"]["pooled"]["peak bytes"] / (1 << 20)
    bars(axes, look, {f"pooled ({memory:,.0f} MiB)": figures.pop("pooled"), **figures}, "{:.2f} ms")
    axes.set_title("The same server, and what people do about the collector")
    axes.set_xlabel("mean time of an answer (ms); in brackets, the peak of resident memory")


def schedulers(axes: Axes, look: Look, tables: Tables) -> None:
    """The scheduler's steps, with `pooled` and with hand-made pools."""
    means = against(table(tables, "workload: scheduler"), "mean")
    plain = {name: row for name, row in means.items() if not name.startswith("gc.")}
    figures = {"pooled": 1e3 / plain["not pooled"]["pooled"]}
    figures.update({name: 1e3 / row["other"] for name, row in plain.items()})
    bars(axes, look, figures, "{:,.0f}")
    axes.set_title("A batch scheduler, with pools and with pools by hand")
    axes.set_xlabel("steps a second")


def peers(axes: Axes, look: Look, tables: Tables) -> None:
    """The cost of a take and a return with each of the peers."""
    rows = table(tables, "peers: a small object")
    figures = {"pooled": rows[0]["pooled"], **{row["case"]: row["other"] for row in rows}}
    bars(axes, look, dict(sorted(figures.items(), key=lambda item: item[1])), "{:,.0f} ns")
    axes.set_xscale("log")
    axes.margins(x=0.2)
    axes.set_title("One small object, taken, set and given back")
    axes.set_xlabel("processor time (ns, logarithmic)")


def sizes(axes: Axes, look: Look, tables: Tables) -> None:
    """Containers of many sizes, made, filled and dropped."""
    series: dict[str, tuple[list[float], list[float]]] = {}
    for row in [*table(tables, "the grid: "), *table(tables, "the grid, large")]:
        name, _, _ = row["case"].partition(",")
        if name.startswith("local"):
            xs, ys = series.setdefault(name.removeprefix("local "), ([], []))
            xs.append(number(row["case"]))
            ys.append(row["ratio"])
    lines(axes, look, series)
    axes.axhline(1.0, color=look.ink, linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_title("Containers made, filled and dropped: how many times as fast")
    axes.set_xlabel("elements, or bytes, put into each (logarithmic)")
    axes.set_ylabel("stock type / pooled")


def growth(axes: Axes, look: Look, tables: Tables, title: str, message: str, unit: str) -> None:
    """How the cost of a take and a drop grows with something."""
    rows = table(tables, title)
    counts = [number(row["case"]) for row in rows]
    series = {side: [row[figure] for row in rows] for side, figure in (("pooled", "pooled"), ("not pooled", "other"))}
    lines(axes, look, {side: (counts, values) for side, values in series.items()})
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_title(message)
    axes.set_xlabel(f"{unit} (logarithmic)")
    axes.set_ylabel("processor time of a take and a drop (ns)")


def instructions(axes: Axes, look: Look, tables: Tables) -> None:
    """Instructions of a take and a drop."""
    rows = table(tables, "instructions")
    groups = [row["case"].replace(", against ", "\nagainst ").replace(" against ", "\nagainst ") for row in rows]
    series = {"pooled": [row["pooled"] for row in rows], "not pooled": [row["other"] for row in rows]}
    grouped(axes, look, groups, series, "{:,.0f}")
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title("What the processor has to do to make an object and to drop it")
    axes.set_ylabel("instructions")


def arrays(axes: Axes, look: Look, tables: Tables) -> None:
    """How much faster programs with NumPy are, unchanged."""
    figures = {row["case"]: row["ratio"] for row in table(tables, "arrays: programs")}
    figures.update(
        {
            f"np.sqrt(a * b + a) - b, {row['case'].partition(',')[0]}": row["ratio"]
            for row in table(tables, "arrays: an expression")
            if row["case"].endswith("fresh process")
        }
    )
    figures.pop("geometric mean", None)
    ratios = dict(sorted(figures.items(), key=lambda item: -item[1]))
    bars(axes, look, ratios, "{:.2f} \N{MULTIPLICATION SIGN}", ours="")
    axes.axvline(1.0, color=look.ink, linewidth=0.8, linestyle=":")
    axes.set_title("Unchanged NumPy code: how many times as fast")
    axes.set_xlabel("processor time of a step, not pooled / pooled")


def calls(axes: Axes, look: Look, tables: Tables) -> None:
    """How much faster calls of ordinary classes are."""
    ratios: dict[str, dict[str, float]] = {}
    for row in table(tables, "construction: calls"):
        name, _, how = row["case"].partition(": ")
        ratios.setdefault(name, {})[how] = row["ratio"]
    shown = ("positional", "keywords", "50,000 alive", "all misses")
    names = [name.replace(", ", "\n").replace(" and ", "\nand ").replace(" ", "\n", 1) for name in ratios]
    grouped(axes, look, names, {how: [each[how] for each in ratios.values()] for how in shown}, "{:.1f}")
    axes.tick_params(axis="x", labelsize=7)
    axes.margins(y=0.15)
    axes.axhline(1.0, color=look.ink, linewidth=0.8, linestyle=":")
    axes.set_title("A call of a poolable class: how many times as fast as without a pool")
    axes.set_ylabel("not pooled / pooled")


CHARTS: Final[dict[str, tuple[str, Any, float]]] = {
    "whole-programs": ("workload: ", whole_programs, 4.0),
    "server-latencies": ("workload: server", latencies, 4.0),
    "server-settings": ("workload: server", settings, 3.2),
    "scheduler": ("workload: scheduler", schedulers, 3.2),
    "peers": ("peers: a small object", peers, 3.6),
    "sizes": ("the grid: ", sizes, 4.0),
    "growth-live": (
        "growth: objects",
        partial(
            growth,
            title="growth: objects",
            message="The cost is the same with a million live objects",
            unit="live objects",
        ),
        3.6,
    ),
    "growth-classes": (
        "growth: poolable classes",
        partial(
            growth,
            title="growth: poolable classes",
            message="With a thousand classes in turn, pools no longer fit the processor's caches",
            unit="classes that are used in turn",
        ),
        3.6,
    ),
    "growth-threads": (
        "growth: threads",
        partial(
            growth, title="growth: threads", message="The cost is the same with more threads", unit="threads at once"
        ),
        3.6,
    ),
    "instructions": ("instructions", instructions, 4.0),
    "arrays": ("arrays: programs", arrays, 4.4),
    "construction": ("construction: calls", calls, 4.4),
}
"""The charts by name: the table that each needs, the function that draws it, and its height in inches."""

WIDTHS: Final = {"whole-programs": 5.2}
"""The widths that differ from the default. The chart of the README has to be readable on a phone."""


def draw_all(tables: Tables, folder: Path, only: str = "", suffix: str = "") -> Iterator[Path]:
    """Draw each chart whose table was run and whose name contains `only`; yield the files, named with the suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (needs, draw, height) in CHARTS.items():
        if only in name and table(tables, needs):
            drawn: Draw = partial(draw, tables=tables)
            yield from chart(folder, name + suffix, drawn, height=height, width=WIDTHS.get(name, 8.0))


def main() -> None:
    """Draw the charts that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.charts", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("figures", type=Path, metavar="FILE", help="a file of `--json FILE`, or a page of its tables")
    parser.add_argument("--into", type=Path, default=INTO, metavar="FOLDER", help="(default: docs/benchmarks)")
    parser.add_argument("--only", default="", metavar="CHART", help="only the charts with this in their names")
    parser.add_argument("--suffix", default="", metavar="TEXT", help="a suffix for the names of the files")
    chosen = parser.parse_args()
    try:
        written = chosen.figures.read_text("utf-8")
        from_page = chosen.figures.suffix == ".md"
        about = read(written) if from_page else json.loads(written)
        text = page(about)
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{chosen.figures}: expected what --json wrote; {type(error).__name__}: {error}")
    for file in draw_all(about["tables"], chosen.into, chosen.only, chosen.suffix):
        print(file)
    if not from_page:
        tables = chosen.into / f"figures{chosen.suffix}.md"
        tables.write_text(text, "utf-8")
        print(tables)


if __name__ == "__main__":
    main()
