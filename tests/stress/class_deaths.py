"""Classes and pools are freed while their objects are alive or parked: nothing leaks, and nothing crashes."""

import gc
import sys
import threading
import weakref
from typing import Any

import pooled

from .object_kinds import check_token, kinds, use
from .scenario import Run, gil_is_on, scenario


def used_kinds(run: Run) -> tuple[list[Any], list[weakref.ref[Any]]]:
    """Objects, some of them parked, of classes without other references; and weak references to classes and pools."""
    made = kinds(max=5, scope=run.rng.choice(["local", "global"]))
    held, refs = [], []
    for kind in made:
        for token in range(1, 4):
            use(kind, token)
        obj = kind.make()
        kind.fill(obj, 7)
        refs.append(weakref.ref(kind.pool))
        if obj.__class__ is not list:
            refs.append(weakref.ref(obj.__class__))
        held.append((kind.read, obj))
        run.operations += 1
        del obj
    return held, refs


def check_gone(refs: list[weakref.ref[Any]]) -> None:
    for _ in range(5):
        gc.collect()
    left = [ref() for ref in refs if ref() is not None]
    assert not left, f"still there: {left}"


def held_alone(run: Run) -> None:
    held, refs = used_kinds(run)
    gc.collect()
    for read, obj in held:
        assert read(obj) == 7
    run.rng.shuffle(held)
    del read, obj
    while held:
        held.pop()
        if run.rng.random() < 0.2:
            gc.collect()
    check_gone(refs)


def held_in_cycles(run: Run) -> None:
    held, refs = used_kinds(run)
    cycle = [*held]
    cycle.append(cycle)
    for _, obj in held:
        if run.rng.random() < 0.5 and isinstance(obj.__class__, type) and obj.__class__ is not list:
            try:
                obj.__class__.me = obj
            except (AttributeError, TypeError):
                continue
    del held, cycle, obj
    check_gone(refs)


def held_by_a_thread(run: Run) -> None:
    """A thread drops the last objects of the classes, and has parked others."""
    go, results = threading.Event(), []

    def hold():
        held, refs = used_kinds(run)
        results.append(refs)
        go.wait()
        held.clear()

    thread = threading.Thread(target=hold)
    thread.start()
    while not results:
        gc.collect()
    go.set()
    thread.join()
    check_gone(results[0])


@scenario()
def classes_that_die(run: Run) -> None:
    """Classes of each kind are created and dropped, with objects alive, parked, in cycles and on threads: no leak."""
    ways = [held_alone, held_in_cycles]
    if gil_is_on() or sys.version_info >= (3, 14):  # free-threaded 3.13 never frees a class once a thread has run
        ways.append(held_by_a_thread)
    for way in ways:
        way(run)
    counts = []
    while len(counts) < 4 or run.going():
        for way in ways:
            way(run)
        counts.append(sys.getallocatedblocks())
    grown = counts[-1] - counts[1]
    assert grown < 30 * len(counts) + 200, f"blocks: {counts}"


@scenario()
def classes_that_die_when_out(run: Run) -> None:
    """The last object frees its class: in `reset`, in a callback, and while another object is being freed."""
    while run.going():

        @pooled.poolable(max=run.rng.choice([0, 5]), scope=run.rng.choice(["local", "global"]))
        class Thing:
            def __init__(self, kept=None):
                self.kept = kept

        @pooled.poolable(reset="reset")
        class Resetting:
            def __init__(self):
                self.kept = []

            def reset(self):
                self.kept.clear()
                gc.collect()

        ref = weakref.ref(Thing)
        Thing(Thing())
        last = pooled.take(Resetting)
        last.kept.append(Thing(Thing(pooled.GlobalPool(Thing))))
        last.kept.append(weakref.ref(last.kept[0], lambda _: gc.collect()))
        chain = None
        for _ in range(run.rng.randrange(200)):
            chain = Thing(chain)
        last.kept.append(chain)
        del Thing, chain
        del last, Resetting
        gc.collect()
        gc.collect()
        assert ref() is None
        run.operations += 1


@scenario()
def pools_that_die(run: Run) -> None:
    """Second pools of a class are freed while their objects are live."""
    tried = [kind for kind in kinds(max=5) if kind.name != "Array"]
    while run.going():
        kind = run.rng.choice(tried)
        factory = kind.make().__class__ if kind.name != "function" else list
        pool = run.rng.choice([pooled.GlobalPool, pooled.LocalPool])(factory, max=3)
        taken = [pool.take() for _ in range(5)]
        for token, obj in enumerate(taken, 1):
            if kind.name not in ("attributes", "slots"):
                assert kind.is_blank(obj)
            kind.fill(obj, token)
        del taken[:2]
        ref = weakref.ref(pool)
        del pool, obj
        gc.collect()
        for token, obj in enumerate(taken, 3):
            check_token(kind, obj, token)
        del obj
        taken.clear()
        gc.collect()
        assert ref() is None
        run.operations += 5
