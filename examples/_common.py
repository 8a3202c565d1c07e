"""Shared parts of the examples: the texts that they read, and the report of a run."""

from __future__ import annotations

import argparse
import gc
import re
import sys
import sysconfig
import time
from collections import Counter
from pathlib import Path

IDENTIFIER = re.compile(r"[^\W\d]\w*")


def parser(description: str | None) -> argparse.ArgumentParser:
    """The command line: the files to work on, with the standard library's sources as the default."""
    first_line, _, rest = (description or "").partition("\n")
    result = argparse.ArgumentParser(
        description=first_line, epilog=rest.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("files", nargs="*", type=Path, help="text files (default: the standard library's sources)")
    return result


def existing(files: list[Path]) -> list[Path]:
    """The named files, or the sources of the standard library of this interpreter. Exits if a file is missing."""
    if not files:
        library = Path(sysconfig.get_path("stdlib"))
        return sorted(path for path in library.rglob("*.py") if "site-packages" not in path.parts and path.is_file())
    for path in files:
        if not path.is_file():
            sys.exit(f"{path}: not a file; name text files, or none for the standard library's sources")
    return files


def count_lines(files: list[Path]) -> int:
    """How many lines the files have together."""
    return sum(sum(1 for _ in path.open("rb")) for path in files)


def collections_so_far() -> int:
    """The number of garbage collections so far, of all generations."""
    return sum(generation["collections"] for generation in gc.get_stats())


class Run:
    """One run of a program: its number of lines, its counts and its cost."""

    def __init__(self, lines: int) -> None:
        self.identifiers: Counter[str] = Counter()
        self.lines = lines
        self._done = 0
        self._marks = {lines // 4: "first", lines // 2: "second", lines: "last"}
        self._blocks: list[str] = []
        self._collections = collections_so_far()
        self._start = time.perf_counter()

    def consume(self, line: bytearray) -> None:
        """Count the identifiers in one line."""
        self.identifiers.update(IDENTIFIER.findall(line.decode("utf-8", "replace")))
        self._done += 1
        if self._done in self._marks:
            self._blocks.append(f"{self._marks[self._done]} {sys.getallocatedblocks():,}")

    def report(self) -> None:
        """Print the counts, the speed and the cost."""
        seconds = time.perf_counter() - self._start
        top = ", ".join(f"{name} {count:,}" for name, count in self.identifiers.most_common(5))
        print(f"identifiers: {self.identifiers.total():,} in all, {len(self.identifiers):,} different; {top}")
        print(f"lines per second: {self.lines / seconds:,.0f} ({self.lines:,} lines)")
        print(f"gc collections: {collections_so_far() - self._collections:,}")
        print(f"allocated blocks after each quarter: {'; '.join(self._blocks)}")
