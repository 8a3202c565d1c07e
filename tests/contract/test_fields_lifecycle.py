"""The contract holds for objects reset by fields: in every pool, on every thread, in chains and cycles."""

import copy
import gc
import itertools
import pickle
import queue
import random
import threading
import weakref
from typing import Any

import attrs
import effort
import limits
import pytest
from conftest import load
from field_kinds import Payload, check_counts, error_of, is_set, two_kinds
from helpers import drop_chain, on_another_thread, run_python


@pytest.fixture
def message(pooled, kind):
    @pooled.poolable
    @kind.define
    class Message:
        topic: str
        size: int = 3
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)

    return Message


def is_fresh(obj):
    """Whether an object of `message` is as `take` is to give it."""
    return not is_set(obj, "topic") and (obj.size, obj.items, obj.table) == (3, [], {})


def fill(obj):
    obj.items.append(1)
    obj.table["a"] = 1


# Pools.


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", ["LocalPool", "GlobalPool"])
def test_a_pool_beside_the_pool_of_the_class(pooled, message, name):
    pool = getattr(pooled, name)(message, max=2)
    obj = pool.take()
    assert is_fresh(obj)
    identity = id(obj.items)
    fill(obj)
    del obj
    others = [[], []]
    obj = pool.take(topic="t")
    assert (obj.topic, obj.items, id(obj.items)) == ("t", [], identity)
    fill(obj)
    del obj
    with pool.borrow() as obj:
        assert is_fresh(obj)
        fill(obj)
    del obj
    assert is_fresh(pool.try_take())
    pool.clear()
    assert pool.prefill(5) == 2
    assert is_fresh(pool.take())
    stats = pool.stats()
    assert (stats.misses, stats.live, stats.taken) == (1, 0, stats.recycled)
    check_counts(pooled, message)


@pytest.mark.needs_pool
def test_an_assigned_object_is_emptied_into_its_new_pool(pooled, message):
    pool = pooled.GlobalPool(message)
    obj = pooled.assign(message(topic="t"), pool)
    identity = id(obj.items)
    fill(obj)
    del obj
    check_counts(pooled, message, misses=1, detached=1)
    assert pool.stats() == pooled.Stats(misses=1, recycled=1, parked=1)
    obj = pool.take()
    assert is_fresh(obj)
    assert id(obj.items) == identity
    fill(obj)
    obj = pooled.assign(obj, pooled.pool_of(message))
    del obj
    assert is_fresh(pooled.take(message))


@pytest.mark.needs_pool
def test_a_detached_object_dies_as_it_was(pooled, kind):
    last_words = []

    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

        def __del__(self):
            last_words.append(list(self.items))

    thing = pooled.take(Thing)
    thing.items.append(1)
    pooled.detach(thing)
    del thing
    assert last_words == [[1]]
    check_counts(pooled, Thing, misses=1, detached=1)


def test_an_orphan_is_in_no_pool(pooled, message):
    obj = pooled.orphan(message, topic="t", items=[5])
    assert (obj.topic, obj.size, obj.items, obj.table) == ("t", 3, [5], {})
    kept = obj.items
    del obj
    assert kept == [5]
    check_counts(pooled, message)


@pytest.mark.needs_pool
def test_a_pool_of_a_class_that_is_not_poolable(pooled, kind):
    @kind.define
    class Thing:
        size: int = 3
        items: list = kind.field(factory=list)

    for pool in (pooled.LocalPool(Thing), pooled.GlobalPool(Thing)):
        for _ in range(3):
            thing = pool.take()
            assert (thing.size, thing.items) == (3, [])
            thing.items.append(1)
            del thing
        assert pool.stats() == pooled.Stats(misses=1, hits=2, recycled=3, parked=1)


# Threads.


