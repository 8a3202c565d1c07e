"""Removes the lines that came before from the texts, in place and keeping the order, with pooled scratch containers.

The function takes a set and a list of booleans for each text, and returns nothing: when it ends they go back to
their pools by themselves, empty but with their memory (with the native engine), for the next text.
"""

from __future__ import annotations

from itertools import compress
from pathlib import Path

from _common import existing, parser

import pooled
from pooled.containers import List, Set

SEEN: pooled.Pool[Set[str]] = pooled.LocalPool(Set, max=4, max_cap=1 << 20, name="seen")
IS_FIRST: pooled.Pool[List[bool]] = pooled.LocalPool(List, max=4, max_cap=1 << 20, name="is_first")


def remove_duplicates(lines: list[str]) -> None:
    """Leave only the first of equal lines."""
    seen, is_first = SEEN.take(), IS_FIRST.take()
    for line in lines:
        is_first.append(line not in seen)
        seen.add(line)
    lines[:] = compress(lines, is_first)


def text_lines(path: Path) -> list[str]:
    """The lines of a file that say something."""
    return [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]


def main() -> None:
    """Run the program."""
    files = existing(parser(__doc__).parse_args().files)
    before = after = 0
    for path in files:
        lines = text_lines(path)
        before += len(lines)
        remove_duplicates(lines)
        after += len(lines)
    print(f"{len(files):,} files, {before:,} lines, of which {before - after:,} had come before in their file")
    print(f"engine {pooled.engine}")
    for pool in (SEEN, IS_FIRST):
        stats = pool.stats()
        print(f"pool {pool.name}: {stats.hits:,} hits, {stats.misses:,} misses, {stats.parked} parked")


if __name__ == "__main__":
    main()
