"""Tables that fit a terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

_BOLD, _PLAIN = "\033[1m", "\033[0m"


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = (), notes: Sequence[str] = ()
) -> str:
    """Rows under a head, with a note under each row, if there are notes.

    `numbers` are the columns that stand to the right. The last column, and notes, are folded where they must be.
    """
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    width = shutil.get_terminal_size((100, 24)).columns
    widths[-1] = min(widths[-1], max(24, width - sum(widths[:-1]) - 2 * (len(head) - 1)))
    first, *others = (_line(line, widths, numbers) for line in lines)
    made = [heading(first)]
    for number, line in enumerate(others):
        made.append(line)
        if notes:
            made += [f"    {part}" for part in _folded(notes[number], max(24, width - 4))]
    return "\n".join(made)


def heading(text: str) -> str:
    """Bold, on a terminal whose owner has not said otherwise."""
    on_terminal = sys.stdout.isatty() and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    return f"{_BOLD}{text}{_PLAIN}" if on_terminal else text


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[int]) -> str:
    *first, last = (
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    indent = sum(widths[:-1]) + 2 * (len(widths) - 1)
    folded = f"\n{' ' * indent}".join(_folded(last.rstrip(), widths[-1]))
    return "  ".join((*first, folded)).rstrip()


def _folded(text: str, width: int) -> list[str]:
    """A text in lines of at most so many characters, where its words allow."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
