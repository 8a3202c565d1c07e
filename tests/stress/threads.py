"""Threads start, end, and hand objects to each other: memory levels off, and the counts add up."""

import gc
import queue
import sys
import threading
import weakref
from pathlib import Path

import pooled

from .object_kinds import check_at_rest, check_blank, check_token, kinds, use
from .run_threads import run_threads
from .scenario import Run, scenario

PAGES = Path("/proc/self/statm")


def resident() -> int:
    """Megabytes of memory in use; 0 if the system does not report it."""
    return int(PAGES.read_text().split()[1]) * 4096 >> 20 if PAGES.exists() else 0


@scenario()
def short_threads(run: Run) -> None:
    """10,000 threads use pools and end: memory levels off, and no pool of a dead thread survives."""
    locals_, globals_ = kinds(max=8, scope="local"), kinds(max=8, scope="global")
    at_the_end = threading.local()
    kept: list[weakref.ref[object]] = []

    class Watched:
        pass

    @pooled.poolable(reset="reset")
    class Keeping:
        def __init__(self):
            self.part = Watched()

        def reset(self): ...

    def use_some(number: int) -> None:
        for kind in (locals_[number % len(locals_)], globals_[number * 7 % len(globals_)]):
            use(kind, number + 1)
            use(kind, number + 1)
            at_the_end.last = kind.make()  # dropped while the thread exits
        kept.append(weakref.ref(pooled.take(Keeping).part))

    def churn(count: int) -> tuple[int, int]:
        for number in range(count):
            thread = threading.Thread(target=use_some, args=(number,))
            thread.start()
            thread.join()
            run.operations += 1
        assert not any(part() for part in kept), "what a dead thread had parked is alive"
        kept.clear()
        gc.collect()
        return sys.getallocatedblocks(), resident()

    part = max(run.share(10_000) // 10, len(locals_) * 3)
    for _ in range(3):
        churn(part)
    blocks, megabytes = churn(part)
    for _ in range(5):
        churn(part)
    blocks_now, megabytes_now = churn(part)
    assert blocks_now - blocks < 300, f"{blocks_now - blocks} blocks more after {6 * part} threads"
    assert megabytes_now - megabytes < 8, f"{megabytes_now - megabytes} MB more after {6 * part} threads"
    for kind in locals_:
        check_at_rest(kind, parked=0)
    for kind in globals_:
        check_at_rest(kind, parked=8)


def produce_and_consume(run: Run, scope: str) -> None:
    most = run.rng.choice((64, 512))
    tried = kinds(max=most, scope=scope)
    waiting: queue.Queue = queue.Queue(maxsize=40)
    producers = consumers = 2

    def produce(rng, number):
        for step in range(400):
            kind, token = rng.choice(tried), number * 1000 + step + 1
            obj = kind.make()
            check_blank(kind, obj)
            kind.fill(obj, token)
            waiting.put((kind, obj, token))
            del obj
        waiting.put(None)
        return 400

    def consume(rng, number):
        while (item := waiting.get()) is not None:
            check_token(*item)
            del item
        return 0

    rounds = 0
    while run.going():
        run_threads(run, producers + consumers, lambda rng, n: (produce if n < producers else consume)(rng, n))
        rounds += 1
    taken = sum(kind.pool.stats().taken for kind in tried)
    assert taken == rounds * producers * 400, (taken, rounds)
    for kind in tried:
        check_at_rest(kind, parked=most)


@scenario()
def producers_global(run: Run) -> None:
    """Producers take and consumers drop, with global pools: each object is counted once."""
    produce_and_consume(run, "global")


@scenario()
def producers_local(run: Run) -> None:
    """The same with local pools: consumers park the objects that they drop."""
    produce_and_consume(run, "local")
