"""Batches of lines, as the producer makes them and the consumer drops them: pooled globally, locally or not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

from _common import parser

import pooled
from pooled.containers import ByteArray, List

BATCH_LINES = 100
BATCHES_IN_FLIGHT = 10

Batch: TypeAlias = list[bytearray]


class Source:
    """Makes lists and byte strings. If they come from pools, they return to them automatically."""

    def __init__(self, new_list: Callable[[], Batch], new_string: Callable[[bytes], bytearray]) -> None:
        self.new_list = new_list
        self.new_string = new_string

    def batches(self, files: list[Path]) -> Iterator[Batch]:
        """The lines of the files in batches, each line a byte string of its own."""
        batch = self.new_list()
        for path in files:
            with path.open("rb") as file:
                for text in file:
                    batch.append(self.new_string(text))
                    if len(batch) == BATCH_LINES:
                        yield batch
                        batch = self.new_list()
        yield batch


class PooledSource(Source):
    """Lists and byte strings from pools. It calls the classes, so that C fills recycled objects in place.

    `take` of a pool beside that of the class would cost several times as much.
    """

    def __init__(self, scope: Literal["local", "global"]) -> None:
        @pooled.poolable(scope=scope, max=1024, max_cap=1024)
        class Lines(List[Any]):
            """A list of lines."""

            __slots__ = ()

        @pooled.poolable(scope=scope, max=1024, max_cap=4096)
        class Line(ByteArray):
            """A line."""

            __slots__ = ()

        super().__init__(Lines, Line)
        self.pools: dict[str, pooled.Pool[Any]] = {"lists": pooled.pool_of(Lines), "strings": pooled.pool_of(Line)}


def options(description: str | None) -> argparse.Namespace:
    """Read the command line of a program that sends batches."""
    arguments = parser(description)
    choice = arguments.add_mutually_exclusive_group()
    choice.add_argument("--local", action="store_true", help="use local pools instead of global ones")
    choice.add_argument("--no-pool", action="store_true", help="use plain lists and byte strings")
    return arguments.parse_args()


def source_for(chosen: argparse.Namespace) -> Source:
    """The source that the command line selects."""
    if chosen.no_pool:
        print(f"no pools, engine {pooled.engine}")
        return Source(list, bytearray)
    print(f"{'local' if chosen.local else 'global'} pools, engine {pooled.engine}")
    return PooledSource("local" if chosen.local else "global")


def print_pools(source: Source) -> None:
    """Print the statistics of the pools of a source, if it has any."""
    for name, pool in source.pools.items() if isinstance(source, PooledSource) else ():
        stats = pool.stats()
        print(f"pool of {name}: {stats.hits:,} hits, {stats.misses:,} misses, {stats.parked:,} parked at the end")
