"""A container with other references is never emptied: the recycled object gets a new container."""

import collections
import copy
import gc
import io
import weakref
from typing import Any

import attrs
import limits
import pytest
from field_kinds import CONTAINERS, Payload, check_counts, is_set, state, two_kinds, two_mutable_kinds
from helpers import run_python


@pytest.fixture
def thing(pooled, kind, container):
    """A class with one container."""

    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    return Thing


def is_replaced(pooled, cls, kept, container):
    """Check that the dropped object was recycled with another, empty container."""
    check_counts(pooled, cls, misses=1, recycled=1, parked=1)
    taken = pooled.take(cls)
    assert taken.part is not kept
    assert state(taken.part) == state(container.factory())
    container.fill(taken.part, [7, 8])
    check_counts(pooled, cls, misses=1, hits=1, recycled=1, live=1)


@limits.skip_if("no-pool")
@two_kinds
def test_a_container_that_somebody_holds_is_left_as_it_is(pooled, thing, container):
    obj = pooled.take(thing)
    container.fill(obj.part, [1, 2])
    kept, before = obj.part, state(obj.part)
    del obj
    assert state(kept) == before
    is_replaced(pooled, thing, kept, container)
    assert state(kept) == before


@limits.skip_if("no-pool")
@two_kinds
def test_a_container_that_a_container_holds_is_left_as_it_is(pooled, thing, container):
    obj = pooled.take(thing)
    container.fill(obj.part, [1, 2])
    kept, before = {"it": [obj.part]}, state(obj.part)
    del obj
    is_replaced(pooled, thing, kept["it"][0], container)
    assert state(kept["it"][0]) == before


@two_kinds
def test_a_container_that_the_caller_gave_is_left_to_them(pooled, kind, container):
    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    mine = container.factory()
    container.fill(mine, [1, 2])
    before = state(mine)
    for make in (Thing, lambda **fields: pooled.take(Thing, **fields), lambda **fields: pooled.take(Thing, **fields)):
        obj = make(part=mine)
        assert obj.part is mine
        del obj
        assert state(mine) == before
        assert pooled.take(Thing).part is not mine
    assert pooled.pool_of(Thing).stats().live == 0


@pytest.mark.needs_pool
@two_kinds
def test_a_container_is_kept_again_when_the_others_have_let_go_of_it_in_time(pooled, thing, container):
    obj = pooled.take(thing)
    kept = obj.part
    identity = id(kept)
    del kept, obj
    others = [container.factory() for _ in range(5)]
    assert id(pooled.take(thing).part) == identity


