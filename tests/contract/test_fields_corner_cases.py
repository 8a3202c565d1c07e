"""Defects of the reset by fields that reviews found, one test for each."""

import gc
import weakref
from typing import Any

import attrs
import limits
import pytest
from helpers import drop_chain


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


def test_a_new_put_in_the_place_of_the_hook_gives_something_else(pooled):
    @pooled.poolable
    @attrs.define
    class Thing:
        items: list = attrs.field(factory=list)

    Thing.__new__ = staticmethod(lambda cls: 5)
    assert pooled.take(Thing) == 5


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
def test_a_class_that_is_planned_anew_while_an_object_is_emptied(pooled):
    @attrs.define(slots=False)
    class Thing(metaclass=pooled.PooledMeta):
        items: list = attrs.field(factory=list)
        size: int = 7

    class Element:
        def __del__(self):
            Thing.__init__ = lambda self: None

    thing = pooled.take(Thing)
    thing.items.append(Element())
    del thing
    assert vars(Thing()) == {}
    assert pooled.pool_of(Thing).stats().discarded_refused == 1


def test_a_poolable_object_that_is_kept_is_as_a_new_one(pooled):
    @pooled.poolable
    @attrs.define
    class Child:
        items: list = attrs.field(factory=list)
        kind: Any = Exception  # the garbage collector must track it
        size: int = 3

    @pooled.poolable(keep=("child",))
    class Parent:
        def __init__(self):
            self.child = Child()

    parent = pooled.take(Parent)
    held = parent.child.items
    del parent
    child = pooled.take(Parent).child
    assert (child.items, child.kind, child.size) == ([], Exception, 3)
    assert child.items is not held


def test_what_a_poolable_part_keeps_is_known_to_the_collector(pooled):
    @pooled.poolable(keep=("buffer",))
    class Keeping:
        def __init__(self):
            self.buffer = []

    @pooled.poolable
    @attrs.define
    class Thing:
        part: Any = attrs.field(factory=Keeping)

    class Cycle(list):
        pass

    for _ in range(2):
        thing = pooled.take(Thing)
        del thing
    thing = pooled.take(Thing)
    cycle = Cycle()
    cycle.append(thing.part.buffer)
    thing.part.buffer.append(cycle)
    watched = weakref.ref(cycle)
    pooled.detach(thing)
    pooled.detach(thing.part)
    del thing, cycle
    gc.collect()
    assert watched() is None


@pytest.mark.parametrize("finishes", [False, True])
def test_a_poolable_object_that_needs_more_than_its_fields_is_not_kept(pooled, finishes):
    if finishes:

        @pooled.poolable
        @attrs.define
        class Child:
            items: list = attrs.field(factory=list)
            size: int = 0

            def __attrs_post_init__(self):
                self.size = 1
    else:

        @pooled.poolable
        class Child:
            def __init__(self):
                self.items, self.size = [], 1

    @pooled.poolable(keep=("child",))
    class Parent:
        def __init__(self):
            self.child = Child()

    for _ in range(3):
        parent = pooled.take(Parent)
        assert (parent.child.items, parent.child.size) == ([], 1)
        del parent


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


def test_keys_that_cannot_be_compared_are_no_error_of_who_drops(pooled, unraisable):
    @pooled.poolable
    @attrs.define(slots=False)
    class Thing:
        items: list = attrs.field(factory=list)

    class Key:
        is_raising = False  # adding it may compare it, too

        def __hash__(self):
            return hash("items")

        def __eq__(self, other):
            if Key.is_raising:
                raise KeyError("no")
            return False

    def drop():
        thing = pooled.take(Thing)
        attributes = vars(thing)
        attributes.clear()
        attributes[Key()] = 1
        del attributes
        Key.is_raising = True
        return 5

    assert drop() == 5
    assert pooled.take(Thing).items == []


def test_whoever_looks_for_dicts_while_an_object_is_emptied_gets_no_part_of_it(pooled):
    seen = []

    class Looking:
        def __del__(self):
            seen.extend(obj for obj in gc.get_objects() if type(obj) is dict and "first_part" in obj)

    @pooled.poolable
    @attrs.define(slots=False)
    class Thing:
        first_part: list = attrs.field(factory=list)
        second_part: list = attrs.field(factory=list)

    thing = pooled.take(Thing)
    vars(thing)  # from here on, its attributes are in a dict
    thing.second_part.append(Looking())
    del thing
    thing = pooled.take(Thing)
    assert all(held["first_part"] is not thing.first_part for held in seen if held is not vars(thing))


@limits.skip_if("eager-annotations")
def test_annotations_may_name_what_is_not_there_yet(pooled, kind):
    @pooled.poolable
    @kind.define
    class Node:
        after: Later | None = None  # noqa: F821
        nodes: list[Later] = kind.field(factory=list)  # noqa: F821

    @pooled.poolable(reset="reset", capacity="capacity")
    class Own:
        def reset(self) -> Later:  # noqa: F821
            pass

        def capacity(self) -> Later:  # noqa: F821
            return 0

    for cls in (Node, Own):
        pooled.take(cls)
        assert pooled.pool_of(cls).stats().recycled == 1
    assert pooled.take(Node).nodes == []
