"""The contract holds for objects that C constructs: in every pool, on every thread, in chains and cycles."""

import copy
import gc
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
from field_kinds import Kind, Payload, check_counts, error_of, plan, warm
from helpers import drop_chain, on_another_thread, run_python


@pytest.fixture(params=[Kind("attrs", slots=True), Kind("dataclass")], ids=str)
def kind(request):
    """A way to define a class with fields."""
    return request.param


@pytest.fixture
def planned(pooled):
    """Makes a class poolable, and constructs so many objects that C carries out its `__init__` from then on.

    Its attribute `since` has the statistics at that moment.
    """

    def make(cls, /, **options):
        cls = pooled.poolable(**options)(cls)
        make.since[cls] = plan(pooled, cls)
        return cls

    make.since = {}
    return make


@pytest.fixture
def message(planned, kind):
    @kind.define
    class Message:
        topic: Any = None
        size: int = 3
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)

    return planned(Message)


def is_fresh(obj):
    """Whether an object of `message` is as a call without arguments makes it."""
    return (obj.topic, obj.size, obj.items, obj.table) == (None, 3, [], {})


def fill(obj):
    obj.items.append(1)
    obj.table["a"] = 1


@pytest.fixture
def counts(pooled, planned):
    """Checks the statistics of a class since it was planned."""
    return lambda cls, **expected: check_counts(pooled, cls, planned.since[cls], **expected)


# Pools.


@pytest.mark.needs_pool
@limits.skip_if("no-young-objects")
@pytest.mark.parametrize("times", ["new", "recycled"])
def test_the_collector_finds_an_object_before_its_parts(message, times):
    """Otherwise, each collection moves the parts to another list, and back when it visits the object."""
    gc.disable()
    try:
        others = [message(), message()]
        if times == "recycled":
            del others[:]
        obj = message()
        young = gc.get_objects(generation=0)
    finally:
        gc.enable()
    at = [next(index for index, each in enumerate(young) if each is wanted) for wanted in (obj, obj.items)]
    assert at == sorted(at)


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", ["LocalPool", "GlobalPool"])
def test_a_pool_beside_the_pool_of_the_class(pooled, message, counts, name):
    pool = getattr(pooled, name)(message, max=2)
    for take in (pool.take, pool.try_take, lambda *args, **kwargs: pool.borrow().__enter__()):
        obj = pool.take()
        assert is_fresh(obj)
        fill(obj)
        del obj
        obj = take()
        assert is_fresh(obj)
        fill(obj)
        del obj
    obj = pool.take(topic="t")
    assert (obj.topic, obj.items) == ("t", [])
    del obj
    pool.clear()
    assert pool.prefill(5) == 2
    assert is_fresh(pool.take())
    stats = pool.stats()
    assert (stats.misses, stats.live, stats.taken) == (1, 0, stats.recycled)
    counts(message)


@pytest.mark.needs_pool
def test_an_assigned_object_is_emptied_into_its_new_pool(pooled, message, counts):
    pool = pooled.GlobalPool(message)
    obj = pooled.assign(message(topic="t"), pool)
    fill(obj)
    del obj
    counts(message, misses=1, detached=1)
    assert pool.stats() == pooled.Stats(inserted=1, recycled=1, parked=1)
    obj = pool.take()
    assert is_fresh(obj)
    fill(obj)
    obj = pooled.assign(obj, pooled.pool_of(message))
    del obj
    for _ in range(2):
        obj = message()
        assert is_fresh(obj)
        fill(obj)
        del obj


@pytest.mark.needs_pool
@pytest.mark.parametrize("way", ["detached", "discarded"])
def test_an_object_that_is_not_parked_dies_as_it_was(pooled, kind, planned, counts, way):
    last_words = []

    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

        def __del__(self):
            last_words.append(list(getattr(self, "items", ["blank"])))

    cls = planned(Thing)
    last_words.clear()
    if way == "discarded":
        pooled.pool_of(cls).resize(max=0)
    thing = cls()
    thing.items.append(1)
    if way == "detached":
        pooled.detach(thing)
    del thing
    assert last_words == [[1]]
    counts(cls, misses=1, **({"detached": 1} if way == "detached" else {"discarded_full": 1}))