@two_kinds
def test_a_bound_method_holds_its_container(pooled, thing, container):
    obj = pooled.take(thing)
    container.fill(obj.part, [1, 2])
    look = obj.part.getvalue if hasattr(obj.part, "getvalue") else obj.part.copy
    expected = look()
    del obj
    taken = pooled.take(thing)
    container.fill(taken.part, [3])
    assert look() == expected


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize(
    ("factory", "fill", "keep", "expected"),
    [
        (list, lambda p: p.extend([1, 2]), iter, [1, 2]),
        (list, lambda p: p.extend([1, 2]), reversed, [2, 1]),
        (dict, lambda p: p.update({1: 2}), iter, [1]),
        (dict, lambda p: p.update({1: 2}), dict.keys, [1]),
        (dict, lambda p: p.update({1: 2}), dict.values, [2]),
        (dict, lambda p: p.update({1: 2}), dict.items, [(1, 2)]),
        (dict, lambda p: p.update({1: 2}), lambda p: iter(p.items()), [(1, 2)]),
        (set, lambda p: p.add(1), iter, [1]),
        (collections.deque, lambda p: p.extend([1, 2]), iter, [1, 2]),
        (collections.deque, lambda p: p.extend([1, 2]), reversed, [2, 1]),
        (collections.OrderedDict, lambda p: p.update({1: 2}), lambda p: p.items(), [(1, 2)]),
        (collections.OrderedDict, lambda p: p.update({1: 2}), reversed, [1]),
        (collections.defaultdict, lambda p: p.update({1: 2}), lambda p: p.keys(), [1]),
        (collections.Counter, lambda p: p.update([1, 1]), lambda p: p.elements(), [1, 1]),
        (bytearray, lambda p: p.extend(b"ab"), memoryview, [97, 98]),
        (bytearray, lambda p: p.extend(b"abc"), lambda p: memoryview(p)[1:], [98, 99]),
        (bytearray, lambda p: p.extend(b"ab"), iter, [97, 98]),
        (io.BytesIO, lambda p: p.write(b"ab"), lambda p: p.getbuffer(), [97, 98]),
        (io.BytesIO, lambda p: [p.write(b"ab"), p.seek(0)], iter, [b"ab"]),
        (io.StringIO, lambda p: [p.write("ab"), p.seek(0)], iter, ["ab"]),
        (list, lambda p: p.extend([1, 2]), lambda p: (item for item in p), [1, 2]),
        (list, lambda p: p.extend([1, 2]), lambda p: map(abs, p), [1, 2]),
        (list, lambda p: p.extend([1, 2]), lambda p: enumerate(p), [(0, 1), (1, 2)]),
    ],
)
def test_iterators_and_views_of_a_container_keep_it_to_themselves(pooled, kind, factory, fill, keep, expected):
    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=factory)

    thing = pooled.take(Thing)
    fill(thing.part)
    kept = keep(thing.part)
    del thing
    other = pooled.take(Thing)
    assert state(other.part) == state(factory())
    fill(other.part)
    assert list(kept) == expected
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.weak], ids=str)
def test_a_container_that_is_weakly_referenced_is_replaced(pooled, kind, container):
    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    called = []
    thing = pooled.take(Thing)
    container.fill(thing.part, [1])
    ref = weakref.ref(thing.part, called.append)
    table = weakref.WeakValueDictionary(it=thing.part)
    del thing
    assert (ref(), called, "it" in table) == (None, [ref], False)
    taken = pooled.take(Thing)
    assert state(taken.part) == state(container.factory())
    assert (ref(), called) == (None, [ref])
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.weak], ids=str)
def test_weak_references_of_an_earlier_life_that_are_gone_do_no_harm(pooled, kind, container):
    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    thing = pooled.take(Thing)
    identity = id(thing.part)
    ref = weakref.ref(thing.part)
    del ref, thing
    others = [container.factory() for _ in range(5)]
    assert id(pooled.take(Thing).part) == identity


@two_mutable_kinds
def test_two_fields_that_hold_one_container_get_one_each(pooled, mutable_kind, container):
    @pooled.poolable
    @mutable_kind.define
    class Pair:
        left: Any = mutable_kind.field(factory=container.factory)
        right: Any = mutable_kind.field(factory=container.factory)

    pair = pooled.take(Pair)
    pair.left = pair.right
    container.fill(pair.left, [1])
    del pair
    pair = pooled.take(Pair)
    assert pair.left is not pair.right
    container.fill(pair.left, [1])
    assert state(pair.right) == state(container.factory())


@pytest.mark.needs_pool
@two_mutable_kinds
def test_two_objects_that_hold_one_container_get_one_each(pooled, mutable_kind, container):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        part: Any = mutable_kind.field(factory=container.factory)

    first, second = pooled.take(Thing), pooled.take(Thing)
    first.part = second.part
    container.fill(first.part, [1])
    before = state(first.part)
    del first
    assert state(second.part) == before
    del second
    first, second = pooled.take(Thing), pooled.take(Thing)
    assert first.part is not second.part
    container.fill(first.part, [1])
    assert state(second.part) == state(container.factory())
    check_counts(pooled, Thing, misses=2, hits=2, recycled=2, live=2)


def test_a_container_that_another_attribute_of_the_object_holds_too(pooled, dict_kind, container):
    @pooled.poolable
    @dict_kind.define
    class Thing:
        part: Any = dict_kind.field(factory=container.factory)

    thing = pooled.take(Thing)
    vars(thing)["again"] = thing.part
    container.fill(thing.part, [1])
    del thing
    thing = pooled.take(Thing)
    assert list(vars(thing)) == ["part"]
    assert state(thing.part) == state(container.factory())


