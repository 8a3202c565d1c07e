"""`keep=` names attributes that are emptied in place and kept; the other attributes are unset."""

import collections
import dataclasses
import gc
import io
import weakref
from typing import Any

import attrs
import limits
import pytest
from field_kinds import CONTAINERS, Payload, check_counts, error_of, is_set, state
from helpers import drop_chain


@pytest.fixture(params=["dict", "slots", "metaclass", "base"])
def decoder(pooled, request):
    """A plain class that keeps two of its attributes."""
    built = []

    def init(self, name="decoder"):
        built.append(name)
        self.name = name
        self.buffer = bytearray()
        self.seen = {}

    if request.param == "metaclass":

        class Decoder(metaclass=pooled.PooledMeta, keep=("buffer", "seen")):
            __init__ = init

    else:

        class Base:
            __slots__ = ("buffer", "name") if request.param == "base" else ()

        @pooled.poolable(keep=("buffer", "seen"))
        class Decoder(Base):
            if request.param == "slots":
                __slots__ = ("__dict__", "buffer", "name", "seen")
            __init__ = init

    Decoder.built = built
    return Decoder


@pytest.mark.needs_pool
def test_what_is_kept_is_emptied_in_place_and_all_else_is_gone(pooled, decoder):
    obj = pooled.take(decoder)
    obj.buffer += b"data"
    payload = Payload()
    died = weakref.ref(payload)
    obj.seen["a"] = obj.extra = payload
    identities = id(obj.buffer), id(obj.seen)
    del obj, payload
    assert died() is None
    others = [bytearray(), {}, bytearray(), {}]
    obj = pooled.take(decoder)
    assert (obj.buffer, obj.seen) == (b"", {})
    assert (id(obj.buffer), id(obj.seen)) == identities
    assert not is_set(obj, "name")
    assert not is_set(obj, "extra")
    assert decoder.built == ["decoder"]
    check_counts(pooled, decoder, misses=1, hits=1, recycled=1, live=1)
    del obj
    assert pooled.try_take(decoder).seen == {}
    assert pooled.pool_of(decoder).take().seen == {}


@pytest.mark.needs_pool
def test_construction_runs_init_on_an_object_that_has_what_was_kept(pooled):
    seen = []

    @pooled.poolable(keep=("buffer",))
    class Decoder:
        def __init__(self, name):
            seen.append((is_set(self, "buffer"), is_set(self, "name")))
            if not is_set(self, "buffer"):
                self.buffer = bytearray(b"dear")
            self.name = name

    first = Decoder("first")
    identity = id(first.buffer)
    del first
    second = Decoder("second")
    assert (second.name, second.buffer, id(second.buffer)) == ("second", b"", identity)
    assert seen == [(False, False), (True, False)]
    del second
    assert not is_set(pooled.take(Decoder), "name")
    assert pooled.pool_of(Decoder).clear() == 1
    assert error_of(pooled.take, Decoder).startswith("TypeError")


@pytest.mark.needs_pool
def test_every_emptiable_container_can_be_kept(pooled, container):
    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = container.factory()

    thing = pooled.take(Thing)
    container.fill(thing.part, [1, 2])
    identity = id(thing.part)
    del thing
    others = [container.factory() for _ in range(5)]
    thing = pooled.take(Thing)
    assert (id(thing.part), state(thing.part)) == (identity, state(container.factory()))
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


def test_capacity_is_kept_where_the_engine_says_so(pooled, container):
    kept = pooled.engine_info().keeps_capacity
    if container.keeps is None or not kept.get(container.keeps.__name__):
        limits.skip("capacity-not-kept")

    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = container.factory()

    thing = pooled.take(Thing)
    container.fill(thing.part, list(range(1000)))
    size = container.keeps.__sizeof__(thing.part)
    del thing
    assert container.keeps.__sizeof__(pooled.take(Thing).part) == size


