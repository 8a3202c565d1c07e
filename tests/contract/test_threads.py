"""Contract line 9: any mix of threads hands each object to one owner; threads, forks and exits leave nothing behind."""

import dataclasses
import gc
import os
import queue
import random
import threading
import weakref

import effort
import limits
import pytest
from helpers import on_another_thread, run_python


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_each_object_has_one_owner_at_a_time(pooled, scope):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    threads, rounds = 4, 1500
    crossing = queue.Queue(maxsize=50)
    barrier = threading.Barrier(threads)
    faults = []

    @pooled.poolable(max=20, scope=scope)
    class Thing:
        def __init__(self):
            if vars(self):
                faults.append(f"dirty: {vars(self)}")

    def work(number):
        rng = random.Random(seed + number)
        held = []
        barrier.wait()
        for turn in range(rounds):
            what = rng.random()
            if what < 0.5 or not held:
                obj = Thing()
                obj.owner = tag = (number, turn)
                held.append((obj, tag))
                del obj
            elif what < 0.8:
                del held[rng.randrange(len(held))]
            elif what < 0.9:
                obj, tag = held.pop()
                del obj
            else:
                try:
                    crossing.put_nowait(held.pop())
                except queue.Full:
                    held.append(crossing.get())
            for obj, tag in held[-3:]:
                if obj.owner != tag:
                    faults.append(f"{obj.owner} is not {tag}")
                del obj
        del held

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while not crossing.empty():
        crossing.get()
    assert faults == []
    stats = pooled.pool_of(Thing).stats()
    assert stats.hits > 0
    assert stats.live == 0
    if scope == "global":
        assert stats.parked <= 20


def init_with_list(self, number):
    self.number = number
    self.part = []
    self.kind = list


def init_with_dict(self, number, *, more=None):
    self.kind = dict
    self.part = {}
    self.more = more
    self.number = number


def init_without_part(self, number):
    self.kind = None
    self.number = number


