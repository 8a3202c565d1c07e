"""A program that looks for leaks: it creates and frees objects of one kind in every way, and prints what grows.

    python leak_program.py KIND ROUNDS

Each way runs for this many rounds at a time. It levels off if the allocated blocks, the references and the resident
pages do not grow from one time to the next. It has several attempts, because CPython's free lists must fill first.
"""

import copy
import dataclasses
import functools
import gc
import os
import pickle
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path

import attrs

import pooled
from pooled import containers
from pooled.arc import Arc, Cell, TArc
from pooled.containers import BufferPool

MOST = 4000  # a way must level off within this many rounds, but has at least 24 attempts
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
SLACK = 128 << 10  # bytes that the allocator may keep or return

payload = ("some payload that nobody else has",)
kept = []
sys.unraisablehook = lambda args: None  # the errors are raised on purpose


class Subject:
    """The object under test of a kind: how to take and fill it."""

    def __init__(self, pool, fill, cls=None, reset=None, hold=None):
        self.pool = pool
        self.fill = fill
        self.cls = cls
        self.reset = reset
        self.hold = hold  # makes an object refer to another; None if its kind cannot

    def take(self):
        obj = self.pool.take()
        self.fill(obj)
        return obj


def fill_attributes(obj):
    obj.a = payload


def hold_in_attribute(obj, other):
    obj.a = other


def of_class(define, fill=fill_attributes, hold=hold_in_attribute, **always):
    """A kind of class: `define()` returns the class to decorate."""

    def make(**options):
        cls = pooled.poolable(**always, **options)(define())
        return Subject(pooled.pool_of(cls), fill, cls, hold=hold)

    return make


def of_metaclass(base=(), meta=pooled.PooledMeta, **namespace):
    """A class that is poolable by its metaclass; with `base`, its base class is poolable, too."""

    def make(**options):
        own = {"__init__": initialise, "__module__": __name__, **namespace}
        if base:
            cls = meta("Thing", (meta("Parent", (), own),), {"__module__": __name__}, **options)
        else:
            cls = meta("Thing", (), own, **options)
        return Subject(pooled.pool_of(cls), fill_attributes, cls, hold=hold_in_attribute)

    return make


def of_container(cls, fill, hold=None):
    def make(**options):
        pool = pooled.GlobalPool(cls, **options) if options else pooled.pool_of(cls)
        return Subject(pool, fill, cls, hold=hold)

    return make


def of_pool(kind, factory, fill, hold=None, reset=None):
    """A pool of a class that cannot be hooked, which hands out proxies."""

    def make(**options):
        options.setdefault("reset", reset)
        return Subject(kind(factory, **options), fill, hold=hold)

    return make


# Kinds.


def initialise(self, a=None):
    self.a = a


def plain():
    return type("Thing", (), {"__init__": initialise})


def slots():
    return type("Thing", (), {"__slots__": ("a", "b", "__weakref__"), "__init__": initialise})


def child():
    return type("Thing", (slots(),), {})


class Unhooked:
    def __init__(self):
        self.a = []


def fields(package, **options):
    """A class with fields of every kind."""
    define = {"attrs": attrs.define, "dataclass": dataclasses.dataclass}[package]
    made = {"attrs": lambda f: attrs.field(factory=f), "dataclass": lambda f: dataclasses.field(default_factory=f)}

    def define_class():
        namespace = {name: made[package](f) for name, f in (("items", list), ("table", dict), ("seen", set))}
        namespace |= {"a": None, "size": 3, "made": made[package](lambda: [payload])}
        namespace["__annotations__"] = dict.fromkeys(namespace, object)
        return define(**options)(type("Thing", (), namespace))

    return define_class


def fill_fields(obj):
    obj.items.append(payload)
    obj.table[1] = payload
    obj.seen.add(payload)


def hold_in_items(obj, other):
    obj.items.append(other)


def with_parts():
    def init(self, a=None):
        self.a, self.rows, self.names = a, [], {}

    return type("Thing", (), {"__init__": init})


