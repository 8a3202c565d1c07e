"""A log analyser: it reads the standard library's sources, and makes an object for every line."""

from __future__ import annotations

import sysconfig
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from benchmarks.workloads._makers import Makers


@attrs.define(eq=False)
class Line:
    """A line: where it is, how it begins, its words, and the numbers in it."""

    number: int = 0
    indent: int = 0
    comment: bool = False
    words: list[str] = attrs.field(factory=list)
    numbers: list[int] = attrs.field(factory=list)
    tags: set[str] = attrs.field(factory=set)


def files() -> list[Path]:
    """The sources of the standard library's packages, largest first."""
    library = Path(sysconfig.get_path("stdlib"))
    found = [path for path in library.rglob("*.py") if "site-packages" not in path.parts and path.is_file()]
    return sorted(found, key=lambda path: (-path.stat().st_size, path))


def work(make: Makers, seed: int, scale: float) -> Iterator[int]:  # noqa: ARG001 (the files are what they are)
    """An operation is a file; what came out tells how its lines are."""
    texts = [path.read_text("utf-8", "replace").splitlines() for path in files()[: max(4, int(150 * scale))]]
    line = make.maker(Line)
    yield 0
    while True:
        for text in texts:
            yield analyse(line, text)


def analyse(make_line: Callable[..., Any], text: list[str]) -> int:
    """Make an object of every line, and count what they have in common."""
    lines = []
    for number, content in enumerate(text):
        stripped = content.lstrip()
        line = make_line(number=number, indent=len(content) - len(stripped), comment=stripped.startswith("#"))
        line.words.extend(stripped.split())
        for word in line.words:
            if word.isdecimal():
                line.numbers.append(int(word[:9]))
            elif word.endswith(":"):
                line.tags.add("block")
        lines.append(line)
    words = Counter(len(line.words) for line in lines if not line.comment)
    deepest = max((line.indent for line in lines), default=0)
    return sum(size * count for size, count in words.items()) * 31 + deepest + sum(len(line.tags) for line in lines)
