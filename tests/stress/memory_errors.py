"""Each allocation along each path of the engine fails, one after the other: no object is lost or has two owners.

`no_memory` fails allocations in random lives of every kind. The scenarios here run each operation of a pool once for
each of its allocations, which fails alone, or together with the next ones. After each run, the statistics are exact.
"""

import gc
import itertools
import operator
import sys
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs

import pooled

from .no_memory import hooks
from .object_kinds import (
    FIELDS,
    Kind,
    container,
    identity,
    weakly_referable,
    with_attributes,
    with_fields,
    with_keep,
    with_reset,
    with_slots,
)
from .scenario import Run, scenario

SLOTS = 8
"""How many objects a program holds at most."""

FAR = 10_000
"""An allocation that no operation reaches."""

WIDTHS = (1, 2, 20)
"""The number of allocations that fail in a row: one alone, one and the second try, or all for a while."""


@attrs.define
class World:
    """Two pools of a class, and a program that holds objects. Storing an object in `held` allocates nothing."""

    kind: Kind
    cls: Any
    pool: Any
    second: Any
    held: list[Any] = attrs.Factory(lambda: [None] * SLOTS)
    seen: list[Any] = attrs.Factory(lambda: [None])

    def take(self, *places: int) -> None:
        for place in places:
            self.held[place] = self.kind.make()

    def fill(self, *places: int) -> None:
        for place in places:
            self.kind.fill(self.held[place], 7)

    def drop(self) -> None:
        for place in range(SLOTS):
            self.held[place] = None
        KEPT[0] = None

    def out(self) -> None:
        """Three objects are in use, and none is parked."""
        self.take(0, 1, 2)
        self.fill(0, 1, 2)

    def parked(self) -> None:
        """Three objects are parked."""
        self.out()
        self.drop()


def new_world(make: Callable[..., Kind], **limits: Any) -> World:
    kind = make(**limits)
    cls = kind.make().__class__
    return World(kind, cls, kind.pool, pooled.GlobalPool(cls, max=4))


# ---- operations that run while memory is short ----


def take(world: World) -> None:
    world.take(0, 1, 2, 3)
    world.fill(0, 1, 2, 3)


def drop(world: World) -> None:
    world.drop()


def try_take(world: World) -> None:
    world.held[0] = world.pool.try_take()
    world.held[1] = world.second.try_take()


def take_of_the_second(world: World) -> None:
    world.held[0] = world.second.take()
    world.held[1] = world.second.take()
    world.held[0] = None
    world.held[2] = world.second.take()


def borrow(world: World) -> None:
    with world.pool.borrow() as obj:
        world.kind.fill(obj, 7)


def orphan(world: World) -> None:
    world.held[0] = pooled.orphan(world.cls)


def insert(world: World) -> None:
    world.held[0] = world.pool.insert(pooled.orphan(world.cls))
    world.held[1] = world.second.insert(pooled.orphan(world.cls))


def move(world: World) -> None:
    world.held[0] = world.second.insert(world.held[0])
    world.held[1] = pooled.detach(world.held[1])
    world.held[2] = pooled.insert(world.second.insert(world.held[2]))


def blank(world: World) -> None:
    """This does not use `copy`: CPython loses a reference to an object that it has no memory to copy."""
    world.held[3] = world.cls.__new__(world.cls)


def refer_weakly(world: World) -> None:
    world.seen[0] = weakref.ref(world.held[0])
    world.drop()


def tie_a_knot(world: World) -> None:
    world.kind.fill(world.held[0], 7)
    world.held[3] = [world.held[0], world.held[1]]
    world.held[3].append(world.held[3])
    world.drop()
    gc.collect()


def manage(world: World) -> None:
    world.pool.prefill(2)
    world.pool.prune()
    world.pool.clear()


def resize(world: World) -> None:
    world.pool.resize(max=1)
    world.pool.resize(max=4)


def trim(world: World) -> None:
    world.pool.trim()
    world.pool.trim()


def switch(world: World) -> None:
    try:
        pooled.disable(world.cls)
        world.held[0] = None
    finally:
        pooled.enable(world.cls)


def count(world: World) -> None:
    world.pool.stats()
    len(world.pool)


def make_a_pool(world: World) -> None:
    pool: Any = pooled.LocalPool(world.cls)
    world.held[3] = pool.take()
    pool = None


OPERATIONS = [
    *((before, act) for act in (take, try_take, borrow, insert, orphan, manage, count) for before in ("", "parked")),
    *(("out", act) for act in (drop, move, blank, refer_weakly, tie_a_knot, switch)),
    *(("parked", act) for act in (resize, trim, take_of_the_second)),
    ("", take_of_the_second),
    ("", make_a_pool),
]


# ---- the sweep ----


def prepare(world: World, before: str) -> None:
    world.pool.clear()
    if before:
        getattr(world, before)()