def fill_parts(obj):
    obj.a = payload
    obj.rows.append(payload)
    obj.names[1] = payload


def empty_parts(obj):
    obj.a = None
    obj.rows.clear()
    obj.names.clear()


def nested():
    part = pooled.poolable(fields("attrs")())
    namespace = {"a": None, "part": attrs.field(factory=part), "rows": attrs.field(factory=containers.List)}
    namespace["__annotations__"] = dict.fromkeys(namespace, object)
    return attrs.define(type("Thing", (), namespace))


def fill_nested(obj):
    fill_fields(obj.part)
    obj.rows.append(payload)


def put_in(obj, other):
    obj[1] = other


def set_default(obj):
    obj[1] = payload


def hold_in_list(obj, other):
    obj.append(other)


def fill_list(obj):
    obj.extend([payload] * 20)


def fill_bytes(obj):
    obj.extend(b"x" * 100)


ARRAYS = None
KINDS = {
    "dict": of_class(plain),
    "slots": of_class(slots),
    "inherited": of_class(child),
    "capacity": of_class(plain, capacity=lambda obj: 5),
    "reset": of_class(with_parts, fill_parts, reset=empty_parts),
    "keep": of_class(with_parts, fill_parts, keep=("rows", "names")),
    "metaclass": of_metaclass(),
    "metaclass, inherited": of_metaclass(base=("a",)),
    "abstract": of_metaclass(meta=pooled.PooledABCMeta, __slots__=("a", "__weakref__")),
    "attrs": of_class(fields("attrs"), fill_fields),
    "attrs in a dict": of_class(fields("attrs", slots=False), fill_fields),
    "attrs, frozen": of_class(fields("attrs", frozen=True), fill_fields, hold_in_items),
    "dataclass": of_class(fields("dataclass"), fill_fields),
    "dataclass in slots": of_class(fields("dataclass", slots=True), fill_fields),
    "nested": of_class(nested, fill_nested),
    "List": of_container(containers.List, fill_list, hold_in_list),
    "Dict": of_container(containers.Dict, set_default, put_in),
    "Set": of_container(containers.Set, lambda obj: obj.update([payload, *range(20)])),
    "Deque": of_container(containers.Deque, fill_list, hold_in_list),
    "OrderedDict": of_container(containers.OrderedDict, set_default, put_in),
    "DefaultDict": of_container(containers.DefaultDict, set_default, put_in),
    "Counter": of_container(containers.Counter, set_default, put_in),
    "ByteArray": of_container(containers.ByteArray, fill_bytes),
    "BytesIO": of_container(containers.BytesIO, lambda obj: obj.write(b"x" * 100)),
    "StringIO": of_container(containers.StringIO, lambda obj: obj.write("x" * 100)),
    "list, by proxy": of_pool(pooled.GlobalPool, list, fill_list, hold_in_list),
    "unhooked, by proxy": of_pool(pooled.LocalPool, Unhooked, fill_attributes, hold_in_attribute),
    "function, by proxy": of_pool(pooled.GlobalPool, dict, set_default, put_in, reset=dict.clear),
}


# Ways to free an object.

WAYS = {}


def way(*needs, **options):
    """A way to free an object; `needs` are the attributes that a kind must have, `options` those of the pool."""

    def register(function):
        WAYS[function.__name__.replace("_", " ")] = (function, needs, options)
        return function

    return register


@way()
def dropped(stock):
    stock.take()


@way()
def recycled_and_taken(stock):
    first, second = stock.take(), stock.take()
    del first, second
    first, second = stock.take(), stock.pool.try_take()
    stock.fill(first)


@way("cls")
def called(stock):
    obj = stock.cls()
    stock.fill(obj)
    del obj
    stock.cls()


@way("cls")
def blank(stock):
    stock.cls.__new__(stock.cls)


@way(max=0)
def full(stock):
    stock.take()


@way(max=1)
def full_by_another(stock):
    both = [stock.take(), stock.take()]
    del both


@way(max_cap=1, capacity=lambda obj: 2)
def large(stock):
    stock.take()


@way(capacity=lambda obj: 1 / 0)
def capacity_raises(stock):
    stock.take()