@pytest.mark.needs_pool
def test_an_object_is_emptied_on_the_thread_that_drops_it(pooled, kind, free_threaded):
    names = []

    class Watcher:
        def __del__(self):
            names.append(threading.current_thread().name)

    for scope in ("local", "global"):

        @pooled.poolable(scope=scope)
        @kind.define
        class Thing:
            items: list = kind.field(factory=list)

        box = [pooled.take(Thing)]
        box[0].items.append(Watcher())
        on_another_thread(box.clear)
        if not free_threaded:  # CPython may drop the last reference on the thread that created the object
            assert names.pop() == "other"
        stats = pooled.pool_of(Thing).stats()
        assert (stats.recycled, stats.live) == (1, 0)
        assert pooled.take(Thing).items == []
        assert on_another_thread(lambda cls=Thing: pooled.take(cls).items) == []


@pytest.mark.needs_pool
def test_a_thread_that_ends_frees_what_its_objects_kept(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        parts: Any = kind.field(factory=set)

    deaths = []

    class Watched:
        def __init__(self):
            deaths.append(weakref.ref(self))

    def use():
        alive = [pooled.take(Thing) for _ in range(5)]
        for thing in alive:
            thing.parts.add(Watched())
        del thing
        alive.clear()
        return len(pooled.pool_of(Thing))

    assert on_another_thread(use) == 5
    assert len(deaths) == 5
    assert all(death() is None for death in deaths)
    check_counts(pooled, Thing, misses=5, recycled=5)


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_each_object_and_each_container_has_one_owner_at_a_time(pooled, kind, scope):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    threads, rounds = 4, 250
    crossing = queue.Queue(maxsize=20)
    barrier = threading.Barrier(threads)
    faults = []

    @pooled.poolable(max=10, scope=scope)
    @kind.define
    class Thing:
        tag: Any = None
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)

    def own(tag, how):
        thing = pooled.take(Thing, tag=tag) if how else Thing(tag=tag)
        if (thing.items, thing.table) != ([], {}):
            faults.append(f"dirty: {thing.items} {thing.table}")
        thing.items.extend([tag] * 3)
        thing.table[tag] = tag
        return thing

    def check(thing):
        tag = thing.tag
        if (thing.items, thing.table) != ([tag] * 3, {tag: tag}):
            faults.append(f"{tag}: {thing.items} {thing.table}")

    def work(number):
        rng = random.Random(seed + number)
        held, shared = [], []
        barrier.wait()
        for turn in range(rounds):
            what = rng.random()
            if what < 0.5 or not held:
                held.append(own((number, turn), rng.random() < 0.7))
            elif what < 0.7:
                check(held.pop(rng.randrange(len(held))))
            elif what < 0.8:
                thing = held.pop()
                shared.append((thing.items, list(thing.items)))
                del thing
            else:
                try:
                    crossing.put_nowait(held.pop())
                except queue.Full:
                    check(crossing.get())
        for items, before in shared:
            if items != before:
                faults.append(f"emptied under its owner's feet: {before}")
        for thing in held:
            check(thing)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while not crossing.empty():
        check(crossing.get())
    assert faults == []
    stats = pooled.pool_of(Thing).stats()
    assert stats.hits > 0
    assert stats.live == 0


# Chains and cycles.


@pytest.mark.needs_pool
@pytest.mark.parametrize("slots", [True, False])
def test_a_long_chain_of_objects_with_fields(pooled, engine, slots):
    @pooled.poolable
    @attrs.define(slots=slots)
    class Node:
        next: Any = None
        items: list = attrs.field(factory=list)

    def run(length):
        length = min(length, 200_000) if engine == "reference" else length  # which is slow to create objects
        head = None
        for _ in range(length):
            head = Node(head)
        head = None
        stats = pooled.pool_of(Node).stats()
        assert (stats.misses, stats.parked, stats.live) == (length, 1024, 0)
        assert stats.recycled + stats.discarded_full == length
        node = pooled.take(Node)
        assert (node.next, node.items) == (None, [])

    drop_chain(run)


@pytest.mark.needs_pool
def test_a_long_chain_is_recycled_whole(pooled, kind):
    @pooled.poolable(max=10**9)
    @kind.define
    class Node:
        next: Any
        items: list = kind.field(factory=list)

    def run(length):
        length = min(length, effort.pick(short=4_000, long=50_000))
        for _ in range(2):
            head = None
            for _ in range(length):
                head = pooled.take(Node, next=head)
            head = None
        check_counts(pooled, Node, misses=length, hits=length, recycled=2 * length, parked=length)

    drop_chain(run)


