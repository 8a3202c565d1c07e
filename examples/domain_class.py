"""Three ways to make your own classes poolable, in a program that outlines Python sources.

- `Scanner` is expensive to create. It names the method that resets it, and `take` returns it in that state.
- `Line`, an attrs class, is called as before; the native engine carries out its generated `__init__` in C.
- `Statement` is poolable by its metaclass, and so are its subclasses, each with a pool of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import attrs
from _common import existing, parser

import pooled
from pooled import PooledMeta, poolable


@poolable(max=4, reset="reset")
class Scanner:
    """Splits text into lines with a pattern that it compiled once, and remembers the names in one text."""

    def __init__(self) -> None:
        self.pattern = re.compile(r"(?P<indent>\s*)(?P<keyword>def|class|import|from)\s+(?P<name>[\w.]+)")
        self.names: set[str] = set()

    def reset(self) -> None:
        """Forget the names; the pattern stays."""
        self.names.clear()

    def scan(self, number: int, text: str) -> Line | None:
        """Return the line, if it defines or imports something."""
        match = self.pattern.match(text)
        if match is None:
            return None
        self.names.add(match["name"])
        return Line(number, len(match["indent"]), match["keyword"], match["name"])


@poolable(max=256)
@attrs.define
class Line:
    """One line of interest."""

    number: int
    indent: int
    keyword: str
    name: str

    @property
    def is_import(self) -> bool:
        """Whether the line imports something."""
        return self.keyword in ("import", "from")


class Statement(metaclass=PooledMeta, max=256, scope="global"):
    """What a line defines."""

    def __init__(self, line: Line) -> None:
        self.keyword, self.name, self.nested = line.keyword, line.name, line.indent > 0

    def kind(self) -> str:
        """The kind under which it is counted."""
        return f"nested {self.keyword}" if self.nested else self.keyword


class Import(Statement):
    """What a line imports."""

    def kind(self) -> str:
        """The kind under which it is counted."""
        return f"import of {self.name.partition('.')[0] or 'a neighbour'}"


def outline(path: Path, kinds: Counter[str]) -> int:
    """Count the kinds of statements in a file; return how many different names it has."""
    scanner = pooled.take(Scanner)
    for number, text in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        line = scanner.scan(number, text)
        if line is not None:
            statement = Import(line) if line.is_import else Statement(line)
            kinds[statement.kind()] += 1
    return len(scanner.names)


def main() -> None:
    """Run the program."""
    files = existing(parser(__doc__).parse_args().files)
    kinds: Counter[str] = Counter()
    names = sum(outline(path, kinds) for path in files)
    print(f"{len(files):,} files, {names:,} names in them: " + ", ".join(f"{n:,} {k}" for k, n in kinds.most_common(6)))
    print(f"engine {pooled.engine}")
    for cls in (Scanner, Line, Statement, Import):
        stats = pooled.pool_of(cls).stats()
        print(f"{cls.__name__}: {stats.hits:,} hits, {stats.misses:,} misses, {stats.parked} parked")


if __name__ == "__main__":
    main()