@way(reset=lambda obj: 1 / 0)
def reset_raises(stock):
    stock.take()


@way(reset=lambda obj: False)
def reset_refuses(stock):
    stock.take()


@way(reset=kept.append)
def reset_keeps_it(stock):
    stock.take()
    kept.clear()


@way("cls")
def init_raises(stock):
    stock.take()
    try:
        stock.cls(*[payload] * 50)
    except TypeError:
        pass
    else:
        raise AssertionError("it takes what it should not")


@way("hold")
def in_a_cycle(stock):
    obj = stock.take()
    stock.hold(obj, [obj])
    del obj
    gc.collect(0)


@way("hold")
def in_a_cycle_of_two(stock):
    first, second = stock.take(), stock.take()
    stock.hold(first, second)
    stock.hold(second, first)
    del first, second
    gc.collect(0)


@way("hold")
def in_a_chain(stock):
    obj = stock.take()
    for _ in range(5):
        following = stock.take()
        stock.hold(following, obj)
        obj = following


@way()
def detached(stock):
    pooled.detach(stock.take())


@way("cls")
def orphaned(stock):
    obj = pooled.orphan(stock.cls)
    stock.fill(obj)


@way("cls")
def assigned(stock):
    if not hasattr(stock, "second"):
        stock.second = pooled.GlobalPool(stock.cls, max=2)
    obj = pooled.assign(stock.take(), stock.second)
    del obj
    stock.second.take()


@way()
def on_a_thread_that_ends(stock):
    thread = threading.Thread(target=dropped, args=(stock,))
    thread.start()
    thread.join()


@way()
def on_another_thread(stock):
    box = [stock.take()]
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()


@way()
def cleared(stock):
    stock.take()
    assert stock.pool.clear() > 0


@way()
def pruned(stock):
    both = [stock.take(), stock.take()]
    del both
    assert stock.pool.prune() > 0


@way(max=3)
def resized(stock):
    several = [stock.take() for _ in range(3)]
    del several
    stock.pool.resize(max=1)
    stock.pool.resize(max=3)


@way()
def prefilled(stock):
    stock.pool.clear()
    stock.pool.prefill(3)


@way()
def borrowed(stock):
    with stock.pool.borrow() as obj:
        stock.fill(obj)
        del obj


@way()
def watched(stock):
    obj = stock.take()
    try:
        reference = weakref.ref(obj, lambda _: None)
    except TypeError:
        reference = None  # its class has no slot for one
    del obj, reference


@way()
def by_an_exception(stock):
    def fail():
        obj = stock.take()
        raise ValueError

    with suppress(ValueError):
        fail()


@way("cls")
def copied(stock):
    obj = stock.take()
    copy.copy(obj)


def memory_kinds():
    """Pools of memory and shared cells, which have other ways."""
    buffers, cells = BufferPool(max_bytes=1 << 20), pooled.GlobalPool(Cell)

    def buffer_dropped():
        buffer = buffers.take(5000)
        buffer[:3] = b"abc"

    def buffer_sliced():
        part = buffers.take(5000)[10:20]
        del part

    def buffer_large():
        buffers.take(2 << 20)

    def buffer_on_a_thread():
        thread = threading.Thread(target=buffer_dropped)
        thread.start()
        thread.join()

    def buffer_cleared():
        buffers.take(300)
        buffers.clear()

    def buffer_in_a_cycle():
        cycle = [buffers.take(300)]
        cycle.append(cycle)
        del cycle
        gc.collect(0)

    def shared(cls, pool):
        first = cls([payload], pool)
        second = first.clone()
        del first
        second.get_mut().append(second.get())
        second.get().clear()

    def shared_in_a_cycle(cls):
        value = []
        value.append(cls(value, cells))
        del value
        gc.collect(0)

    def shared_on_a_thread(cls):
        box = [cls(payload, cells).clone()]
        thread = threading.Thread(target=box.clear)
        thread.start()
        thread.join()

    buffer_ways = (buffer_dropped, buffer_sliced, buffer_large, buffer_on_a_thread, buffer_cleared, buffer_in_a_cycle)
    yield "BufferPool", {way.__name__: way for way in buffer_ways}
    for cls in (Arc, TArc):
        yield (
            cls.__name__,
            {
                "dropped": functools.partial(shared, cls, cells),
                "in no pool": functools.partial(shared, cls, False),
                "in a cycle": functools.partial(shared_in_a_cycle, cls),
                "on another thread": functools.partial(shared_on_a_thread, cls),
            },
        )


