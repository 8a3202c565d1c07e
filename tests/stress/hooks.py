"""Misbehaving `reset` and `capacity`: their errors never reach the code that drops, and no object has two owners."""

import gc
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pooled

from .object_kinds import identity
from .run_threads import run_threads
from .scenario import Run, scenario

DEEPEST = 3


class TroubleError(Exception):
    pass


class World:
    """A class whose `reset` and `capacity` act at random, and the owners of the objects."""

    def __init__(self, run: Run, scope: str, *, alone: bool) -> None:
        self.rng = Random(run.rng.randrange(1 << 32))
        self.depth = threading.local()
        self.kept: list[Any] = []
        self.hoard: list[Any] = []
        self.done: Counter[str] = Counter()
        self.owned: set[int] = set()
        self.alone = alone
        world = self

        @pooled.poolable(scope=scope, max=5, max_cap=100, reset="reset", capacity="capacity")
        class Thing:
            def __init__(self):
                self.size, self.items = 1, []

            def reset(self):
                self.items.clear()
                return world.misbehave(IN_RESET, self)

            def capacity(self):
                return world.misbehave(IN_CAPACITY, self) if world.rng.random() < 0.3 else self.size

        @pooled.poolable(scope=scope, max=3)
        class Part:
            def __init__(self, thing=None):
                self.thing = thing

        self.thing_class, self.part_class = Thing, Part
        self.pools = [pooled.pool_of(Thing), pooled.pool_of(Part), pooled.GlobalPool(Thing, max=2)]

    def misbehave(self, how: list[Callable[["World", Any], object]], obj: Any) -> object:
        deep = getattr(self.depth, "now", 0)
        if deep >= DEEPEST:
            return None
        self.depth.now = deep + 1
        try:
            chosen = self.rng.choice(how)
            self.done[chosen.__name__] += 1
            return chosen(self, obj)
        finally:
            self.depth.now = deep

    def take(self) -> Any:
        obj = pooled.take(self.thing_class)
        assert identity(obj) not in self.owned, "somebody has it already"
        assert obj.items == [], f"it arrived dirty: {obj.items}"
        return obj

    def use(self) -> None:
        """Take an object, own it for a while, and drop it."""
        obj = self.take()
        self.owned.add(identity(obj))
        obj.items.append(self.part_class(self.rng.random()))
        if self.rng.random() < 0.2:
            self.hoard.append(self.part_class(self.take()))
        self.owned.discard(identity(obj))

    def work(self, steps: int) -> int:
        for _ in range(steps):
            self.use()
            for obj in self.kept[:1]:
                obj.items.append("kept")  # the holder of a kept object is its owner
            if self.alone and self.rng.random() < 0.05:
                self.kept.clear()  # not during a reset, because the objects that it keeps must stay kept
        return steps


def does_nothing(world, obj):
    return None


def raises(world, obj):
    raise TroubleError


def raises_what_ends_programs(world, obj):
    raise world.rng.choice([SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration])


def refuses(world, obj):
    return False


def keeps_itself(world, obj):
    world.kept.append(obj)


def keeps_itself_in_a_cycle(world, obj):
    obj.items.append(obj)


def keeps_itself_and_raises(world, obj):
    world.kept.append(obj)
    raise TroubleError


def keeps_its_frame(world, obj):
    obj.frame = sys._getframe()


def keeps_a_traceback(world, obj):
    try:
        raise TroubleError
    except TroubleError as error:
        obj.error = error


def keeps_its_method(world, obj):
    obj.method = obj.reset


def keeps_a_weak_reference(world, obj):
    obj.ref = weakref.ref(obj, lambda _: world.thing_class())


def uses_its_own_class(world, obj):
    world.use()


def calls_itself(world, obj):
    obj.reset()


def recurses_for_ever(world, obj):
    def deeper():
        deeper()

    deeper()


def drops_others(world, obj):
    world.hoard.clear()


def drops_a_chain(world, obj):
    chain = None
    for _ in range(50):
        chain = world.part_class(chain)


def starts_a_thread(world, obj):
    thread = threading.Thread(target=world.use)
    thread.start()
    thread.join()


def collects(world, obj):
    gc.collect()


def changes_limits(world, obj):
    world.rng.choice(world.pools).resize(max=world.rng.choice([0, 1, 3, 20]), max_cap=world.rng.choice([0, 50, 100]))


def clears_all(world, obj):
    pooled.clear()


def prunes_and_fills(world, obj):
    pool = world.rng.choice(world.pools)
    pool.prefill(3)
    pool.prune()


def asks(world, obj):
    pooled.stats()
    repr(world.pools)


def moves_itself(world, obj):
    pooled.assign(obj, world.rng.choice(world.pools[::2]))


def detaches_itself(world, obj):
    pooled.detach(obj)


def forgets_its_attributes(world, obj):
    vars(obj).clear()
    obj.items, obj.size = [], 1


def says_something_odd(world, obj):
    return world.rng.choice([-1, 0, 1 << 100, "large", 1.5, None, object(), [], True])


class Indexed:
    """A number that refers to the object when it is converted to an int."""

    def __init__(self, world, obj):
        self.world, self.obj = world, obj

    def __index__(self):
        self.world.kept.append(self.obj)
        self.world.use()
        return 3


def says_something_that_acts(world, obj):
    return Indexed(world, obj)


IN_RESET: list[Any] = [
    *(does_nothing, does_nothing, does_nothing, raises, raises_what_ends_programs, refuses, keeps_itself),
    *(keeps_itself_in_a_cycle, keeps_itself_and_raises, keeps_its_frame, keeps_a_traceback, keeps_its_method),
    *(keeps_a_weak_reference, uses_its_own_class, calls_itself, recurses_for_ever, drops_others, drops_a_chain),
    *(starts_a_thread, collects, changes_limits, clears_all, prunes_and_fills, asks, moves_itself, detaches_itself),
    *(forgets_its_attributes, says_something_odd, says_something_that_acts),
]
IN_CAPACITY: list[Any] = [
    *(raises, raises_what_ends_programs, keeps_itself, keeps_itself_and_raises, uses_its_own_class, drops_others),
    *(starts_a_thread, collects, changes_limits, clears_all, asks, moves_itself, detaches_itself),
    *(says_something_odd, says_something_that_acts, keeps_itself_in_a_cycle),
]


def misbehaving(run: Run, threads: int) -> None:
    sys.unraisablehook = lambda args: None
    rounds = 0
    while run.going():
        world = World(run, run.rng.choice(["local", "global"]), alone=threads == 1)
        if threads == 1:
            run.operations += world.work(100)
        else:
            run_threads(run, threads, lambda rng, number, world=world: world.work(50))
        rounds += 1
        world.rng = Random(1)
        usual = IN_RESET[:], IN_CAPACITY[:]
        IN_RESET[:], IN_CAPACITY[:] = [does_nothing], [lambda world, obj: 1]
        try:
            world.kept.clear()
            world.hoard.clear()
            gc.collect()
            for pool in world.pools:
                stats = pool.stats()
                assert stats.live == 0, f"{pool!r}: {stats} after {world.done}"
                assert len(pool) <= pool.policy.max, f"{pool!r}: {stats}"
        finally:
            IN_RESET[:], IN_CAPACITY[:] = usual


@scenario()
def misbehaving_hooks(run: Run) -> None:
    """`reset` and `capacity` raise, recurse, keep, drop, start threads, collect, change limits, and move objects."""
    misbehaving(run, 1)


@scenario()
def misbehaving_hooks_in_threads(run: Run) -> None:
    """The same on three threads."""
    misbehaving(run, 3)