@pytest.mark.needs_pool
def test_who_holds_the_dict_of_a_dropped_object_keeps_what_they_took(pooled, dict_kind, container):
    @pooled.poolable
    @dict_kind.define
    class Thing:
        topic: str
        part: Any = dict_kind.field(factory=container.factory)

    thing = pooled.take(Thing, topic="t")
    container.fill(thing.part, [1, 2])
    vars(thing)["extra"] = 1
    kept, before = vars(thing), state(thing.part)
    del thing
    assert sorted(kept) == ["extra", "part", "topic"]
    assert (kept["topic"], state(kept["part"])) == ("t", before)
    thing = pooled.take(Thing)
    assert list(vars(thing)) == ["part"]
    assert state(thing.part) == state(container.factory())
    container.fill(thing.part, [3])
    kept["topic"] = kept["more"] = "theirs"
    assert state(kept["part"]) == before
    assert list(vars(thing)) == ["part"]
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
def test_a_dict_that_was_looked_at_and_let_go_of_does_no_harm(pooled, dict_kind):
    @pooled.poolable
    @dict_kind.define
    class Thing:
        items: list = dict_kind.field(factory=list)

    for look in (vars, lambda thing: vars(thing).update(more=1), lambda thing: vars(thing).pop("items")):
        thing = pooled.take(Thing)
        thing.items.append(1)
        look(thing)
        del thing
        assert vars(pooled.take(Thing)) == {"items": []}
    assert pooled.pool_of(Thing).stats().misses == 1


def test_copies_share_their_containers_with_who_is_still_there(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

    ways = [copy.copy]
    if kind.package == "attrs":
        ways.append(attrs.evolve)
    for way in ways:
        original = pooled.take(Thing)
        original.items.append(1)
        twin = way(original)
        assert twin.items is original.items
        del original
        other = pooled.take(Thing)
        assert (twin.items, other.items) == ([1], [])
        del twin, other
    assert pooled.pool_of(Thing).stats().live == 0


def test_a_container_that_holds_an_iterator_of_its_own(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

    payload = Payload()
    died = weakref.ref(payload)
    thing = pooled.take(Thing)
    thing.items.append(payload)
    thing.items.append(iter(thing.items))
    del thing, payload
    assert pooled.take(Thing).items == []
    gc.collect()
    assert died() is None


def test_a_container_that_holds_itself(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

    thing = pooled.take(Thing)
    thing.items.append(thing.items)
    del thing
    for _ in range(2):
        assert pooled.take(Thing).items == []
        gc.collect()


# Elements: they are released immediately, and may run any code.


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.holds], ids=str)
def test_elements_die_when_the_object_is_dropped(pooled, kind, container):
    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    for _ in range(2):
        thing = pooled.take(Thing)
        payload = Payload()
        died = weakref.ref(payload)
        container.fill(thing.part, [payload])
        del payload
        assert died() is not None
        del thing
        assert died() is None
    check_counts(pooled, Thing, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.holds], ids=str)