@pytest.mark.needs_pool
def test_del_runs_when_an_object_really_dies(pooled, kind, planned):
    died = []

    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

        def __del__(self):
            died.append(list(getattr(self, "items", ["blank"])))

    cls = planned(Thing, max=1)
    died.clear()
    for _ in range(3):
        thing = cls()
        thing.items.append(1)
        del thing
    assert died == []
    one, two = cls(), cls()
    two.items.append(2)
    del one
    assert died == []
    del two
    assert died == [[2]]


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


@pytest.mark.needs_pool
def test_capacity_is_asked_while_the_attributes_are_there(kind, planned, counts):
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

        def capacity(self):
            return len(self.items)

    cls = planned(Thing, max_cap=3, capacity="capacity")
    for count in (4, 3):
        thing = cls()
        thing.items.extend(range(count))
        del thing
    counts(cls, misses=2, discarded_large=1, recycled=1, parked=1)
    assert cls().items == []


@pytest.mark.needs_pool
def test_limits_of_the_pool_bound_what_is_parked(pooled, message, counts):
    pooled.pool_of(message).resize(max=2)
    alive = [message() for _ in range(5)]
    for obj in alive:
        obj.items.append(1)
    del obj
    alive.clear()
    counts(message, misses=5, recycled=2, discarded_full=3, parked=2)
    pooled.pool_of(message).resize(max=1)
    assert len(pooled.pool_of(message)) == 1
    assert is_fresh(message())


# Threads.


@pytest.mark.needs_pool
def test_an_object_is_emptied_on_the_thread_that_drops_it(pooled, kind, planned, free_threaded):
    names = []

    class Watcher:
        def __del__(self):
            names.append(threading.current_thread().name)

    for scope in ("local", "global"):

        @kind.define
        class Thing:
            items: list = kind.field(factory=list)

        cls = planned(Thing, scope=scope)
        box = [cls()]
        box[0].items.append(Watcher())
        on_another_thread(box.clear)
        if not free_threaded:  # CPython may drop the last reference on the thread that created the object
            assert names.pop() == "other"
        assert pooled.pool_of(cls).stats().live == 0
        assert cls().items == []
        assert on_another_thread(lambda cls=cls: cls().items) == []


@pytest.mark.needs_pool
def test_a_thread_that_ends_frees_what_its_objects_kept(pooled, kind, planned, counts):
    @kind.define
    class Thing:
        parts: Any = kind.field(factory=set)

    cls, deaths = planned(Thing), []

    class Watched:
        def __init__(self):
            deaths.append(weakref.ref(self))

    def use():
        alive = [cls() for _ in range(5)]
        for thing in alive:
            thing.parts.add(Watched())
        del thing
        alive.clear()
        return len(pooled.pool_of(cls))

    assert on_another_thread(use) == 5
    assert len(deaths) == 5
    assert all(death() is None for death in deaths)
    counts(cls, misses=5, recycled=5)


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_each_object_and_each_container_has_one_owner_at_a_time(pooled, kind, planned, scope):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    threads, rounds = 4, 250
    crossing = queue.Queue(maxsize=20)
    barrier = threading.Barrier(threads)
    faults = []

    @kind.define
    class Thing:
        tag: Any = None
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)

    cls = planned(Thing, max=10, scope=scope)

    def own(tag, how):
        thing = cls(tag) if how else cls(tag=tag)
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
    stats = pooled.pool_of(cls).stats()
    assert stats.hits > 0
    assert stats.live == 0


# Chains and cycles.


