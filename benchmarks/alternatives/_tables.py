"""The figures as tables in Markdown: a table for each program, with columns for each version of Python."""

from __future__ import annotations

from typing import Any, Final

COLUMNS: Final = {
    "server": ("mean", "p99", "slowest", "memory"),
    "batch": ("mean", "p99", "memory"),
    "stream": ("mean", "p99", "memory"),
}
"""The programs, and the columns of each."""


def tables(runs: list[dict[str, Any]]) -> str:
    """The tables of some runs of different versions of Python."""
    programs = [name for name in COLUMNS if all(name in run["programs"] for run in runs)]
    return "\n\n".join(table(name, runs) for name in programs)


def table(program: str, runs: list[dict[str, Any]]) -> str:
    """The table of one program."""
    columns = COLUMNS[program]
    versions = [".".join(run["python"].split(".")[:2]) for run in runs]
    header = [program, *(f"{version} {column}" for version in versions for column in columns)]
    rows = [header, ["---", *["--:"] * (len(header) - 1)]]
    found = [run["programs"][program] for run in runs]
    rows += [[name, *(cell(each[name], column) for each in found for column in columns)] for name in found[0]]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cell(figures: dict[str, float], column: str) -> str:
    return f"{figures[column]:.0f} MiB" if column == "memory" else f"{figures[column]:.2f} ms"
