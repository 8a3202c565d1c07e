"""Removes repeated lines from texts, in place and in order, with a pooled set.

Each text needs a set for a short time. C fills the set. It then returns to its pool, empty, but with the memory of its
table (with the native engine), for the next text. A loop that adds line after line in Python code would be slower with
the pool than without: the interpreter calls the methods of the exact class `set` faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from _common import existing, parser

import pooled
from pooled.containers import Set


@pooled.poolable(max=4, max_cap=1 << 20)
class Seen(Set[str]):
    """The different lines of a text."""

    __slots__ = ()


def remove_duplicates(lines: list[str], new_set: Callable[[list[str]], set[str]] = Seen) -> None:
    """Keep only the first of equal lines."""
    if len(new_set(lines)) < len(lines):
        lines[:] = dict.fromkeys(lines)


def text_lines(path: Path) -> list[str]:
    """The lines of a file that are not blank."""
    return [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]


def main() -> None:
    """Run the program."""
    arguments = parser(__doc__)
    arguments.add_argument("--no-pool", action="store_true", help="use plain sets")
    chosen = arguments.parse_args()
    texts = [text_lines(path) for path in existing(chosen.files)]
    before = sum(map(len, texts))
    new_set = set if chosen.no_pool else Seen
    start = time.process_time()
    for lines in texts:
        remove_duplicates(lines, new_set)
    seconds = time.process_time() - start
    removed = before - sum(map(len, texts))
    print(f"{len(texts):,} files, {before:,} lines, of which {removed:,} had come before in their file")
    print(f"lines per second of processor time: {before / seconds:,.0f}")
    print(f"{'no pools, ' * chosen.no_pool}engine {pooled.engine}")
    if not chosen.no_pool:
        stats = pooled.pool_of(Seen).stats()
        print(f"pool of sets: {stats.hits:,} hits, {stats.misses:,} misses, {stats.parked} parked")


if __name__ == "__main__":
    main()