@pytest.mark.needs_pool
@pytest.mark.parametrize("slots", [True, False])
def test_a_long_chain_of_objects_with_fields(pooled, engine, planned, slots):
    @attrs.define(slots=slots)
    class Node:
        next: Any = None
        items: list = attrs.field(factory=list)

    cls = planned(Node)

    def run(length):
        length = min(length, 200_000) if engine == "reference" else length  # which is slow to create objects
        head = None
        for _ in range(length):
            head = cls(head)
        head = None
        stats = pooled.pool_of(cls).stats()
        assert (stats.parked, stats.live) == (1024, 0)
        node = cls()
        assert (node.next, node.items) == (None, [])

    drop_chain(run)


@pytest.mark.needs_pool
def test_a_long_chain_is_recycled_whole(pooled, kind, planned, counts):
    @kind.define
    class Node:
        next: Any = None
        items: list = kind.field(factory=list)

    cls = planned(Node, max=10**9)

    def run(length):
        length = min(length, effort.pick(short=4_000, long=50_000))
        for _ in range(2):
            head = None
            for _ in range(length):
                head = cls(next=head)
            head = None
        counts(cls, misses=length, hits=length, recycled=2 * length, parked=length)

    drop_chain(run)


@pytest.mark.needs_pool
@pytest.mark.parametrize("nested", [False, True])
def test_a_long_chain_through_containers(kind, planned, counts, nested):
    @kind.define
    class Node:
        children: list = kind.field(factory=list)

    cls = planned(Node, max=10**9)

    def run(length):
        length = min(length, effort.pick(short=4_000, long=30_000))
        head = None
        for _ in range(length):
            node = cls()
            node.children.append([head] if nested else head)
            head = node
        del node
        head = None
        counts(cls, misses=length, recycled=length, parked=length)
        assert cls().children == []

    drop_chain(run)


@pytest.mark.needs_pool
def test_a_tree_is_recycled_whole_and_grows_again(kind, planned, counts):
    @kind.define
    class Branch:
        children: list = kind.field(factory=list)

    cls = planned(Branch, max=10_000)

    def grow(depth):
        branch = cls()
        assert branch.children == []
        if depth:
            branch.children.extend(grow(depth - 1) for _ in range(3))
        return branch

    size = sum(3**n for n in range(7))
    for _ in range(2):
        grow(6)
    counts(cls, misses=size, hits=size, recycled=2 * size, parked=size)


@pytest.mark.needs_pool
@pytest.mark.parametrize("through", ["field", "list", "dict"])
def test_a_cycle_is_collected_in_every_life(message, counts, through):
    gc.collect()
    for turn in range(1, 4):
        node = message()
        payload = Payload()
        died = weakref.ref(payload)
        if through == "field":
            node.topic = node
        elif through == "list":
            node.items.append(node)
        else:
            node.table["me"] = node
        node.table["payload"] = payload
        del node, payload
        gc.collect()
        assert died() is None
        counts(message, misses=turn, collected=turn)
    assert is_fresh(message())


def test_a_finalizer_that_saves_a_cycle_saves_the_object_with_its_containers(message):
    saved = []

    class Holder:
        def __del__(self):
            saved.append(self)

    holder = Holder()
    holder.me, holder.leaf = holder, message(size=7)
    holder.leaf.items.append(7)
    del holder
    gc.collect()
    other = message()
    other.items.append(8)
    assert (saved[0].leaf.size, saved[0].leaf.items) == (7, [7])
    saved[0].me = None
    saved.clear()


@pytest.mark.usefixtures("mortal_classes")
def test_a_class_can_be_collected_with_its_pool_and_what_that_keeps(pooled, kind):
    def classes():
        @pooled.poolable
        @kind.define
        class Inner:
            items: list = kind.field(factory=list)

        @pooled.poolable
        @kind.define
        class Outer:
            inner: Any = kind.field(factory=Inner)

        @pooled.poolable(keep=("index",))
        class Keeping:
            def __init__(self):
                self.index = {}
                self.inner = Inner()

        return Inner, Outer, Keeping

    died = []
    for cls in classes():
        warm(cls)
        pooled.field_reset(cls)
        died += [weakref.ref(cls), weakref.ref(pooled.pool_of(cls))]
    del cls
    for _ in range(2):  # a parked object refers to the class of its part
        gc.collect()
    assert [ref() for ref in died] == [None] * 6


