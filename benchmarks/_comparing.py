"""Compare a run with an earlier one: find the ratios that got worse by more than the noise of both runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks._measuring import Result

LEAST: Final = 0.95
"""A ratio is worse if it is below this share of the earlier ratio."""

Tables = dict[str, list[Result]]


def read(file: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of an earlier run, which `--json` wrote, by table and case.

    Raises:
        ValueError: `--json` did not write this file.
    """
    try:
        tables = json.loads(file.read_text("utf-8"))["tables"]
        return {title: {row["case"]: row for row in rows} for title, rows in tables.items()}
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file}: expected what --json wrote; {type(error).__name__}: {error}") from None


def worse(tables: Tables, earlier: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each slower case: its ratio is lower, and all of its quartiles are below the earlier ones."""
    for title, results in tables.items():
        for result in results:
            before = earlier.get(title, {}).get(result.case)
            if before is not None and result.high < before["low"] and result.ratio < before["ratio"] * LEAST:
                yield f"{title}: {result.case}: {before['ratio']:.2f} -> {result.ratio:.2f}"


def compared(tables: Tables, earlier: dict[str, dict[str, Any]]) -> int:
    """Return the number of cases that are in both runs."""
    return sum(result.case in earlier.get(title, {}) for title, results in tables.items() for result in results)
