"""Tables that fit where they are read: a terminal, or a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final, Self, TextIO

import attrs

_BOLD, _PLAIN = "\033[1m", "\033[0m"

_NARROW: Final = 12
"""No column of text is made narrower than that."""

_GAP: Final = 2

_INDENT: Final = " " * 4


@attrs.frozen
class Screen:
    """What a text is written for: lines of so many characters, with colours or without."""

    width: int = 80
    colours: bool = False

    @classmethod
    def of(cls, stream: TextIO | None) -> Self:
        """That of a stream; None: a file, which has no colours. `COLUMNS` and `NO_COLOR` are heeded."""
        columns = os.environ.get("COLUMNS", "")
        width = int(columns) if columns.isdecimal() and int(columns) else _width_of(stream)
        return cls(width, stream is not None and stream.isatty() and not os.environ.get("NO_COLOR"))

    def heading(self, text: str) -> str:
        """Bold, where that can be."""
        return f"{_BOLD}{text}{_PLAIN}" if self.colours else text

    def folded(self, text: str, indent: str = "") -> str:
        """A text in lines that fit."""
        return "\n".join(indent + part for part in _folded(text, max(_NARROW, self.width - len(indent))))


def _width_of(stream: TextIO | None) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream is not None else 80
    except (OSError, ValueError):
        return 80


def table(
    screen: Screen,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    notes: Sequence[Sequence[str]] = (),
) -> str:
    """Rows under a head, with notes under each row, if there are any.

    `numbers` are the columns that stand to the right, and are never folded. All others are, and notes, where they must
    be; nothing is left out. Where even that is too wide, each row is a paragraph.
    """
    lines = [tuple(head), *map(tuple, rows)]
    widths = _widths(lines, numbers, screen.width)
    made = [] if widths is None else [screen.heading(_line(head, widths, numbers))]
    for number, row in enumerate(rows):
        made.append(_paragraph(screen, head, row) if widths is None else _line(row, widths, numbers))
        made += [screen.folded(note, _INDENT) for note in (notes[number] if notes else ())]
    return "\n".join(made)


def _widths(lines: Sequence[Sequence[str]], numbers: Sequence[int], width: int) -> list[int] | None:
    """How wide the columns are to be; None: they do not fit."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = [column for column in range(len(widths)) if column not in numbers]
    while sum(widths) + _GAP * (len(widths) - 1) > width:
        widest = max(texts, key=lambda column: widths[column])
        if widths[widest] <= _NARROW:
            return None
        widths[widest] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[int]) -> str:
    """One row, of as many lines as the cell that has most."""
    parts = [_folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, parts))):
        now = (part[number] if number < len(part) else "" for part in parts)
        filled = (
            each.rjust(widths[column]) if column in numbers else each.ljust(widths[column])
            for column, each in enumerate(now)
        )
        lines.append((" " * _GAP).join(filled).rstrip())
    return "\n".join(lines)


def _paragraph(screen: Screen, head: Sequence[str], row: Sequence[str]) -> str:
    said = ", ".join(f"{name} {cell}" for name, cell in zip(head[1:], row[1:], strict=True) if cell)
    return f"{screen.heading(screen.folded(row[0]))}\n{screen.folded(said, _INDENT)}"


def _folded(text: str, width: int) -> list[str]:
    """A text in lines of at most so many characters, which break at spaces, or else within a word."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += _cut(word, width)
    return lines


def _cut(word: str, width: int) -> Iterator[str]:
    """A word in parts of at most so many characters, which end with a mark, where it has any."""
    while len(word) > width:
        marks = [mark.end() for mark in re.finditer(r"[^\w\s]|_", word[:width])]
        end = marks[-1] if marks else width
        yield word[:end]
        word = word[end:]
    yield word
