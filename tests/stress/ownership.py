"""Threads take, fill, hand over and drop objects at random: none has two owners, and none is dirty."""

import itertools
from collections import deque
from random import Random

from .object_kinds import Kind, check_at_rest, check_blank, check_token, identity, kinds
from .run_threads import run_threads
from .scenario import Run, scenario

THREADS = 4


class Ownership:
    """The owners of objects: registering a second owner of an object fails."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.tokens = itertools.count(1)
        self.owned: dict[int, int] = {}
        self.crossing: deque[tuple[object, int]] = deque()  # handed over, for any thread

    def take(self, held: list[tuple[object, int]]) -> None:
        obj, token = self.kind.make(), next(self.tokens)
        owner = self.owned.setdefault(identity(obj), token)
        assert owner == token, f"{self.kind.name}: {owner} and {token} own the same object"
        check_blank(self.kind, obj)
        self.kind.fill(obj, token)
        held.append((obj, token))

    def drop(self, held: list[tuple[object, int]], place: int) -> None:
        obj, token = held.pop(place)
        check_token(self.kind, obj, token)
        owner = self.owned.pop(identity(obj), None)
        assert owner == token, f"{self.kind.name}: {owner} owns what {token} did"

    def work(self, rng: Random, steps: int) -> int:
        held: list[tuple[object, int]] = []
        for _ in range(steps):
            what = rng.random()
            if what < 0.45 or not held:
                self.take(held)
            elif what < 0.75:
                self.drop(held, rng.randrange(len(held)))
            elif what < 0.85:
                self.crossing.append(held.pop(rng.randrange(len(held))))
            else:
                try:
                    held.append(self.crossing.popleft())
                except IndexError:
                    check_token(self.kind, *held[-1])
        while held:
            self.drop(held, -1)
        return steps


def each_kind(run: Run, scope: str) -> None:
    """Run each kind in turn until the time is over, then check the counts."""
    tried = [Ownership(kind) for kind in kinds(max=run.rng.choice((30, 1000)), scope=scope)]
    run.rng.shuffle(tried)
    while run.going():
        for ownership in tried:
            run_threads(run, THREADS, lambda rng, _, ownership=ownership: ownership.work(rng, 150))
            if not run.going():
                break
    for ownership in tried:
        left = list(ownership.crossing)
        ownership.crossing.clear()
        while left:
            ownership.drop(left, -1)
        assert not ownership.owned
        check_at_rest(ownership.kind)


@scenario()
def owners_local(run: Run) -> None:
    """Threads take, fill, hand over and drop objects of each kind, with local pools."""
    each_kind(run, "local")


@scenario()
def owners_global(run: Run) -> None:
    """The same with global pools."""
    each_kind(run, "global")