def allocations(testcapi: Any, world: World, before: str, act: Callable[[World], None]) -> int:
    """Count the allocations of an operation: make objects after it, until an allocation fails."""
    prepare(world, before)
    made = iter([object] * FAR)  # counting with an int would allocate, too
    testcapi.set_nomemory(FAR, FAR + 1)
    try:
        act(world)
        for make in made:
            make()
    except MemoryError:
        pass
    finally:
        testcapi.remove_mem_hooks()
    world.drop()
    return operator.length_hint(made) + 2


def error_of(testcapi: Any, world: World, act: Callable[[World], None], start: int, stop: int) -> type | None:
    """The class of the error that an operation raises while these allocations fail."""
    raised = None
    testcapi.set_nomemory(start, stop)
    try:
        act(world)
    except BaseException as error:
        raised = error.__class__
    finally:
        testcapi.remove_mem_hooks()
    return raised


def check(world: World, where: str) -> None:
    """Check both pools at rest, and take all objects that they have parked."""
    world.drop()
    if world.pool.stats().live or world.second.stats().live:
        gc.collect()  # an operation has failed before it could collect a cycle
        world.drop()
    held: list[Any] = []
    for pool in (world.pool, world.second):
        stats = pool.stats()
        ends = stats.recycled + stats.discarded + stats.escaped + stats.collected + stats.detached
        assert stats.live == 0, f"{where}: {stats}"
        assert stats.taken + stats.inserted == ends, f"{where}: {stats}"
        assert stats.parked == len(pool) <= pool.policy.max, f"{where}: {stats}"
        taken = list(iter(pool.try_take, None))
        assert len(taken) == stats.parked, f"{where}: {stats.parked} parked, {len(taken)} taken"
        assert all(map(world.kind.is_blank, taken)), f"{where}: an object has kept something: {taken}"
        held += taken
    assert len(set(map(identity, held))) == len(held), f"{where}: an object has two owners"


def sweep(run: Run, testcapi: Any, new: Callable[[], World], before: str, act: Callable[[World], None]) -> None:
    """Fail the allocations of an operation: on one class, and on a new class with an empty pool each time."""
    reported: dict[type, str] = {}
    sys.unraisablehook = lambda args: reported.update({args.exc_type: str(args.exc_value)})
    world = new()
    if act is refer_weakly and not weakly_referable(world.kind):
        return
    totals = {anew: allocations(testcapi, world, before, act) for anew in (True, False)}  # it is new at first
    for anew, width in itertools.product(totals, WIDTHS):
        for start in range(1, totals[anew] + 1):  # the first allocation has the number 1
            if not run.going():
                return
            if anew:
                world = new()
            prepare(world, before)
            error = error_of(testcapi, world, act, start, start + width)
            where = f"{world.kind.name}, {before} {act.__name__}: {width} from allocation {start} of {totals[anew]}"
            assert error is None or issubclass(error, MemoryError), f"{where}: {error}"
            assert reported.keys() <= {MemoryError}, f"{where}: {reported}"
            check(world, where)
            run.operations += 1


KEPT: list[Any] = [None]
"""The object that its own class has saved from recycling."""


def escaping(**limits: Any) -> Kind:
    """Objects that their `reset` keeps alive."""

    @pooled.poolable(**limits, reset=lambda obj: operator.setitem(KEPT, 0, obj))
    class Escaping:
        pass

    return simple(Escaping)


def resurrecting(**limits: Any) -> Kind:
    """Objects that their finalizer keeps alive, and that the pool never has room for."""

    @pooled.poolable(**{**limits, "max": 0})
    class Resurrecting:
        def __del__(self):
            KEPT[0] = self

    return simple(Resurrecting)


def simple(cls: Any) -> Kind:
    return Kind(cls.__name__, pooled.pool_of(cls), cls, lambda *_: None, lambda _: 7, lambda _: True)


def makers() -> list[Callable[..., Kind]]:
    def fields(**limits: Any) -> Kind:
        return with_fields("attrs in slots", *FIELDS["attrs in slots"], **limits)

    def lists(**limits: Any) -> Kind:
        return container("List", **limits)

    return [with_attributes, with_slots, with_reset, with_keep, fields, lists, escaping, resurrecting]


@scenario("native")
def one_allocation_fails(run: Run) -> None:
    """Each allocation of each operation fails in turn: MemoryError or nothing is raised, and the counts are exact."""
    testcapi = hooks()
    pooled.enable()  # imports the modules that the operations would import on their first run
    tried = [(make, scope, *each) for make in makers() for scope in ("local", "global") for each in OPERATIONS]
    run.rng.shuffle(tried)
    shown, sys.stderr = sys.stderr, None
    try:
        while run.going():
            for make, scope, before, act in tried:
                if not run.going():
                    break
                sweep(run, testcapi, partial(new_world, make, max=4, scope=scope), before, act)
                gc.collect()
    finally:
        sys.stderr = shown
