"""A run against an earlier one: which ratios got worse by more than the noise of both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks._measuring import Result

LEAST: Final = 0.95
"""What a ratio has to fall below, against what it was, to be called worse."""

Tables = dict[str, list[Result]]


def read(file: Path) -> dict[str, dict[str, Any]]:
    """The rows of an earlier run by their tables and cases, as `--json` wrote them.

    Raises:
        ValueError: it is not such a file.
    """
    try:
        tables = json.loads(file.read_text("utf-8"))["tables"]
        return {title: {row["case"]: row for row in rows} for title, rows in tables.items()}
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file}: expected what --json wrote; {type(error).__name__}: {error}") from None


def worse(tables: Tables, earlier: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What got slower, in words: a lower ratio, and the quarters of the pairs around it do not meet those of before."""
    for title, results in tables.items():
        for result in results:
            before = earlier.get(title, {}).get(result.case)
            if before is not None and result.high < before["low"] and result.ratio < before["ratio"] * LEAST:
                yield f"{title}: {result.case}: {before['ratio']:.2f} -> {result.ratio:.2f}"


def compared(tables: Tables, earlier: dict[str, dict[str, Any]]) -> int:
    """How many cases are in both."""
    return sum(result.case in earlier.get(title, {}) for title, results in tables.items() for result in results)
