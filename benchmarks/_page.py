"""The figures of a run as a page of tables for the documentation. Such a page can be read back."""

from __future__ import annotations

import re
from typing import Any, Final

ALL: Final = "python -m benchmarks"
"""The command that runs every table."""

_UNIT: Final = re.compile(r"\((\w+)\)")

_MEMORY: Final = re.compile(r"(\d+) -> (\d+) MiB")
"""The peaks of memory in a note, not pooled and pooled."""


def page(about: dict[str, Any]) -> str:
    """Return a Markdown page with the figures that `--json` wrote."""
    which = "All figures" if about["command"] == ALL else f"Figures of {about['command'].removeprefix(ALL).strip()}"
    lines = [
        f"# {which}, Python {about['python'].split()[0]}",
        "",
        f"{about['date']}; engine {about['engine']}; {about['machine']};",
        f"`{about['command']}`.",
        "",
        "A ratio is not pooled / pooled, the median over pairs that were run in turn: above 1, the pooled one is",
        "faster, or smaller. In brackets: the first and the third quartile.",
    ]
    for title, rows in about["tables"].items():
        lines += ["", f"## {title[0].upper()}{title[1:]}", "", *table(rows)]
    return "\n".join(lines) + "\n"


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The lines of a table."""
    unit = {row["unit"] for row in rows}
    named = f" ({unit.pop()})" if len(unit) == 1 else ""
    head = f"| case | pooled{named} | not pooled{named} | ratio | aim | |"
    return [head, "|---|--:|--:|--:|--:|---|", *(line(row, named=bool(named)) for row in rows)]


def line(row: dict[str, Any], *, named: bool) -> str:
    """A row, with its unit if the head of the table does not have it."""
    unit = "" if named else f" {row['unit']}"
    decimals = 2 if row["unit"] == "ms" else 0
    figures = (f"{row[side]:,.{decimals}f}{unit}" for side in ("pooled", "other"))
    ratio = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    aim = "" if row["wanted"] is None else f"{row['wanted']:.2f}{' (missed)' if row['ratio'] < row['wanted'] else ''}"
    return f"| {' | '.join((row['case'], *figures, ratio, aim, row['note']))} |"


def read(text: str) -> dict[str, Any]:
    """Return the figures of a page as `--json` writes them: rounded, and without details except the peak of memory.

    Raises:
        ValueError: the text is not a page of `page`.
    """
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    about = re.search(r"^# .*, Python (\S+)\n\n(\S+); engine (\w+); (.*);\n`(.*)`\.$", head, re.MULTILINE)
    if about is None:
        raise ValueError("expected a page that python -m benchmarks.charts wrote")
    tables = {}
    for section in sections:
        title, *lines = section.strip().splitlines()
        names, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line]
        unit = _UNIT.search(names[1])
        tables[title[0].lower() + title[1:]] = [_row(cells, unit[1] if unit else None) for cells in rows]
    keys = ("python", "date", "engine", "machine", "command")
    return {**dict(zip(keys, about.groups(), strict=True)), "tables": tables}


def _row(cells: list[str], unit: str | None) -> dict[str, Any]:
    """Return a row of a table. Its figures are in this unit; for None, each figure names its own."""
    case, ours, theirs, ratios, aim, note = cells
    ratio, low, high = map(float, re.findall(r"[\d.]+", ratios))
    (pooled, own), (other, _) = ((float(each[0].replace(",", "")), each[1:]) for each in (ours.split(), theirs.split()))
    memory = _MEMORY.search(note)
    peaks = [{"peak bytes": int(size) << 20} for size in memory.groups()] if memory else []
    return {
        "case": case,
        "pooled": pooled,
        "other": other,
        "ratio": ratio,
        "low": low,
        "high": high,
        "wanted": float(aim.split()[0]) if aim else None,
        "note": note,
        "unit": unit or own[0],
        "details": dict(zip(("other", "pooled"), peaks, strict=False)),
    }
