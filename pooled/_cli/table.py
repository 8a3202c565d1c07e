"""Formats tables to the width of a terminal or file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Final, Self, TextIO

from pooled._record import Record

_BOLD, _PLAIN = "\033[1m", "\033[0m"

_NARROW: Final = 12
"""The least width of a column of text."""

_GAP: Final = 2

_INDENT: Final = " " * 4


class Screen(Record, kw_only=False):
    """The width of the output in characters, and whether it has colours."""

    width: int
    colours: bool

    @classmethod
    def of(cls, stream: TextIO | None) -> Self:
        """The screen of a stream; None: a file, which has no colours. `COLUMNS` and `NO_COLOR` take precedence."""
        columns = os.environ.get("COLUMNS", "")
        width = int(columns) if columns.isdecimal() and int(columns) else _width_of(stream)
        return cls(width, stream is not None and stream.isatty() and not os.environ.get("NO_COLOR"))

    def heading(self, text: str) -> str:
        """The text in bold, if the screen has colours."""
        return f"{_BOLD}{text}{_PLAIN}" if self.colours else text

    def wrap(self, text: str, indent: str = "") -> str:
        """The text in lines that fit."""
        return "\n".join(indent + part for part in _wrap(text, max(_NARROW, self.width - len(indent))))


def _width_of(stream: TextIO | None) -> int:
    try:
        return (os.get_terminal_size(stream.fileno()).columns or 80) if stream is not None else 80
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
    """Format rows under a head, with notes under each row.

    Wide columns and notes are wrapped, and nothing is truncated. If the table is still too wide, each row becomes a
    paragraph.

    Args:
        screen: the width to fit.
        head: the names of the columns.
        rows: the cells of each row.
        numbers: the columns that are aligned to the right, and never wrapped.
        notes: the notes of each row.
    """
    lines = [tuple(head), *map(tuple, rows)]
    widths = _widths(lines, numbers, screen.width)
    made = [] if widths is None else [screen.heading(_line(head, widths, numbers))]
    for number, row in enumerate(rows):
        made.append(_paragraph(screen, head, row) if widths is None else _line(row, widths, numbers))
        made += [screen.wrap(note, _INDENT) for note in (notes[number] if notes else ())]
    return "\n".join(made)


def _widths(lines: Sequence[Sequence[str]], numbers: Sequence[int], width: int) -> list[int] | None:
    """The widths of the columns; None if they do not fit."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = [column for column in range(len(widths)) if column not in numbers]
    while sum(widths) + _GAP * (len(widths) - 1) > width:
        widest = max(texts, key=lambda column: widths[column])
        if widths[widest] <= _NARROW:
            return None
        widths[widest] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[int]) -> str:
    """One row, with as many lines as its longest cell."""
    parts = [_wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, parts))):
        parts_of_line = (part[number] if number < len(part) else "" for part in parts)
        filled = (
            each.rjust(widths[column]) if column in numbers else each.ljust(widths[column])
            for column, each in enumerate(parts_of_line)
        )
        lines.append((" " * _GAP).join(filled).rstrip())
    return "\n".join(lines)


def _paragraph(screen: Screen, head: Sequence[str], row: Sequence[str]) -> str:
    cells = ", ".join(f"{name} {cell}" for name, cell in zip(head[1:], row[1:], strict=True) if cell)
    return f"{screen.heading(screen.wrap(row[0]))}\n{screen.wrap(cells, _INDENT)}"


def _wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters, broken at spaces, or within a word that is longer."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += _split_word(word, width)
    return lines


def _split_word(word: str, width: int) -> Iterator[str]:
    """The word in parts of at most `width` characters, broken after a punctuation mark if possible."""
    while len(word) > width:
        is_mark = [not (each.isalnum() or each.isspace()) for each in word[:width]]
        end = max((at for at, mark in enumerate(is_mark, 1) if mark), default=width)
        yield word[:end]
        word = word[end:]
    yield word