@pytest.mark.needs_pool
@pytest.mark.parametrize("nested", [False, True])
def test_a_long_chain_through_containers(pooled, kind, nested):
    @pooled.poolable(max=10**9)
    @kind.define
    class Node:
        children: list = kind.field(factory=list)

    def run(length):
        length = min(length, effort.pick(short=4_000, long=30_000))
        head = None
        for _ in range(length):
            node = pooled.take(Node)
            node.children.append([head] if nested else head)
            head = node
        del node
        head = None
        check_counts(pooled, Node, misses=length, recycled=length, parked=length)
        assert pooled.take(Node).children == []

    drop_chain(run)


@pytest.mark.needs_pool
def test_a_tree_is_recycled_whole_and_grows_again(pooled, kind):
    @pooled.poolable(max=10_000)
    @kind.define
    class Branch:
        children: list = kind.field(factory=list)

    def grow(depth):
        branch = pooled.take(Branch)
        assert branch.children == []
        if depth:
            branch.children.extend(grow(depth - 1) for _ in range(3))
        return branch

    size = sum(3**n for n in range(7))
    for _ in range(2):
        grow(6)
    check_counts(pooled, Branch, misses=size, hits=size, recycled=2 * size, parked=size)


@pytest.mark.needs_pool
@pytest.mark.parametrize("through", ["field", "list", "dict"])
def test_a_cycle_is_collected_in_every_life(pooled, mutable_kind, through):
    @pooled.poolable
    @mutable_kind.define
    class Node:
        me: Any = None
        items: list = mutable_kind.field(factory=list)
        table: dict = mutable_kind.field(factory=dict)

    pooled.take(Node)
    gc.collect()
    for turn in range(1, 4):
        node = pooled.take(Node)
        payload = Payload()
        died = weakref.ref(payload)
        if through == "field":
            node.me = node
        elif through == "list":
            node.items.append(node)
        else:
            node.table["me"] = node
        node.table["payload"] = payload
        del node, payload
        gc.collect()
        assert died() is None
        stats = pooled.pool_of(Node).stats()
        assert (stats.collected, stats.recycled, stats.parked, stats.live) == (turn, turn, 0, 0)
        node = pooled.take(Node)
        assert (node.me, node.items, node.table) == (None, [], {})
        del node


def test_a_finalizer_that_saves_a_cycle_saves_the_object_with_its_containers(pooled, mutable_kind):
    saved = []

    @pooled.poolable
    @mutable_kind.define
    class Leaf:
        value: int = 0
        items: list = mutable_kind.field(factory=list)

    class Holder:
        def __del__(self):
            saved.append(self)

    holder = Holder()
    holder.me, holder.leaf = holder, pooled.take(Leaf)
    holder.leaf.value = 7
    holder.leaf.items.append(7)
    del holder
    gc.collect()
    other = pooled.take(Leaf)
    other.items.append(8)
    assert (saved[0].leaf.value, saved[0].leaf.items) == (7, [7])
    saved[0].me = None
    saved.clear()


@limits.skip_if("no-pool")
def test_del_runs_when_an_object_really_dies_and_sees_its_fields(pooled, kind):
    died = []

    @pooled.poolable(max=1)
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

        def __del__(self):
            died.append(list(self.items))

    for _ in range(3):
        thing = pooled.take(Thing)
        thing.items.append(1)
        del thing
    assert died == []
    one, two = pooled.take(Thing), pooled.take(Thing)
    two.items.append(2)
    del one
    assert died == []
    del two
    assert died == [[2]]


@pytest.mark.usefixtures("mortal_classes")
def test_a_class_can_be_collected_with_its_pool_and_what_that_keeps(pooled, kind):
    @pooled.poolable
    @kind.define
    class Inner:
        items: list = kind.field(factory=list)

    @pooled.poolable(keep=("index",))
    @kind.define
    class Outer:
        inner: Any = kind.field(factory=Inner)
        index: dict = kind.field(factory=lambda: {1: 2})
        made: Any = kind.field(factory=lambda: [1])

    pooled.take(Outer, made=1)
    pooled.take(Outer)
    pooled.field_reset(Outer)
    died = [weakref.ref(each) for each in (Outer, Inner, pooled.pool_of(Outer), pooled.pool_of(Inner))]
    del Outer, Inner
    for _ in range(2):  # a parked object refers to the class of its part
        gc.collect()
    assert [ref() for ref in died] == [None] * 4