@pytest.mark.needs_pool
def test_what_somebody_else_holds_is_replaced(pooled, container):
    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = container.factory()

    thing = pooled.take(Thing)
    container.fill(thing.part, [1])
    kept = thing.part
    del thing
    assert state(kept) != state(container.factory())
    taken = pooled.take(Thing)
    assert taken.part is not kept
    assert type(taken.part) is type(kept)
    assert not len(taken.part.getvalue() if hasattr(kept, "getvalue") else taken.part)
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.weak], ids=str)
def test_what_is_weakly_referenced_is_replaced(pooled, container):
    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = container.factory()

    thing = pooled.take(Thing)
    ref = weakref.ref(thing.part)
    del thing
    assert ref() is None
    assert isinstance(pooled.take(Thing).part, container.factory().__class__)
    assert ref() is None
    check_counts(pooled, Thing, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
def test_what_is_too_large_is_replaced(pooled):
    @pooled.poolable(keep=("part",), max_cap=100)
    class Thing:
        def __init__(self):
            self.part = []

    thing = pooled.take(Thing)
    thing.part.extend(range(5000))
    size = thing.part.__sizeof__()
    del thing
    taken = pooled.take(Thing)
    assert taken.part == []
    assert taken.part.__sizeof__() < size
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


def test_who_holds_the_dict_of_a_dropped_object_keeps_what_they_took(pooled):
    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = [1]

    thing = pooled.take(Thing)
    kept = vars(thing)
    del thing
    assert kept == {"part": [1]}
    taken = pooled.take(Thing)
    assert taken.part is not kept["part"]
    taken.part.append(2)
    assert kept == {"part": [1]}


@pytest.mark.needs_pool
def test_anything_that_can_be_cleared_can_be_kept(pooled):
    class Table:
        def __init__(self):
            self.rows = [0]

        def clear(self):
            self.rows = []

    @pooled.poolable(keep=("table",))
    class Thing:
        def __init__(self):
            self.table = Table()

    thing = pooled.take(Thing)
    thing.table.rows.append(1)
    identity = id(thing.table)
    del thing
    others = [Table() for _ in range(5)]
    thing = pooled.take(Thing)
    assert (id(thing.table), thing.table.rows) == (identity, [])
    thing.table.rows.append(2)
    kept = thing.table
    del thing
    thing = pooled.take(Thing)
    assert (kept.rows, thing.table.rows) == ([2], [0]), "a new one, as Table() makes it"
    check_counts(pooled, Thing, misses=1, hits=2, recycled=2, live=1)


@limits.skip_if("no-pool")
def test_a_clear_that_keeps_its_object(pooled):
    saved = []

    class Clingy:
        def __init__(self):
            self.value = 0

        def clear(self):
            saved.append(self)

    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = Clingy()

    pooled.take(Thing)
    assert len(saved) == 1
    saved[0].value = "mine"
    assert pooled.take(Thing).part.value == 0


@pytest.mark.needs_pool
def test_an_error_of_a_clear_goes_to_the_hook_and_the_object_is_discarded(pooled, unraisable):
    class Failing:
        def clear(self):
            raise ValueError("no")

    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = Failing()

    thing = pooled.take(Thing)
    del thing
    assert unraisable == ["ValueError: no"]
    check_counts(pooled, Thing, misses=1, discarded_error=1)


@pytest.mark.needs_pool
@pytest.mark.parametrize("value", [5, None, "text", (1,), Payload(), frozenset()])
def test_an_object_whose_kept_attribute_cannot_be_emptied_is_discarded(pooled, unraisable, value):
    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = []

    thing = pooled.take(Thing)
    thing.part = value
    del thing
    assert pooled.take(Thing).part == []
    assert unraisable == []
    check_counts(pooled, Thing, misses=2, discarded_refused=1, recycled=1, parked=1)


@pytest.mark.needs_pool
def test_an_object_whose_kept_attribute_is_missing_is_discarded(pooled, decoder, unraisable):
    for name in ("seen", "buffer"):
        obj = pooled.take(decoder)
        delattr(obj, name)
        del obj
    check_counts(pooled, decoder, misses=2, discarded_refused=2)
    assert pooled.take(decoder).seen == {}
    assert unraisable == []


@pytest.mark.needs_pool
def test_another_container_in_a_kept_attribute_is_emptied_and_kept(pooled):
    @pooled.poolable(keep=("part",))
    class Thing:
        def __init__(self):
            self.part = []

    thing = pooled.take(Thing)
    thing.part = {1: 2}
    del thing
    assert pooled.take(Thing).part == {}
    check_counts(pooled, Thing, misses=1, hits=1, recycled=2, parked=1)


def test_a_property_that_the_class_gets_later_is_assigned_by_init_alone(pooled):
    @pooled.poolable(keep=("entries",))
    class Thing:
        def __init__(self):
            self.entries = []

    def assign(self, value):
        assigned.append(value)
        vars(self)["entries"] = value

    Thing()
    assigned = []
    Thing.entries = property(lambda self: vars(self)["entries"], assign)
    for _ in range(3):
        assert Thing().entries == []
    assert len(assigned) == 3


@pytest.mark.needs_pool
def test_a_bare_new_is_blank_and_not_recycled(pooled, decoder):
    decoder()
    blank = decoder.__new__(decoder)
    assert not is_set(blank, "buffer")
    assert not is_set(blank, "seen")
    del blank
    check_counts(pooled, decoder, misses=2, recycled=1, discarded_refused=1, parked=1)


# On an attrs class or a dataclass: it is treated like any other class.


@pytest.mark.needs_pool
def test_only_what_is_kept_is_there(pooled, kind):
    calls = []

    def make():
        calls.append("made")
        return collections.defaultdict(list)

    @pooled.poolable(keep=("index", "window"))
    @kind.define
    class Thing:
        topic: str = "t"
        index: dict = kind.field(factory=make)
        window: Any = kind.field(factory=lambda: collections.deque(maxlen=3))
        other: list = kind.field(factory=list)

    thing = pooled.take(Thing)
    assert (thing.topic, thing.other) == ("t", [])
    thing.index["a"].append(1)
    thing.window.extend([1, 2, 3, 4])
    identities = id(thing.index), id(thing.window)
    del thing
    others = [collections.defaultdict(list), collections.deque(maxlen=3)]
    thing = pooled.take(Thing)
    assert (id(thing.index), id(thing.window)) == identities
    assert (thing.index, thing.index.default_factory) == ({}, list)
    assert (thing.window, thing.window.maxlen) == (collections.deque(), 3)
    assert not is_set(thing, "other")
    assert "topic" not in getattr(thing, "__dict__", {})
    assert calls == ["made"]
    kept = thing.index
    kept["b"].append(2)
    del thing, others
    assert kept == {"b": [2]}
    thing = pooled.take(Thing)
    assert (thing.index, thing.index.default_factory) == ({}, list)
    assert calls == ["made"]
    del thing
    thing = pooled.take(Thing, topic="given")
    assert (thing.topic, thing.index, thing.other) == ("given", {}, [])
    assert calls == ["made"] * 2
    check_counts(pooled, Thing, misses=1, hits=3, recycled=3, live=1)


def test_an_argument_in_the_place_of_what_is_kept(pooled, kind):
    @pooled.poolable(keep=("index",))
    @kind.define
    class Thing:
        index: dict = kind.field(factory=dict)
        size: int = 3

    pooled.take(Thing)
    mine = {1: 2}
    for make in (Thing, lambda **given: pooled.take(Thing, **given)):
        thing = make(index=mine)
        assert thing.index is mine
        assert thing.size == 3
        del thing
        assert mine == {1: 2}
        thing = pooled.take(Thing)
        assert thing.index == {}
        assert thing.index is not mine
        del thing
    assert "got an unexpected keyword argument 'nmae'" in error_of(pooled.take, Thing, nmae=1)
    assert pooled.pool_of(Thing).stats().live == 0


@pytest.mark.needs_pool
def test_kept_attributes_under_the_metaclass(pooled, kind):
    @kind.define
    class Thing(metaclass=pooled.PooledMeta, keep=("index",)):
        other: list = kind.field(factory=list)
        index: dict = kind.field(factory=dict)

    thing = pooled.take(Thing)
    thing.index[1] = 2
    identity = id(thing.index)
    del thing
    others = [{}, {}]
    thing = pooled.take(Thing)
    assert (is_set(thing, "other"), thing.index, id(thing.index)) == (False, {}, identity)
    del others


# Poolable objects that are kept.


@pytest.fixture
def inner(pooled):
    """A class that can be kept in another: it keeps an attribute itself."""

    @pooled.poolable(keep=("items",))
    class Inner:
        def __init__(self):
            self.items = []
            self.owner = None

    return Inner


def outer_of(pooled, *parts):
    """A class that keeps an object of each of these classes, in `part0`, `part1` and so on."""

    @pooled.poolable(keep=tuple(f"part{number}" for number in range(len(parts))))
    class Outer:
        def __init__(self):
            for number, part in enumerate(parts):
                setattr(self, f"part{number}", part())

    return Outer


@pytest.mark.needs_pool
def test_a_part_is_emptied_in_place_by_its_own_plan(pooled, inner):
    outer = outer_of(pooled, inner)
    obj = pooled.take(outer)
    payload = Payload()
    died = weakref.ref(payload)
    obj.part0.items.append(payload)
    obj.part0.owner = payload
    identity = id(obj.part0.items)
    del obj, payload
    assert died() is None
    check_counts(pooled, inner, misses=1, live=1)
    obj = pooled.take(outer)
    assert (obj.part0.items, is_set(obj.part0, "owner")) == ([], False), "as take(Inner) gives it"
    assert id(obj.part0.items) == identity
    check_counts(pooled, inner, misses=1, live=1)
    check_counts(pooled, outer, misses=1, hits=1, recycled=1, live=1)
    del obj
    pooled.pool_of(outer).clear()
    check_counts(pooled, inner, misses=1, recycled=1, parked=1)


@pytest.mark.needs_pool
def test_a_part_that_somebody_holds_is_left_to_them(pooled, inner):
    outer = outer_of(pooled, inner)
    obj = pooled.take(outer)
    obj.part0.items.append(1)
    kept = obj.part0
    del obj
    assert kept.items == [1]
    obj = pooled.take(outer)
    assert obj.part0.items == []
    obj.part0.items.append(2)
    assert kept.items == [1]
    check_counts(pooled, inner, misses=2, live=2)
    del kept
    check_counts(pooled, inner, misses=2, recycled=1, parked=1, live=1)
    kept = obj.part0.items
    del obj
    obj = pooled.take(outer)
    assert obj.part0.items == []
    assert kept == [2], "a part of a part"


@pytest.mark.needs_pool
def test_a_part_that_is_weakly_referenced_dies(pooled, inner):
    outer = outer_of(pooled, inner)
    obj = pooled.take(outer)
    called = []
    ref = weakref.ref(obj.part0, called.append)
    obj.part0.items.append(1)
    del obj
    assert (ref(), len(called)) == (None, 1)
    assert pooled.take(outer).part0.items == []
    assert pooled.pool_of(inner).stats().live <= 1


@pytest.mark.needs_pool
def test_a_part_that_was_replaced_goes_to_its_own_pool(pooled, inner):
    outer, other = outer_of(pooled, inner), outer_of(pooled)
    obj = pooled.take(outer)
    obj.part0 = inner()
    check_counts(pooled, inner, misses=2, recycled=1, parked=1, live=1)
    obj.extra = other()
    del obj
    check_counts(pooled, other, misses=1, recycled=1, parked=1)
    assert pooled.take(outer).part0.items == []


@pytest.mark.needs_pool
def test_a_part_that_only_init_makes_ready_cannot_be_kept(pooled):
    """The object is discarded. Such a part goes to its own pool."""

    @pooled.poolable
    class Plain:
        def __init__(self):
            self.ready = True

    outer = outer_of(pooled, Plain)
    for _ in range(3):
        obj = pooled.take(outer)
        assert vars(obj.part0) == {"ready": True}
        obj.part0.more = 1
        del obj
    check_counts(pooled, Plain, misses=1, hits=2, recycled=3, parked=1)
    check_counts(pooled, outer, misses=3, discarded_refused=3)


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", ["List", "Dict", "Set", "Deque", "ByteArray", "OrderedDict", "Counter", "BytesIO"])
def test_pooled_containers_are_emptied_in_place(pooled, containers, name):
    cls = getattr(containers, name)
    pool = pooled.pool_of(cls)
    pool.clear()
    before = pool.stats()
    outer = outer_of(pooled, cls)

    def fill(part):
        if name in ("Dict", "OrderedDict"):
            part[1] = 2
        elif name == "BytesIO":
            part.write(b"x")
        else:
            (part.update if name in ("Set", "Counter") else part.extend)([1, 1])

    for _ in range(3):
        obj = pooled.take(outer)
        assert isinstance(obj.part0, cls)
        assert (obj.part0.getvalue() if name == "BytesIO" else len(obj.part0)) in (0, b"")
        fill(obj.part0)
        del obj
    after = pool.stats()
    assert (after.taken, after.recycled, after.live) == (before.taken + 1, before.recycled, before.live + 1)
    obj = pooled.take(outer)
    kept = obj.part0
    fill(kept)
    del obj
    assert (kept.getvalue() if name == "BytesIO" else len(kept)) in (1, 2, b"x")
    taken = pooled.take(outer)
    assert (taken.part0.tell() if name == "BytesIO" else len(taken.part0)) == 0


@pytest.fixture
def decoder_of(pooled):
    """Returns a class whose reset is the given function; `built` lists its objects."""

    def make(reset):
        @pooled.poolable(reset=reset)
        class Decoder:
            built = []

            def __init__(self):
                self.built.append(1)
                self.serial = len(self.built)
                self.state = "ready"

        return Decoder

    return make


@pytest.mark.needs_pool
def test_the_reset_of_a_part_is_called_in_place(pooled, decoder_of):
    resets = []

    def reset(self):
        resets.append(self.state)
        self.state = "reset"

    decoder = decoder_of(reset)
    outer = outer_of(pooled, decoder)
    obj = pooled.take(outer)
    assert obj.part0.state == "ready"
    obj.part0.state = "used"
    del obj
    assert resets == ["used"]
    obj = pooled.take(outer)
    assert obj.part0.state == "reset"
    assert decoder.built == [1]
    check_counts(pooled, decoder, misses=1, live=1)


@pytest.mark.needs_pool
def test_a_part_whose_reset_refuses_is_not_kept(pooled, decoder_of):
    decoder = decoder_of(lambda obj: False)
    outer = outer_of(pooled, decoder)
    for expected in (1, 2, 3):
        assert pooled.take(outer).part0.serial == expected
    assert pooled.pool_of(decoder).stats().live <= 1


@pytest.mark.needs_pool
def test_a_part_whose_reset_raises_is_not_kept(pooled, decoder_of, unraisable):
    def fail(self):
        raise ValueError("no")

    outer = outer_of(pooled, decoder_of(fail), list)
    for expected in (1, 2, 3):
        obj = pooled.take(outer)
        assert (obj.part0.serial, obj.part1) == (expected, [])
        obj.part1.append(1)
        del obj
    assert set(unraisable) == {"ValueError: no"}
    assert pooled.pool_of(outer).stats().live == 0


@pytest.mark.needs_pool
def test_a_reset_that_keeps_its_object(pooled, decoder_of):
    saved = []
    outer = outer_of(pooled, decoder_of(saved.append))
    pooled.take(outer)
    saved[0].state = "mine"
    assert pooled.take(outer).part0.state == "ready"
    assert pooled.pool_of(outer).stats().live == 0


def test_nobody_sees_an_object_while_its_parts_are_reset(pooled, decoder_of):
    """Found by fuzzing: code that found the object would share it with the caller of the class."""
    if pooled.engine == "reference":
        limits.skip("parked-objects-visible")
    found = []

    def look(self):
        found.extend(obj for obj in gc.get_objects() if type(obj).__name__ == "Outer")

    outer = outer_of(pooled, decoder_of(look))
    for make in (lambda: pooled.take(outer), lambda: pooled.take(outer), lambda: outer.__new__(outer)):
        obj = make()
        del obj
    assert found == []


@pytest.mark.needs_pool
def test_parts_of_parts(pooled, inner):
    middle = outer_of(pooled, inner, set)
    top = outer_of(pooled, middle, middle)
    for _ in range(3):
        obj = pooled.take(top)
        for part in (obj.part0, obj.part1):
            assert (part.part0.items, part.part1) == ([], set())
            part.part0.items.append(1)
            part.part1.add(1)
        del part, obj
    check_counts(pooled, top, misses=1, hits=2, recycled=3, parked=1)
    check_counts(pooled, middle, misses=2, live=2)
    check_counts(pooled, inner, misses=2, live=2)
    pooled.pool_of(top).clear()
    check_counts(pooled, middle, misses=2, recycled=2, parked=2)


@pytest.mark.needs_pool
def test_a_part_that_knows_its_owner_is_in_a_cycle(pooled, inner):
    outer = outer_of(pooled, inner)
    obj = pooled.take(outer)
    obj.part0.owner = obj
    obj.part0.items.append(1)
    del obj
    gc.collect()
    check_counts(pooled, outer, misses=1, collected=1)
    assert pooled.take(outer).part0.items == []
    assert pooled.pool_of(inner).stats().live == 1


def test_a_part_that_was_detached_or_assigned(pooled, inner):
    outer = outer_of(pooled, inner)
    other = pooled.GlobalPool(inner)
    for change in (pooled.detach, lambda part: pooled.assign(part, other)):
        obj = pooled.take(outer)
        obj.part0.items.append(1)
        obj.part0 = change(obj.part0)
        del obj
        assert pooled.take(outer).part0.items == []
    pooled.pool_of(outer).clear()
    assert pooled.pool_of(inner).stats().live == other.stats().live == 0


def test_what_a_part_keeps_is_known_to_the_collector(pooled, inner):
    class Cycle(list):
        pass

    outer = outer_of(pooled, inner)
    for _ in range(2):
        pooled.take(outer)
    obj = pooled.take(outer)
    cycle = Cycle()
    cycle.append(obj.part0.items)
    obj.part0.items.append(cycle)
    watched = weakref.ref(cycle)
    pooled.detach(obj)
    pooled.detach(obj.part0)
    del obj, cycle
    gc.collect()
    assert watched() is None


# Corner cases that reviews and fuzzing found.


def test_a_long_chain_through_an_attribute_that_is_kept(pooled):
    @pooled.poolable(keep=("next",))
    class Node:
        def __init__(self):
            self.next = None

    def run(length):
        head = None
        for _ in range(min(length, 100_000)):
            node = Node()
            node.next = head
            head = node
        del head, node
        pool = pooled.pool_of(Node)
        while pool.clear():  # parked objects keep others, which are parked in turn
            pass
        assert pool.stats().live == 0

    drop_chain(run)


@pytest.mark.needs_pool
@pytest.mark.parametrize("base", [list, dict, set, bytearray])
def test_a_container_that_keeps_an_attribute_is_emptied(pooled, base):
    @pooled.poolable(keep=("more",))
    class Thing(base):
        def __init__(self, *args):
            super().__init__(*args)
            self.more = []

    thing = Thing({1: 2})
    assert len(thing) == 1
    thing.more.append(3)
    del thing
    thing = pooled.take(Thing)
    assert (len(thing), thing.more) == (0, [])
    assert pooled.pool_of(Thing).stats().hits == 1


@pytest.mark.needs_pool
def test_del_of_an_object_that_is_discarded_half_emptied(pooled):
    stash = []

    @pooled.poolable(keep=("first", "second"))
    class Thing:
        def __init__(self):
            self.first, self.second = [], []

        def __del__(self):
            stash.append(self.first)

    thing = pooled.take(Thing)
    thing.second = 5
    del thing
    (first,) = stash
    assert gc.is_tracked(first)
    assert pooled.pool_of(Thing).stats().discarded_refused == 1


looked_at = pytest.mark.parametrize("looked_at", [False, True], ids=["", "looked at"])
"""Whether the test has accessed the object's `__dict__`, which selects another code path for its attributes."""


@pytest.mark.needs_pool
@looked_at
def test_a_replacement_that_cannot_be_made_while_other_parts_wait(pooled, unraisable, looked_at):
    made = []

    class Table:
        def __init__(self):
            made.append(1)
            if len(made) == 2:
                raise ValueError("no")

        def clear(self): ...

    @pooled.poolable(keep=("first", "parts", "others"))
    class Thing:
        def __init__(self):
            self.first, self.parts, self.others = Table(), io.BytesIO(), []

    thing = pooled.take(Thing)
    if looked_at:
        vars(thing)
    held = thing.first
    del thing
    assert unraisable == ["ValueError: no"]
    thing = pooled.take(Thing)
    assert (type(thing.first), thing.parts.getvalue(), thing.others) == (Table, b"", [])
    assert thing.first is not held
    check_counts(pooled, Thing, misses=2, discarded_error=1, live=1)


@pytest.mark.needs_pool
@looked_at
@pytest.mark.parametrize("slots", [False, True])
def test_a_container_in_two_attributes_is_kept_in_the_last(pooled, slots, looked_at):
    @pooled.poolable(keep=("first", "second"))
    class Thing:
        if slots:
            __slots__ = ("first", "second")

        def __init__(self):
            self.first, self.second = {}, {}

    thing = pooled.take(Thing)
    if looked_at and not slots:
        vars(thing)
    thing.first = thing.second = [1]
    identity = id(thing.first)
    del thing
    thing = pooled.take(Thing)
    assert (thing.first, thing.second) == ([], [])
    assert thing.first is not thing.second
    assert identity in (id(thing.first), id(thing.second))
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
@looked_at
@pytest.mark.parametrize("slots", [False, True])
def test_a_container_that_another_attribute_has_too_is_kept(pooled, slots, looked_at):
    @pooled.poolable(keep=("parts",))
    class Thing:
        if slots:
            __slots__ = ("after", "before", "parts")

        def __init__(self):
            self.before = None
            self.parts = []
            self.after = None

    thing = pooled.take(Thing)
    if looked_at and not slots:
        vars(thing)
    thing.before = thing.after = thing.parts
    thing.parts.append(1)
    identity = id(thing.parts)
    del thing
    others = [[] for _ in range(10)]
    thing = pooled.take(Thing)
    assert (id(thing.parts), thing.parts) == (identity, [])
    assert [is_set(thing, name) for name in ("before", "after")] == [False, False]
    del others


# Errors name the parameter, the value and the remedy.


@pytest.mark.parametrize(
    ("keep", "error", "value"),
    [
        ("buffer", TypeError, "'buffer'"),
        ((1,), TypeError, "1"),
        (("buffer", None), TypeError, "None"),
        (5, TypeError, "5"),
        (("missing",), ValueError, "'missing'"),
        (("buffer", "missing"), ValueError, "'missing'"),
    ],
)
def test_names_that_cannot_be_kept(pooled, keep, error, value):
    class Slots:
        __slots__ = ("buffer",)

    @attrs.define
    class Attrs:
        buffer: list = attrs.field(factory=list)

    @dataclasses.dataclass(slots=True)
    class Data:
        buffer: list = dataclasses.field(default_factory=list)

    for cls in (Slots, Attrs, Data):
        with pytest.raises(error, match="keep") as refusal:
            pooled.poolable(keep=keep)(cls)
        assert value in str(refusal.value)
        with pytest.raises(TypeError, match="expected a poolable class"):
            pooled.pool_of(cls)
        pooled.poolable(cls)  # it is unchanged

    def under_the_metaclass():
        class Thing(metaclass=pooled.PooledMeta, keep=keep):
            __slots__ = ("buffer",)

    with pytest.raises(error, match="keep"):
        under_the_metaclass()


def test_keep_and_reset_do_not_go_together(pooled):
    class Own(pooled.Poolable):
        def reset(self): ...

    class Plain:
        pass

    @attrs.define
    class Attrs:
        buffer: list = attrs.field(factory=list)

        def reset(self): ...

    for decorate, cls in (
        (pooled.poolable(keep=("buffer",)), Own),
        (pooled.poolable(keep=("buffer",), reset="reset"), Attrs),
        (lambda cls: pooled.poolable(keep=("buffer",), reset=lambda obj: None)(cls), Plain),
    ):
        with pytest.raises(TypeError, match="keep=.*buffer") as refusal:
            decorate(cls)
        assert "reset" in str(refusal.value)

    def under_the_metaclass():
        class Thing(metaclass=pooled.PooledMeta, reset="reset", keep=("buffer",)):
            def reset(self): ...

    with pytest.raises(TypeError, match="keep=.*buffer"):
        under_the_metaclass()


@pytest.mark.needs_pool
def test_any_sequence_of_names_will_do(pooled):
    for keep in (["part"], ("part",)):

        @pooled.poolable(keep=keep)
        class Thing:
            def __init__(self):
                self.part = []

        thing = pooled.take(Thing)
        identity = id(thing.part)
        del thing
        others = [[], []]
        assert id(pooled.take(Thing).part) == identity


@pytest.mark.parametrize("names", [("a", "a"), ("a", "b", "a"), ["b", "b", "b"]])
def test_a_name_given_twice_is_refused(pooled, names):
    class Thing:
        def __init__(self):
            self.a, self.b = [], []

    before = dict(vars(Thing))
    with pytest.raises(ValueError, match="more than once; name each attribute once"):
        pooled.poolable(keep=names)(Thing)
    assert dict(vars(Thing)) == before
