"""Threads hand objects over to one another, and check the owner of each.

`python -m tests.stress.hand_overs` runs until a number of objects are handed over, 10^9 by default.
"""

import argparse
import queue
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

import attrs

import pooled

from .object_kinds import check_at_rest
from .run_threads import run_threads
from .scenario import Run, gil_is_on, scenario

THREADS = 4
BATCHES = 6
"""Batches that each thread makes in the beginning."""
LARGEST = 300
"""The most objects of a batch."""
HELD = 2
"""Batches that a thread keeps."""
MADE_NEW = 0.75
"""The share of held batches that a thread replaces by new ones; it hands the others on."""
REPORT = 60.0
"""Seconds between two lines of progress."""


@attrs.frozen
class Kind:
    """A class of objects, each of which has the number of its owner."""

    name: str
    pool: Any
    make: Callable[[int], Any]
    has_parts: bool = False


def kinds() -> list[Kind]:
    """Objects with slots, and objects with parts, from local and global pools, with and without magazines."""
    made = []
    for scope, most in (("local", 1024), ("global", 2048), ("global", 100)):

        @pooled.poolable(scope=scope, max=most)
        class Small:
            __slots__ = ("owner",)

            def __init__(self, owner):
                self.owner = owner

        @pooled.poolable(scope=scope, max=most)
        @attrs.define
        class WithParts:
            owner: int
            items: list[int] = attrs.field(factory=list)

        made.append(Kind(f"slots, {scope}, {most}", pooled.pool_of(Small), Small))
        made.append(Kind(f"parts, {scope}, {most}", pooled.pool_of(WithParts), WithParts, has_parts=True))
    return made


@attrs.define
class Batch:
    """Objects of one kind, and the numbers that their present owner has given them."""

    kind: Kind
    objects: list[Any]
    numbers: range

    def check(self) -> None:
        """Check that no other owner has written to an object."""
        owners = [each.owner for each in self.objects]
        assert owners == [*self.numbers], f"{self.kind.name}: {self.numbers} were changed to {owners}"

    def change_owner(self, numbers: range) -> None:
        self.check()
        self.numbers = numbers
        for each, number in zip(self.objects, numbers, strict=True):
            each.owner = number


class HandOvers:
    """Threads that hand objects over, until `count` objects are handed over or `going` returns False.

    The number of batches stays the same: a thread that receives a batch hands another one over, either one that it has
    received earlier or a new one. So no thread waits for long, and no queue grows.
    """

    def __init__(self, count: int, going: Callable[[], bool]) -> None:
        self.count, self.going = count, going
        self.kinds = kinds()
        self.waiting: list[queue.SimpleQueue[Batch | None]] = [queue.SimpleQueue() for _ in range(THREADS)]
        self.received = [0] * THREADS
        self.made = [0] * THREADS
        self.used = [number << 48 for number in range(THREADS)]

    def total(self) -> int:
        return sum(self.received)

    def work(self, rng: Random, me: int) -> int:
        try:
            self.hand_over(rng, me)
        finally:
            for waiting in self.waiting:
                waiting.put(None)  # no thread waits for this one any more
        return self.received[me]

    def hand_over(self, rng: Random, me: int) -> None:
        held: deque[Batch] = deque()
        for _ in range(BATCHES):
            self.give(rng, me, self.make(rng, me))
        while self.going() and self.total() < self.count:
            batch = self.waiting[me].get()
            if batch is None:
                break  # another thread has ended
            batch.change_owner(self.new_numbers(me, len(batch.objects)))
            self.received[me] += len(batch.objects)
            held.append(batch)
            if len(held) > HELD:
                batch = held.popleft()
                batch.check()
                if rng.random() < MADE_NEW:
                    del batch  # its objects go to their pool before others are taken
                    batch = self.make(rng, me)
                self.give(rng, me, batch)
            del batch
        for batch in held:
            batch.check()

    def new_numbers(self, me: int, count: int) -> range:
        """Numbers that no thread has used."""
        first = self.used[me]
        self.used[me] += count
        return range(first, first + count)

    def make(self, rng: Random, me: int) -> Batch:
        kind = self.kinds[rng.randrange(len(self.kinds))]
        numbers = self.new_numbers(me, rng.randint(1, LARGEST))
        objects = [kind.make(number) for number in numbers]
        if kind.has_parts:
            for each in objects:
                assert not each.items, f"{kind.name}: a new object has {each.items}"
                each.items.append(each.owner)
        self.made[me] += len(objects)
        return Batch(kind, objects, numbers)

    def give(self, rng: Random, me: int, batch: Batch) -> None:
        """Give a batch to another thread."""
        self.waiting[(me + rng.randrange(1, THREADS)) % THREADS].put(batch)

    def check(self) -> None:
        """Check the remaining batches, and the counts of all pools."""
        for waiting in self.waiting:
            while not waiting.empty():
                if (batch := waiting.get()) is not None:
                    batch.check()
        batch = None
        assert sum(kind.pool.stats().taken for kind in self.kinds) == sum(self.made)
        for kind in self.kinds:
            check_at_rest(kind)


@scenario()
def hand_overs(run: Run) -> None:
    """Threads hand batches of objects over, each with an owner that is checked at every step."""
    all_of_them = HandOvers(sys.maxsize, run.going)
    run_threads(run, THREADS, all_of_them.work)
    all_of_them.check()


def say(hand_overs: HandOvers, began: float) -> None:
    print(f"{hand_overs.total():,} hand-overs in {time.monotonic() - began:,.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.stress.hand_overs", description=__doc__)
    parser.add_argument("--count", type=int, default=10**9, help="hand-overs until the end (%(default)s)")
    parser.add_argument("--minutes", type=float, default=120, help="and the most it may take (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given = parser.parse_args()
    build = "with a GIL" if gil_is_on() else "without a GIL"
    print(
        f"Python {sys.version.split()[0]} {build}, {pooled.engine} engine, {THREADS} threads, seed {given.seed}",
        flush=True,
    )
    began = time.monotonic()
    run = Run(given.seed, given.minutes * 60)
    all_of_them = HandOvers(given.count, run.going)
    done = threading.Event()

    def report() -> None:
        while not done.wait(REPORT):
            say(all_of_them, began)

    reporter = threading.Thread(target=report)
    reporter.start()
    try:
        run_threads(run, THREADS, all_of_them.work)
    finally:
        done.set()
        reporter.join()
    all_of_them.check()
    say(all_of_them, began)
    reached = all_of_them.total() >= given.count
    print("no object had two owners, and every count adds up" + ("" if reached else f"; {given.count:,} not reached"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
