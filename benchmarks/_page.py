"""All figures of a run as a page of tables, for the documentation."""

from __future__ import annotations

from typing import Any


def page(about: dict[str, Any]) -> str:
    """A page in Markdown of what `--json` wrote."""
    lines = [
        f"# All figures, Python {about['python'].split()[0]}",
        "",
        f"{about['date']}; engine {about['engine']}; {about['machine']};",
        f"`{about['command']}`.",
        "",
        "A ratio is not pooled / pooled, the median over pairs that were run in turn: above 1, the pooled one is",
        "faster, or smaller. In brackets, what a quarter of the pairs were below, and what a quarter were above.",
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