# Pickles and copies.


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize(
    "way",
    [
        *(
            pytest.param(
                lambda obj, protocol=protocol: pickle.loads(pickle.dumps(obj, protocol)), id=f"pickle {protocol}"
            )
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_pickles_and_copies_are_equal_and_recycled(pooled, importable, kind, way):
    @importable(pooled.poolable)
    @kind.define
    class Message:
        topic: str
        size: int = 3
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)

    for turn in range(2):
        original = pooled.take(Message, topic="t")
        fill(original)
        again = way(original)
        assert again == original
        assert again is not original
        assert isinstance(again, Message)
        stats = pooled.pool_of(Message).stats()
        assert (stats.taken, stats.live) == (2 * turn + 2, 2)
        del original
        assert (again.topic, again.size, again.items, again.table) == ("t", 3, [1], {"a": 1})
        del again
    check_counts(pooled, Message, misses=2, hits=2, recycled=4, parked=2)
    assert is_fresh(pooled.take(Message))


@limits.skip_if("no-pool")
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda obj: pickle.loads(pickle.dumps(obj))])
def test_objects_with_unset_fields_are_copied_as_they_are(pooled, importable, dict_kind, way):
    @importable(pooled.poolable)
    @dict_kind.define
    class Message:
        topic: str
        items: list = dict_kind.field(factory=list)

    original = pooled.take(Message)
    again = way(original)
    assert (is_set(again, "topic"), again.items) == (False, [])


def test_deep_copies_of_nested_objects(pooled, importable, kind):
    @importable(pooled.poolable)
    @kind.define
    class Inner:
        items: list = kind.field(factory=list)

    @importable(pooled.poolable)
    @kind.define
    class Outer:
        inner: Any = kind.field(factory=Inner)

    for way in (copy.deepcopy, lambda obj: pickle.loads(pickle.dumps(obj))):
        original = pooled.take(Outer)
        original.inner.items.append(1)
        again = way(original)
        assert again == original
        assert again.inner is not original.inner
        del original
        assert again.inner.items == [1]
        del again
        assert pooled.take(Outer).inner.items == []
    pooled.pool_of(Outer).clear()
    assert pooled.pool_of(Inner).stats().live == 0


# Re-entrancy and errors.


@pytest.mark.needs_pool
def test_a_field_that_drops_an_object_of_the_same_class_when_it_is_emptied(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        before: list = mutable_kind.field(factory=list)
        other: Any = None
        after: list = mutable_kind.field(factory=list)

    for _ in range(3):
        thing = pooled.take(Thing, other=pooled.take(Thing, other=Thing()))
        thing.before.append(Thing())
        thing.after.append(pooled.take(Thing))
        thing.other.before.append(1)
        thing.other.other.after.append(1)
        del thing
    assert pooled.pool_of(Thing).stats().live == 0
    assert len(pooled.pool_of(Thing)) == 5
    things = [pooled.take(Thing) for _ in range(6)]
    assert all((thing.before, thing.other, thing.after) == ([], None, []) for thing in things)
    assert len({id(part) for thing in things for part in (thing.before, thing.after)}) == 12


@pytest.mark.needs_pool
def test_a_finalizer_of_a_value_that_reads_its_owner_sees_no_half_emptied_object(pooled, mutable_kind):
    seen = []

    @pooled.poolable
    @mutable_kind.define
    class Thing:
        value: Any = None
        items: list = mutable_kind.field(factory=list)

    class Value:
        def __del__(self):
            taken = pooled.take(Thing)
            seen.append((taken.value, list(taken.items)))
            taken.items.append("theirs")
            kept.append(taken)

    kept = []
    thing = pooled.take(Thing)
    thing.items.append("mine")
    thing.value = Value()
    del thing
    assert seen == [(None, [])]
    other = pooled.take(Thing)
    assert (other.value, other.items) == (None, [])
    assert kept[0].items == ["theirs"]
    check_counts(pooled, Thing, misses=2, hits=1, recycled=1, live=2)


def test_a_take_inside_a_factory(pooled, kind):
    depth = itertools.count()

    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)
        child: Any = kind.field(factory=lambda: pooled.take(Thing) if next(depth) % 3 else None)
        after: list = kind.field(factory=list)

    for _ in range(5):
        thing = pooled.take(Thing)
        while thing is not None:
            assert (thing.items, thing.after) == ([], [])
            thing.items.append(1)
            thing.after.append(1)
            thing = thing.child
    assert pooled.pool_of(Thing).stats().live == 0


