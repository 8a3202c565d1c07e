"""Objects move between pools and owners, and pools change, at random: the counts add up."""

import itertools
from collections import Counter
from random import Random
from typing import Any

import pooled

from .object_kinds import Kind, check_blank, check_token, kinds
from .run_threads import run_threads
from .scenario import Run, scenario


class Pools:
    """The pool of a class, two more pools, and their expected counts."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        factory = kind.make().__class__
        self.factory = factory
        self.pools = [kind.pool, pooled.GlobalPool(factory, max=6), pooled.LocalPool(factory, max=6)]
        self.before = [pool.stats() for pool in self.pools]

    def get(self, rng: Random, counted: Counter[Any]) -> Any:
        place = rng.randrange(3)
        pool = self.pools[place]
        if rng.random() < 0.3 and (obj := pool.try_take()) is not None:
            counted[place, "taken"] += 1
        else:
            obj = pool.take()
            counted[place, "taken"] += 1
        return obj, place

    def move(self, rng: Random, obj: Any, place: Any, counted: Counter[Any]) -> tuple[Any, Any]:
        to = rng.randrange(4)
        if to == 3:
            if place is not None:
                counted[place, "detached"] += 1
            return pooled.detach(obj), None
        if to != place:
            counted[to, "inserted"] += 1
            if place is not None:
                counted[place, "detached"] += 1
        return self.pools[to].insert(obj), to

    def manage(self, rng: Random) -> None:
        pool = rng.choice(self.pools)
        what = rng.randrange(8)
        if what == 0:
            pool.prefill(rng.randrange(4))
        elif what == 1:
            pool.prune()
        elif what == 2:
            pool.clear()
        elif what == 3:
            pool.resize(max=rng.choice([0, 1, 6]))
        elif what == 4:
            pool.stats()
        elif what == 5:
            pooled.trim()
        elif what == 6:
            pooled.configure(budget=rng.choice([0, 1000, None]))  # a thread enforces it
        else:
            assert len(pool) >= 0
            repr(pool)

    def work(self, rng: Random, number: int, steps: int) -> Counter[Any]:
        counted: Counter[Any] = Counter()
        tokens = itertools.count(number + 1, 10)  # unique among the threads
        held: list[Any] = []
        for _ in range(steps):
            what = rng.random()
            if what < 0.4 or not held:
                obj, place = self.get(rng, counted)
                if self.kind.name not in ("attributes", "slots"):
                    check_blank(self.kind, obj)
                token = next(tokens)
                self.kind.fill(obj, token)
                held.append((obj, place, token))
            elif what < 0.65:
                obj, place, token = held.pop(rng.randrange(len(held)))
                check_token(self.kind, obj, token)
            elif what < 0.85:
                obj, place, token = held.pop(rng.randrange(len(held)))
                obj, place = self.move(rng, obj, place, counted)
                check_token(self.kind, obj, token)
                held.append((obj, place, token))
            else:
                self.manage(rng)
            obj = None
        return counted

    def check(self, counted: Counter[Any]) -> None:
        for place, (pool, before) in enumerate(zip(self.pools, self.before, strict=True)):
            pool.resize(max=6)
            stats = pool.stats()
            where = f"{self.kind.name}, pool {place}: {stats}"
            assert stats.live == before.live, where
            assert stats.escaped == 0, where
            for name in ("taken", "inserted", "detached"):
                assert getattr(stats, name) - getattr(before, name) == counted[place, name], f"{where}, but {counted}"
            assert len(pool) <= 6, where


def change_hands(run: Run, threads: int) -> None:
    while run.going():
        tried = [kind for kind in kinds(max=6, scope=run.rng.choice(["local", "global"])) if can_be_moved(kind)]
        pools = Pools(run.rng.choice(tried))
        counted: list[Counter[Any]] = []

        def work(rng: Random, number: int, pools: Pools = pools, counted: list[Counter[Any]] = counted) -> int:
            counted.append(pools.work(rng, number, 200))
            return 200

        run_threads(run, threads, work)
        pools.check(sum(counted, Counter()))


def can_be_moved(kind: Kind) -> bool:
    """Whether the class can have other pools: these call it without arguments."""
    return kind.name not in ("Array", "function")


@scenario()
def changing_hands(run: Run) -> None:
    """One thread: the statistics contain each step."""
    change_hands(run, 1)


@scenario()
def changing_hands_in_threads(run: Run) -> None:
    """The same on three threads."""
    change_hands(run, 3)
