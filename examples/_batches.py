"""Batches of lines, as the producer makes them and the consumer drops them: pooled globally, locally or not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from _common import parser

import pooled
from pooled.containers import ByteArray, List

BATCH_LINES = 100
BATCHES_IN_FLIGHT = 10

Batch: TypeAlias = list[bytearray]


class Source:
    """Where lists and byte strings come from. They go back by themselves, if at all."""

    def __init__(self, new_list: Callable[[], Batch], new_string: Callable[[], bytearray]) -> None:
        self.new_list = new_list
        self.new_string = new_string

    def batches(self, files: list[Path]) -> Iterator[Batch]:
        """The lines of the files in batches, each line a byte string of its own."""
        batch = self.new_list()
        for path in files:
            with path.open("rb") as file:
                for text in file:
                    line = self.new_string()
                    line += text
                    batch.append(line)
                    if len(batch) == BATCH_LINES:
                        yield batch
                        batch = self.new_list()
        yield batch


def options(description: str | None) -> argparse.Namespace:
    """Read the command line of a program that sends batches."""
    arguments = parser(description)
    choice = arguments.add_mutually_exclusive_group()
    choice.add_argument("--local", action="store_true", help="use local pools instead of global ones")
    choice.add_argument("--no-pool", action="store_true", help="use plain lists and byte strings")
    return arguments.parse_args()


def source_for(chosen: argparse.Namespace) -> Source:
    """The source that the command line asks for."""
    if chosen.no_pool:
        print(f"no pools, engine {pooled.engine}")
        return Source(list, bytearray)
    kind: type[pooled.Pool[Any]] = pooled.LocalPool if chosen.local else pooled.GlobalPool
    print(f"{'local' if chosen.local else 'global'} pools, engine {pooled.engine}")
    lists = kind(List, max=1024, max_cap=1024, name="lists")
    strings = kind(ByteArray, max=1024, max_cap=4096, name="strings")
    return Source(lists.take, strings.take)


def print_pools() -> None:
    """Print what the pools called `lists` and `strings` did, if there are any."""
    for name, stats in pooled.stats().items():
        if name in ("lists", "strings"):
            print(f"pool of {name}: {stats.hits:,} hits, {stats.misses:,} misses, {stats.parked:,} parked at the end")