INITS = {list: init_with_list, dict: init_with_dict, None: init_without_part}
ATTRIBUTES = {list: ["number", "part", "kind"], dict: ["number", "part", "kind", "more"], None: ["number", "kind"]}


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
@pytest.mark.parametrize("slots", [(), ("number", "part", "kind", "more")], ids=["dict", "slots"])
def test_threads_construct_while_another_replaces_the_init(pooled, scope, slots):
    """Each object is as one `__init__` leaves it, without anything that another one made."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    threads, classes, changes, calls = 3, 3, 15, 150
    faults = []

    def construct(cls, number):
        obj = cls(number)
        found = [name for name in ("number", "part", "kind", "more") if hasattr(obj, name)]
        part = getattr(obj, "part", None)
        if obj.number != number or found != ATTRIBUTES[obj.kind] or part or type(part) is not (obj.kind or type(None)):
            faults.append((obj.kind, number, {name: getattr(obj, name) for name in found}))
        if obj.kind is list:
            part.append(number)
        elif obj.kind is dict:
            part[number] = number

    def work(cls, stop, number):
        barrier.wait()
        while not stop.is_set():
            number += threads
            construct(cls, number)

    for _ in range(classes):
        namespace = {"__init__": init_with_list} | ({"__slots__": slots} if slots else {})
        cls = pooled.poolable(scope=scope)(type("Thing", (), namespace))
        barrier, stop = threading.Barrier(threads + 1), threading.Event()
        workers = [threading.Thread(target=work, args=(cls, stop, number)) for number in range(threads)]
        for worker in workers:
            worker.start()
        barrier.wait()
        for change in range(changes):
            for number in range(calls):
                construct(cls, number)
            if rng.random() < 0.7:
                cls.__init__ = rng.choice([*INITS.values()])
                construct(cls, 0)
                pooled.field_reset(cls)  # reads the new one immediately
            else:
                cls.marker = change
        stop.set()
        for worker in workers:
            worker.join()
    assert not faults


@pytest.mark.needs_pool
def test_a_thread_that_ends_frees_its_local_pools(pooled):
    class Watched:
        pass

    deaths = []

    @pooled.poolable(reset="reset")
    class Thing:
        def __init__(self):
            self.kept = Watched()
            deaths.append(weakref.ref(self.kept))

        def reset(self): ...

    def use():
        alive = [Thing() for _ in range(5)]
        alive.clear()
        return len(pooled.pool_of(Thing)), all(death() is not None for death in deaths)

    assert on_another_thread(use) == (5, True)
    assert all(death() is None for death in deaths)
    stats = pooled.pool_of(Thing).stats()
    assert (stats.parked, stats.recycled, stats.misses) == (0, 5, 5)


@pytest.mark.needs_pool
def test_what_ended_threads_counted_is_not_lost(pooled):
    @pooled.poolable(scope="global")
    class Thing:
        pass

    def use():
        for _ in range(10):
            Thing()

    for _ in range(20):
        on_another_thread(use)
    stats = pooled.pool_of(Thing).stats()
    assert (stats.misses, stats.hits, stats.recycled, stats.parked) == (1, 199, 200, 1)


def drop_and_collect(*lists):
    """Drop objects on another thread, which collects after each; without a GIL, before their owner sees the drop."""

    def work():
        while lists[0]:
            for things in lists:
                things.pop()
            gc.collect()

    on_another_thread(work)


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_a_collection_takes_no_dropped_object_from_its_pool(pooled, scope):
    if limits.FREE_THREADED and pooled.engine == "reference":
        limits.skip("dropped-and-collected")

    class Plain:
        pass

    class Resetting:
        def reset(self): ...

    @dataclasses.dataclass
    class Record:
        items: list = dataclasses.field(default_factory=list)

    class Items(list):
        __slots__ = ()

    classes = [pooled.poolable(scope=scope)(cls) for cls in (Plain, Record, Items)]
    classes.append(pooled.poolable(scope=scope, reset="reset")(Resetting))
    lists = [[cls() for _ in range(4)] for cls in classes]
    drop_and_collect(*lists)
    for cls in classes:
        stats = pooled.pool_of(cls).stats()
        assert (stats.recycled, stats.collected, stats.live) == (4, 0, 0), cls
    assert vars(classes[1]()) == {"items": []}


@pytest.mark.needs_pool
def test_a_reset_never_sees_a_part_that_the_collector_finalized(pooled):
    seen = []

    class Part:
        def __init__(self):
            self.open = True

        def __del__(self):
            self.open = False

    @pooled.poolable(reset="reset")
    class Thing:
        def __init__(self):
            self.parts = [Part()]

        def reset(self):
            seen.extend(part.open for part in self.parts)

    drop_and_collect([Thing() for _ in range(4)])
    stats = pooled.pool_of(Thing).stats()
    assert False not in seen
    assert (stats.recycled + stats.collected, stats.live) == (4, 0)


FORK_DURING_AN_IMPORT = """
import importlib.abc, os, sys, threading, time, warnings
import pooled

warnings.simplefilter("ignore")  # about threads beside a fork
importing, forking = threading.Event(), threading.Event()

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "pooled._plan.init_reader":
            importing.set()
            forking.wait(10)
            time.sleep(0.2)  # a fork that does not wait comes now

sys.meta_path.insert(0, Slow())

def construct():
    @pooled.poolable
    class Planned:
        def __init__(self): self.a = 1
    for _ in range(20):
        Planned()

thread = threading.Thread(target=construct)
thread.start()
if pooled.engine == "native":
    importing.wait()
os.register_at_fork(before=forking.set)
child = os.fork()
if not child:
    import faulthandler
    faulthandler.dump_traceback_later(20, exit=True)
    construct()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