# Pickles and copies.


@pytest.mark.needs_pool
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
        topic: Any = None
        size: int = 3
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)

    warm(Message)
    for _ in range(2):
        original = Message(topic="t")
        fill(original)
        again = way(original)
        assert again == original
        assert again is not original
        assert isinstance(again, Message)
        assert pooled.pool_of(Message).stats().live == 2
        del original
        assert (again.topic, again.size, again.items, again.table) == ("t", 3, [1], {"a": 1})
        del again
        assert is_fresh(Message())
    assert pooled.pool_of(Message).stats().live == 0


# Re-entrancy and errors.


@pytest.mark.needs_pool
def test_an_attribute_that_drops_an_object_of_the_same_class_when_it_is_emptied(pooled, kind, planned):
    @kind.define
    class Thing:
        before: list = kind.field(factory=list)
        other: Any = None
        after: list = kind.field(factory=list)

    cls = planned(Thing)
    for _ in range(3):
        thing = cls(other=cls(other=cls()))
        thing.before.append(cls())
        thing.after.append(cls())
        thing.other.before.append(1)
        thing.other.other.after.append(1)
        del thing
    assert pooled.pool_of(cls).stats().live == 0
    assert len(pooled.pool_of(cls)) == 5
    things = [cls() for _ in range(6)]
    assert all((thing.before, thing.other, thing.after) == ([], None, []) for thing in things)
    assert len({id(part) for thing in things for part in (thing.before, thing.after)}) == 12


@pytest.mark.needs_pool
def test_a_finalizer_of_a_value_sees_no_half_emptied_object(message, counts):
    seen, kept = [], []

    class Value:
        def __del__(self):
            taken = message()
            seen.append(is_fresh(taken))
            taken.items.append("theirs")
            kept.append(taken)

    obj = message()
    obj.items.append("mine")
    obj.topic = Value()
    del obj
    assert seen == [True]
    other = message()
    assert is_fresh(other)
    assert kept[0].items == ["theirs"]
    counts(message, misses=2, hits=1, recycled=1, live=2)


@pytest.mark.needs_pool
def test_an_error_while_an_object_is_handled_drops_it_all_the_same(message, counts):
    def work():
        obj = message(topic="t")
        fill(obj)
        raise KeyError("mine")

    assert error_of(work) == "KeyError: 'mine'"
    assert is_fresh(message())
    counts(message, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
def test_poolable_objects_in_attributes_go_to_their_own_pools(kind, message, counts):
    @kind.define
    class Outer:
        given: Any
        default: Any = None
        held: list = kind.field(factory=list)
        made: Any = kind.field(factory=lambda: message())

    obj = Outer(given=message(), default=message())
    obj.held.append(message())
    counts(message, misses=4, live=4)
    del obj
    counts(message, misses=4, recycled=4, parked=4)
    assert is_fresh(message())


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

@pooled.poolable
class Plain:
    def __init__(self, other=None):
        self.other = other
        self.seen = []

for cls in (Inner, Outer, Keeping, Plain):
    for _ in range(20):
        cls()
in_a_global = Outer(other=Plain(Keeping()))
in_a_global.table["it"] = Inner([1])
in_a_cycle = Outer(); in_a_cycle.other = Plain(in_a_cycle)
local = threading.local(); local.outer = Outer()
Outer(); pooled.take(Keeping); Inner(); Plain()
atexit.register(lambda kept=Plain(): Plain(kept))

class Last:
    outer = Outer()
    plain = Plain()
    def __del__(self, Outer=Outer, Plain=Plain):
        Outer(other=self)
        Plain(other=self)
last = Last()
last.outer.table["last"] = Last()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")