def test_elements_whose_finalizer_raises(pooled, kind, container, unraisable):
    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)
        last: list = kind.field(factory=list)

    class Failing:
        def __del__(self):
            raise ValueError("no")

    thing = pooled.take(Thing)
    container.fill(thing.part, [Failing(), Failing()])
    thing.last.append(1)
    del thing
    assert unraisable == ["ValueError: no"] * 2
    thing = pooled.take(Thing)
    assert (state(thing.part), thing.last) == (state(container.factory()), [])
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@two_kinds
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.holds], ids=str)
def test_elements_that_take_and_drop_objects_of_the_same_class(pooled, kind, container):
    seen = []

    @pooled.poolable
    @kind.define
    class Thing:
        size: int = 3
        part: Any = kind.field(factory=container.factory)
        last: list = kind.field(factory=list)

    class Busy:
        def __init__(self, depth):
            self.depth = depth

        def __del__(self):
            first, second = pooled.take(Thing), Thing()
            for thing in (first, second):
                seen.append((thing.size, state(thing.part), thing.last))
                if self.depth:
                    container.fill(thing.part, [Busy(self.depth - 1)])
                vars(self)["kept"] = thing.last
            del thing

    for depth in (0, 1, 4):
        thing = pooled.take(Thing)
        container.fill(thing.part, [Busy(depth)])
        thing.last.append(1)
        del thing
    assert len(seen) > 10
    assert all(each == (3, state(container.factory()), []) for each in seen)
    stats = pooled.pool_of(Thing).stats()
    assert (stats.live, stats.taken) == (0, stats.recycled)


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.holds], ids=str)
def test_elements_that_look_at_all_objects_while_they_die(pooled, kind, container):
    found = []

    @pooled.poolable
    @kind.define
    class Thing:
        name: str = "thing"
        part: Any = kind.field(factory=container.factory)

    class Looking:
        def __del__(self):
            found.extend(obj for obj in gc.get_objects() if type(obj) is cls or id(obj) == identity)

    thing = pooled.take(Thing)
    cls = type(getattr(thing, "__wrapped__", thing))  # the class of the object, which may be behind a proxy
    identity = id(thing.part)
    container.fill(thing.part, [Looking(), 1])
    del thing
    containers = [obj.part if type(obj) is cls else obj for obj in found if type(obj) is not cls or is_set(obj, "part")]
    before = [state(each) for each in containers]
    others = [pooled.take(Thing) for _ in range(3)]
    for other in others:
        assert (other.name, state(other.part)) == ("thing", state(container.factory()))
        assert not any(other.part is each for each in containers), "it has two owners"
        container.fill(other.part, [3])
    assert [state(each) for each in containers] == before
    stats = pooled.pool_of(Thing).stats()
    assert stats.live == len(others)


@two_kinds
@pytest.mark.parametrize("container", [container for container in CONTAINERS if container.holds], ids=str)
def test_elements_that_save_themselves(pooled, kind, container):
    saved = []

    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    class Phoenix:
        def __del__(self):
            saved.append(self)

    thing = pooled.take(Thing)
    phoenix = Phoenix()
    container.fill(thing.part, [phoenix])
    del phoenix, thing
    assert len(saved) == 1
    assert state(pooled.take(Thing).part) == state(container.factory())


def test_elements_that_hold_on_to_their_container(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

    class Child:
        def __init__(self, siblings):
            self.siblings = siblings

    thing = pooled.take(Thing)
    thing.items.append(Child(thing.items))
    died = weakref.ref(thing.items[0])
    del thing
    assert pooled.take(Thing).items == []
    gc.collect()
    assert died() is None


def test_elements_that_drop_their_pool_and_class(engine):
    code = """
import attrs, gc, pooled

class Last:
    def __del__(self):
        globals().pop("Thing", None)
        gc.collect()
        pooled.clear()

def use(**options):
    global Thing
    Thing = pooled.poolable(attrs.make_class("Thing", {"items": attrs.field(factory=list)}, **options))
    thing = pooled.take(Thing)
    thing.items.append(Last())
    thing = None

for options in ({"slots": True}, {"slots": False}, {"slots": True, "frozen": True}):
    use(**options)
gc.collect()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_parked_objects_and_their_containers_are_not_seen_by_the_collector(pooled, engine, kind):
    if engine != "native":
        limits.skip("native-only")

    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)
        seen: set = kind.field(factory=set)
        queue: Any = kind.field(factory=collections.deque)
        ordered: Any = kind.field(factory=collections.OrderedDict)

    def parts(thing):
        return {id(part) for part in (thing.items, thing.table, thing.seen, thing.queue, thing.ordered)}

    things = [pooled.take(Thing) for _ in range(5)]
    for thing in things:
        thing.items.append([])
        thing.table[1] = []
        thing.seen.add(Payload())
        thing.queue.append([])
        thing.ordered[1] = []
    hidden = {id(thing) for thing in things}.union(*map(parts, things))
    visible = {id(obj) for obj in gc.get_objects()}
    assert hidden <= visible
    del thing
    things.clear()
    assert len(pooled.pool_of(Thing)) == 5
    del visible
    assert [type(obj) for obj in gc.get_objects() if id(obj) in hidden] == []
    again = pooled.take(Thing)
    again.table[1] = []
    assert parts(again) <= hidden
    assert parts(again) | {id(again)} <= {id(obj) for obj in gc.get_objects()}
