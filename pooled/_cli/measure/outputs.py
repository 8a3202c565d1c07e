"""Compares the outputs of two runs of a program, and finds the first difference."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Final, TypeAlias

Outputs: TypeAlias = Mapping[str, Path | None]
"""The files with the outputs of a run, by their names in the report; None for a file that it did not write."""

STDOUT: Final = "standard output"

_SHOWN: Final = 60
"""The number of characters of a line that are shown."""


def changed(expected: Outputs, found: Outputs) -> list[str]:
    """The outputs that are not the same byte for byte."""
    return [name for name, file in expected.items() if not _same(file, found.get(name))]


def first_difference(name: str, expected: Outputs, found: Outputs) -> str:
    """The first line in which an output differs, in words."""
    before, after = expected[name], found.get(name)
    if before is None or after is None:
        return f"{name}: {'exists now' if before is None else 'is missing'}"
    with before.open("rb") as first, after.open("rb") as second:
        for number, (one, other) in enumerate(zip_longest(first, second), 1):
            if one != other:
                return f"{name}, line {number}: {_shown(other, one)} instead of {_shown(one, other)}"
    return f"{name}: changed"


def _same(one: Path | None, other: Path | None) -> bool:
    if one is None or other is None:
        return one is other
    return filecmp.cmp(one, other, shallow=False)


def _shown(line: bytes | None, other: bytes | None) -> str:
    """The part of a line from the first difference to the other."""
    if line is None:
        return "its end"
    same = next((at for at, pair in enumerate(zip(line, other or b"", strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, same - _SHOWN // 2) if len(line) > _SHOWN else 0
    text = line[start : start + _SHOWN].decode(errors="backslashreplace").rstrip("\n")
    return repr(("..." if start else "") + text + ("..." if start + _SHOWN < len(line) else ""))