thread.join()
"""


@limits.skip_if("no-fork")
def test_a_fork_while_another_thread_reads_an_init(engine):
    assert run_python(FORK_DURING_AN_IMPORT, POOLED_ENGINE=engine) == (0, "")


@pytest.mark.needs_pool
@limits.skip_if("no-fork")
@pytest.mark.parametrize("scope", ["local", "global"])
def test_pools_work_after_a_fork(pooled, scope):
    @pooled.poolable(scope=scope)
    class Thing:
        def __init__(self, value):
            self.value = value

    Thing(0)
    alive = Thing(1)
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            Thing(2)
            pooled.stats()

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        child = os.fork()
        if not child:
            status = 1
            try:
                assert alive.value == 1
                del alive
                for value in range(100):
                    thing = Thing(value)
                    assert vars(thing) == {"value": value}
                    del thing
                assert pooled.pool_of(Thing).stats().hits > 0
                assert on_another_thread(lambda: Thing(3).value) == 3
                pooled.clear()
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        worker.join()
    again = Thing(4)
    assert again.value == 4


EXIT = """
import atexit, gc, sys, threading, weakref
import pooled
from pooled.containers import *

@pooled.poolable
class Thing:
    def __init__(self, *held):
        self.held = held

@pooled.poolable(scope="global", reset="reset")
class Resetting:
    def reset(self):
        self.other = Thing()
    def __del__(self):
        self.gone = True

in_a_global = Thing(List([1]), Resetting())
in_a_cycle = Thing(); in_a_cycle.me = in_a_cycle
in_a_module = sys.modules["somewhere"] = Thing(Dict(a=Thing()))
local = threading.local(); local.thing = Thing()
pool = pooled.GlobalPool(list)
proxied = pool.take()
ref = weakref.ref(proxied, lambda _: Thing())
chain = None
for _ in range(10_000):
    chain = Thing(chain)
Resetting(); Thing(); List(); del proxied
loan = pool.borrow(); loan.__enter__()
def in_a_block():
    with pool.borrow() as borrowed:
        yield borrowed
suspended = in_a_block(); next(suspended)

def in_a_daemon(started=threading.Event()):
    mine = Thing()
    started.set()
    while True:
        Thing(List([2]))
threading.Thread(target=in_a_daemon, daemon=True).start()
atexit.register(lambda kept=Thing(): Thing(kept))

class Last:
    thing = Thing()
    def __del__(self, Thing=Thing, collect=gc.collect):
        Thing(self)
        collect()
last = Last()
"""


@limits.skip_if("no-pool")
def test_nothing_happens_at_exit(engine):
    for _ in range(effort.pick(short=1, long=3)):
        assert run_python(EXIT, POOLED_ENGINE=engine) == (0, "")


@pytest.mark.needs_pool
def test_exit_from_a_thread_with_everything_in_use(engine):
    code = EXIT + "\nthreading.Thread(target=lambda held=[Thing(), List(), chain]: held.clear()).start()"
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


@limits.skip_if("no-pool")
def test_exit_with_everything_frozen(engine):
    """Without a GIL, the engine stops threads by means of the collector, which finds no object then."""
    assert run_python(EXIT + "\nimport gc, sys\ngc.freeze()\nsys.exit(3)", POOLED_ENGINE=engine) == (3, "")


def test_memory_of_many_short_threads_levels_off(engine):
    code = """
import gc, sys, threading
import pooled

@pooled.poolable
class Thing: pass

at_the_end = threading.local()

def use():
    at_the_end.thing = Thing()  # dropped while the thread is torn down
    for _ in range(3): Thing()

def churn(threads):
    for _ in range(threads):
        thread = threading.Thread(target=use); thread.start(); thread.join()
    gc.collect()
    return sys.getallocatedblocks()

churn(200)
before = churn(200)
grown = churn(1000) - before
stats = pooled.pool_of(Thing).stats()
assert stats.live == 0, stats
assert grown < 1000, grown
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


@pytest.mark.needs_pool
def test_threads_see_the_same_exact_counts(pooled):
    @pooled.poolable(scope="global", max=8)
    class Thing:
        pass

    threads, each = 4, 2000
    barrier = threading.Barrier(threads)

    def work():
        barrier.wait()
        for _ in range(each):
            Thing()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    stats = pooled.pool_of(Thing).stats()
    assert stats.taken == threads * each
    assert stats.live == 0
    assert stats.parked <= 8