@pytest.mark.needs_pool
def test_an_error_while_an_object_is_handled_drops_it_all_the_same(pooled, message):
    def work():
        obj = pooled.take(message, topic="t")
        fill(obj)
        raise KeyError("mine")

    assert error_of(work) == "KeyError: 'mine'"
    assert is_fresh(pooled.take(message))
    check_counts(pooled, message, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
def test_limits_of_the_pool_bound_what_is_parked(pooled, kind):
    @pooled.poolable(max=2)
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

    alive = [pooled.take(Thing) for _ in range(5)]
    for thing in alive:
        thing.items.append(1)
    del thing
    alive.clear()
    check_counts(pooled, Thing, misses=5, recycled=2, discarded_full=3, parked=2)
    pooled.pool_of(Thing).resize(max=1)
    assert len(pooled.pool_of(Thing)) == 1
    assert pooled.take(Thing).items == []


def test_nothing_happens_at_exit(engine):
    code = """
import atexit, dataclasses, sys, threading
import attrs, pooled

@pooled.poolable
@attrs.define
class Inner:
    items: list = attrs.field(factory=list)

@pooled.poolable(scope="global")
@dataclasses.dataclass
class Outer:
    inner: Inner = dataclasses.field(default_factory=Inner)
    other: object = None
    table: dict = dataclasses.field(default_factory=dict)

@pooled.poolable(keep=("seen",))
class Keeping:
    def __init__(self):
        self.seen = []

in_a_global = pooled.take(Outer, other=pooled.take(Keeping))
in_a_global.table["it"] = Inner([1])
in_a_cycle = Outer(); in_a_cycle.other = in_a_cycle
local = threading.local(); local.outer = pooled.take(Outer)
pooled.take(Outer); pooled.take(Keeping); Inner()
atexit.register(lambda kept=pooled.take(Outer): pooled.take(Outer, other=kept))

class Last:
    outer = pooled.take(Outer)
    def __del__(self, Outer=Outer):
        Outer(other=self)
last = Last()
last.outer.table["last"] = Last()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


# Without an engine.


@pytest.mark.needs_pool
def test_with_the_engine_off_take_is_a_call(kind):
    pooled = load(POOLED_ENGINE="off")["pooled"]

    @pooled.poolable
    @kind.define
    class Message:
        topic: str
        size: int = 3
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)
        made: Any = kind.field(factory=lambda: [1])

    @pooled.poolable(keep=("seen",))
    class Keeping:
        def __init__(self):
            self.seen = [1]

    for _ in range(2):
        obj = pooled.take(Message, topic="t", items=[5])
        assert (obj.topic, obj.size, obj.items, obj.made) == ("t", 3, [5], [1])
        assert pooled.pool_of(Message).take(topic="t", size=4).size == 4
        fill(obj)
        del obj
        assert "missing 1 required" in error_of(pooled.take, Message)
        assert "got an unexpected keyword argument 'nmae'" in error_of(pooled.take, Message, nmae=1)
        assert pooled.try_take(Message, topic="t") is None
        assert pooled.take(Keeping).seen == [1]
        assert error_of(pooled.take, Keeping, seen=[]).startswith("TypeError")
    assert pooled.pool_of(Message).stats() == pooled.Stats()
    assert [reset.action for reset in pooled.field_reset(Message)] == ["unset", "default", "emptied", "emptied", "made"]