def array_kind():
    """Pools of numpy arrays."""
    import numpy as np

    from pooled.contrib.numpy import ArrayPool

    pool = ArrayPool(max_bytes=1 << 20)

    def dropped():
        pool.take((10, 20), np.uint8)[0] = 1

    def sliced():
        part = pool.take((10, 20), np.float64)[2:3].T
        del part

    def large():
        pool.take((2 << 20,), np.uint8)

    def in_a_cycle():
        array = pool.take((2,), np.int64)
        cycle = [array, memoryview(array)]
        cycle.append(cycle)
        del cycle, array
        gc.collect(0)

    def pickled():
        pickle.loads(pickle.dumps(pool.take((3,), np.int8)))

    def cleared():
        pool.take((300,), np.int8)
        pool.clear()

    return {way.__name__: way for way in (dropped, sliced, large, in_a_cycle, pickled, cleared)}


# Measuring.


def resident():
    """The resident bytes of the process; 0 if the system does not report them."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * PAGE
    except OSError:
        return 0


def measure(watched_objects):
    gc.collect()
    references = [sys.getrefcount(each) for each in watched_objects]
    total = sys.gettotalrefcount() if hasattr(sys, "gettotalrefcount") else 0
    return sys.getallocatedblocks(), total, references, resident()


def growth(before, after):
    """The growth of blocks, of references to all objects, of references to the watched objects, and of bytes."""
    return (
        after[0] - before[0],
        after[1] - before[1],
        [now - then for now, then in zip(after[2], before[2], strict=True)],
        after[3] - before[3],
    )


def levels_off(run, rounds, watched_objects):
    """None if a way levels off; otherwise its last growth."""
    few = max(1, rounds // 100)  # noise of the interpreter
    before = after = grown = None
    for _ in range(max(24, MOST // rounds)):
        for _ in range(rounds):
            run()
        before, after = after, measure(watched_objects)
        if before is not None:
            grown = growth(before, after)
            blocks, total, references, pages = grown
            if blocks <= few and total <= few and not any(references) and pages <= SLACK:
                return None
    return grown


def stocks(make):
    """The ways of a kind, each with the object under test."""
    for name, (function, needs, options) in WAYS.items():
        try:
            stock = make(**options)
        except TypeError as error:
            if "keep=" in str(error) or "multiple values" in str(error):
                continue  # it has its own reset
            raise
        if all(getattr(stock, need) is not None for need in needs):
            yield name, stock, functools.partial(function, stock)


def runs(kind):
    """The runs of a kind: the name of each way, the way, and the objects whose references are counted."""
    special = dict(memory_kinds())
    if kind == "ArrayPool":
        special[kind] = array_kind()
    for name, function in special.get(kind, {}).items():
        yield name, function, [payload]
    if kind not in special:
        for name, stock, run in stocks(KINDS[kind]):
            yield name, run, [payload, stock.pool, *([stock.cls] if stock.cls is not None else [])]


def main(kind, rounds):
    leaks = []
    ways = list(runs(kind))
    gc.collect()
    gc.freeze()  # collections then skip the objects that exist by now
    for name, run, watched_objects in ways:
        grown = levels_off(run, rounds, watched_objects)
        if grown is not None:
            leaks.append(f"{kind}, {name}: in {rounds} rounds {grown} more, of blocks, references, ours, bytes")
    print(*leaks, sep="\n")
    if not ways:
        print("nothing was run")
    return 1 if leaks or not ways else 0


ALL_KINDS = [*KINDS, *(name for name, _ in memory_kinds()), "ArrayPool"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
