"""Trace and profile functions, `sys.monitoring` and garbage collections at every step see valid objects."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from .object_kinds import Kind, check_at_rest, check_blank, check_token, kinds, use
from .scenario import Run, scenario

Meddle = Callable[[], None]


@contextmanager
def trace(meddle: Meddle) -> Iterator[None]:
    def function(frame, event, arg):
        frame.f_trace_opcodes = True
        meddle()
        return function

    sys.settrace(function)
    try:
        yield
    finally:
        sys.settrace(None)


@contextmanager
def profile(meddle: Meddle) -> Iterator[None]:
    sys.setprofile(lambda frame, event, arg: meddle())
    try:
        yield
    finally:
        sys.setprofile(None)


@contextmanager
def monitor(meddle: Meddle) -> Iterator[None]:
    monitoring: Any = getattr(sys, "monitoring", None)
    if monitoring is None:  # Python 3.11
        yield
        return
    busy = False

    def callback(*args: object) -> None:
        nonlocal busy
        if not busy:
            busy = True
            meddle()
            busy = False

    events = monitoring.events
    chosen = events.CALL | events.LINE | events.PY_START | events.PY_RETURN | events.INSTRUCTION
    monitoring.use_tool_id(4, "stress")
    for event in (events.CALL, events.LINE, events.PY_START, events.PY_RETURN, events.INSTRUCTION):
        monitoring.register_callback(4, event, callback)
    monitoring.set_events(4, chosen)
    try:
        yield
    finally:
        monitoring.set_events(4, 0)
        monitoring.free_tool_id(4)


@contextmanager
def collections(meddle: Meddle) -> Iterator[None]:
    former = gc.get_threshold()
    busy = False

    def callback(phase: str, info: object) -> None:
        nonlocal busy
        if not busy:
            busy = True
            meddle()
            busy = False

    gc.callbacks.append(callback)
    gc.set_threshold(1, 1, 1)
    try:
        yield
    finally:
        gc.set_threshold(*former)
        gc.callbacks.remove(callback)


def work(kind: Kind, rng: Random, steps: int) -> None:
    held: list[tuple[Any, int]] = []
    for token in range(1, steps):
        obj = kind.make()
        check_blank(kind, obj)
        kind.fill(obj, token)
        held.append((obj, token))
        del obj
        if rng.random() < 0.6:
            obj, put = held.pop(rng.randrange(len(held)))
            check_token(kind, obj, put)
            del obj


@scenario()
def watched_at_every_step(run: Run) -> None:
    """Functions that the interpreter calls at each event use the same pools, and collect."""
    ways = [trace, profile, monitor, collections]
    tried = kinds(max=4, scope="local") + kinds(max=4, scope="global")
    seen: list[Any] = []

    def meddle(kind: Kind, rng: Random) -> None:
        run.operations += 1
        what = rng.random()
        if what < 0.02:
            gc.collect(rng.randrange(3))
        elif what < 0.08:
            use(kind, 999)
        elif what < 0.09:
            kind.pool.clear()
        elif what < 0.1:
            kind.pool.resize(max=rng.choice([0, 1, 4]))
        elif what < 0.105:
            seen.append(sys._getframe(2))
            del seen[:-2]

    while run.going():
        kind, way = run.rng.choice(tried), run.rng.choice(ways)
        rng = Random(run.rng.randrange(1 << 32))
        with way(lambda kind=kind, rng=rng: meddle(kind, rng)):
            work(kind, rng, 12)
    seen.clear()
    gc.collect()
    for kind in tried:
        kind.pool.resize(max=4)
        stats = kind.pool.stats()
        assert stats.live == 0, f"{kind.name}: {stats}"


@scenario()
def collected_at_every_step(run: Run) -> None:
    """Objects inside and outside of cycles, with a full collection after each step, and with threshold 1."""
    tried = kinds(max=4, scope="local")
    gc.set_threshold(1, 1, 1)
    while run.going():
        kind = run.rng.choice(tried)
        kept: list[Any] = []
        for token in range(1, 10):
            obj = kind.make()
            gc.collect()
            check_blank(kind, obj)
            kind.fill(obj, token)
            gc.collect()
            check_token(kind, obj, token)
            cycle = [obj]
            cycle.append(cycle)
            kept.append((obj, token, cycle if token % 2 else None))
            del obj, cycle
            if token % 3 == 0:
                kept.pop(0)
                gc.collect()
            run.operations += 1
        for obj, token, _ in kept:
            check_token(kind, obj, token)
        del obj, _
        kept.clear()
    gc.collect()
    for kind in tried:
        check_at_rest(kind, parked=4)
