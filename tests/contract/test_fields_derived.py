"""The way to reset an attrs class or a dataclass is derived from its fields: emptied, default, made or unset."""

import collections
import dataclasses
import functools
import io
import itertools
import sys
import weakref
from typing import Any, ClassVar, Generic, TypeVar

import attr
import attrs
import limits
import pytest
from field_kinds import Payload, check_counts, error_of, is_set, state, two_kinds, two_mutable_kinds

T = TypeVar("T")


@pytest.fixture
def message(pooled, kind):
    """A class with one field of each kind."""

    @pooled.poolable
    @kind.define
    class Message:
        topic: str
        size: int = 3
        note: Any = None
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)
        seen: set = kind.field(factory=set)

    return Message


def is_fresh(obj):
    """Whether an object of `message` is as `take` is to give it."""
    values = (obj.size, obj.note, obj.items, obj.table, obj.seen)
    if hasattr(obj, "__dict__"):
        assert sorted(vars(obj)) == ["items", "note", "seen", "size", "table"]
    return not is_set(obj, "topic") and values == (3, None, [], {}, set())


@pytest.mark.needs_pool
def test_what_is_taken_has_its_defaults_whether_it_is_new_or_recycled(pooled, message):
    first = pooled.take(message)
    assert is_fresh(first)
    assert isinstance(first, message)
    first.items.append(1)
    first.table["a"] = 1
    first.seen.add(1)
    del first
    second = pooled.take(message)
    assert is_fresh(second)
    check_counts(pooled, message, misses=1, hits=1, recycled=1, live=1)
    second.items.append("it is its own")
    third = pooled.take(message)
    assert is_fresh(third)
    del second, third
    assert is_fresh(pooled.try_take(message))
    assert is_fresh(pooled.pool_of(message).take())
    assert is_fresh(pooled.pool_of(message).try_take())


@limits.skip_if("no-pool")
def test_values_that_were_given_are_gone_from_what_is_taken(pooled, message):
    payload = Payload()
    died = weakref.ref(payload)
    obj = message(topic=payload, size=4, note=payload, items=[payload], table={1: payload}, seen={payload})
    del payload, obj
    assert died() is None
    assert is_fresh(pooled.take(message))


@pytest.mark.needs_pool
def test_values_that_were_assigned_are_gone_from_what_is_taken(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Message:
        topic: str
        note: Any = None
        items: list = mutable_kind.field(factory=list)

    payload = Payload()
    died = weakref.ref(payload)
    obj = pooled.take(Message)
    obj.topic = obj.note = obj.items = payload
    del payload, obj
    assert died() is None
    taken = pooled.take(Message)
    assert not is_set(taken, "topic")
    assert (taken.note, taken.items) == (None, [])
    check_counts(pooled, Message, misses=1, hits=1, recycled=1, live=1)


def test_construction_runs_init_on_a_recycled_object_too(pooled, message):
    for size in (5, 6):
        obj = message(topic="t", size=size)
        assert (obj.topic, obj.size, obj.note, obj.items, obj.table, obj.seen) == ("t", size, None, [], {}, set())
        assert obj == message(topic="t", size=size)
        obj.items.append(size)
        del obj
    assert error_of(message).startswith("TypeError")


# Emptied: the recycled object keeps the container.


@pytest.mark.needs_pool
@two_kinds
def test_a_container_is_emptied_in_place(pooled, kind, container):
    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    thing = pooled.take(Thing)
    assert state(thing.part) == state(container.factory())
    container.fill(thing.part, [1, 2])
    assert state(thing.part) != state(container.factory())
    identity = id(thing.part)
    del thing
    others = [container.factory() for _ in range(10)]  # one of them would reuse the memory of a freed container
    thing = pooled.take(Thing)
    assert id(thing.part) == identity
    assert state(thing.part) == state(container.factory())
    container.fill(thing.part, [3])
    fresh = container.factory()
    container.fill(fresh, [3])
    assert state(thing.part) == state(fresh)
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@two_kinds
def test_a_container_keeps_its_capacity_where_the_engine_says_so(pooled, kind, container):
    kept = pooled.engine_info().keeps_capacity
    if container.keeps is None or not kept.get(container.keeps.__name__):
        limits.skip("capacity-not-kept")

    @pooled.poolable(max_cap=1 << 20)
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)

    room = container.keeps.__sizeof__
    thing = pooled.take(Thing)
    container.fill(thing.part, list(range(1000)))
    size = room(thing.part)
    assert size > 1000
    for _ in range(3):
        del thing
        thing = pooled.take(Thing)
        assert (len(thing.part), room(thing.part)) == (0, size)
        container.fill(thing.part, list(range(1000)))
        assert room(thing.part) == size


@pytest.mark.needs_pool
@two_kinds
def test_a_container_whose_capacity_is_above_max_cap_is_replaced(pooled, kind, container):
    @pooled.poolable(max_cap=100)
    @kind.define
    class Thing:
        part: Any = kind.field(factory=container.factory)
        other: list = kind.field(factory=list)

    if container.name == "bounded deque":
        limits.skip("one-block")
    thing = pooled.take(Thing)
    container.fill(thing.part, list(range(5000)))
    died = weakref.ref(thing.part) if container.weak else lambda: None
    size = sys.getsizeof(thing.part)
    kept = id(thing.other)
    del thing
    assert died() is None
    thing = pooled.take(Thing)
    assert state(thing.part) == state(container.factory())
    if container.name != "StringIO":  # which does not report its size
        assert sys.getsizeof(thing.part) < size
    assert id(thing.other) == kept
    check_counts(pooled, Thing, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
@two_mutable_kinds
def test_a_container_that_is_not_of_its_factorys_class_any_more_is_replaced(pooled, mutable_kind, container):
    class Special(container.factory().__class__):
        pass

    @pooled.poolable
    @mutable_kind.define
    class Thing:
        part: Any = mutable_kind.field(factory=container.factory)

    for other in (Special(), (), [1] if container.name != "list" else {1: 1}, None, 7, Payload()):
        thing = pooled.take(Thing)
        thing.part = other
        del thing
        assert state(pooled.take(Thing).part) == state(container.factory())
    assert pooled.pool_of(Thing).stats().misses == 1


@two_mutable_kinds
def test_another_container_of_its_factorys_class_is_as_good(pooled, mutable_kind, container):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        part: Any = mutable_kind.field(factory=container.factory)

    thing = pooled.take(Thing)
    thing.part = container.factory()
    container.fill(thing.part, [1])
    del thing
    assert state(pooled.take(Thing).part) == state(container.factory())


@pytest.mark.needs_pool
@two_mutable_kinds
def test_what_was_deleted_comes_back(pooled, mutable_kind, container):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        part: Any = mutable_kind.field(factory=container.factory)
        size: int = 3
        made: list = mutable_kind.field(factory=lambda: [1])

    for _ in range(2):
        thing = pooled.take(Thing)
        assert (state(thing.part), thing.size, thing.made) == (state(container.factory()), 3, [1])
        del thing.part, thing.size, thing.made
        del thing
    check_counts(pooled, Thing, misses=1, hits=1, recycled=2, parked=1)


def test_what_a_container_was_told_besides_its_elements_is_as_its_factory_says(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        window: Any = mutable_kind.field(factory=functools.partial(collections.deque, maxlen=3))
        endless: Any = mutable_kind.field(factory=collections.deque)
        lists: Any = mutable_kind.field(factory=functools.partial(collections.defaultdict, list))
        strict: Any = mutable_kind.field(factory=collections.defaultdict)

    payload = Payload()
    died = weakref.ref(payload)
    thing = pooled.take(Thing)
    thing.window = collections.deque([1], maxlen=2)
    thing.endless = collections.deque([1], maxlen=2)
    thing.lists.default_factory = thing.strict.default_factory = lambda payload=payload: payload
    del thing, payload
    assert died() is None, "a parked object holds it"
    thing = pooled.take(Thing)
    assert (thing.window.maxlen, thing.endless.maxlen) == (3, None)
    assert thing.lists["a"] == []
    assert error_of(lambda: thing.strict["a"]).startswith("KeyError")


@pytest.mark.needs_pool
def test_files_in_memory_are_as_good_as_new(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        data: io.BytesIO = mutable_kind.field(factory=io.BytesIO)
        text: io.StringIO = mutable_kind.field(factory=io.StringIO)

    thing = pooled.take(Thing)
    thing.data.write(b"data")
    thing.data.close()
    thing.text.close()
    del thing
    thing = pooled.take(Thing)
    thing.data.write(b"x")
    thing.text = io.StringIO("a", newline="\r\n")
    del thing
    thing = pooled.take(Thing)
    thing.text.write("x\n")
    assert (thing.data.getvalue(), thing.text.getvalue()) == (b"", "x\n")
    assert pooled.pool_of(Thing).stats().hits == 2


@two_kinds
@pytest.mark.parametrize("name", ["OrderedDict", "Counter", "BytesIO", "StringIO"])
def test_attributes_of_a_container_are_gone(pooled, kind, name):
    factory = getattr(collections, name, None) or getattr(io, name)

    @pooled.poolable
    @kind.define
    class Thing:
        part: Any = kind.field(factory=factory)

    thing = pooled.take(Thing)
    payload = Payload()
    died = weakref.ref(payload)
    thing.part.note = payload
    kept = vars(thing.part)
    del thing
    kept.pop("note")
    kept["other"] = 1
    thing = pooled.take(Thing)
    assert vars(thing.part) == {}
    thing.part.note = payload
    del thing, payload
    assert died() is None


# Default: the identical object.


def test_a_default_comes_back_as_the_very_object(pooled, mutable_kind):
    class Settings:
        def __init__(self):
            self.cleared = False

        def clear(self):
            self.cleared = True

    common = Settings()

    @pooled.poolable
    @mutable_kind.define
    class Thing:
        settings: Settings = common
        written: Any = mutable_kind.field(default=common)
        size: int = 3

    for _ in range(3):
        thing = pooled.take(Thing)
        assert thing.settings is thing.written is common
        assert thing.size == 3
        thing.settings = thing.written = thing.size = None
        del thing
    assert not common.cleared


def test_a_default_that_is_a_container_is_shared_by_all_as_ever(pooled, attrs_kind):
    default = [1]

    @pooled.poolable
    @attrs_kind.define
    class Thing:
        items: list = default

    for _ in range(2):
        thing = pooled.take(Thing)
        assert thing.items is default
        del thing
    assert default == [1]


def test_a_factory_that_is_a_default_is_not_called(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        kind_of_list: Any = list
        counter: Any = collections.Counter

    for _ in range(2):
        thing = pooled.take(Thing)
        assert (thing.kind_of_list, thing.counter) == (list, collections.Counter)
        del thing


# Made: a new value at every take.


@pytest.mark.needs_pool
def test_other_factories_are_called_at_every_take_and_at_no_other_time(pooled, kind):
    number = itertools.count()

    @pooled.poolable
    @kind.define
    class Thing:
        serial: int = kind.field(factory=number.__next__)
        made: list = kind.field(factory=lambda: [1])

    for expected in range(3):
        thing = pooled.take(Thing)
        assert (thing.serial, thing.made) == (expected, [1])
        thing.made.append(2)
        del thing
    thing = Thing()
    assert (thing.serial, thing.made) == (3, [1])
    assert Thing(serial=-1).serial == -1
    pooled.pool_of(Thing).prefill(5)
    assert pooled.take(Thing).serial == 4
    check_counts(pooled, Thing, misses=2, hits=4, recycled=5, parked=6, live=1)


@two_mutable_kinds
@pytest.mark.parametrize(
    "factory",
    [
        functools.partial(list, (1, 2)),
        functools.partial(dict, a=1),
        functools.partial(collections.deque, [1], maxlen=3),
        functools.partial(collections.deque, [1], 3),
        functools.partial(collections.defaultdict, int, {1: 2}),
        functools.partial(collections.Counter, "abca"),
        functools.partial(bytearray, 5),
        functools.partial(bytearray, b"text"),
        tuple,
        frozenset,
        int,
        str,
        object,
        type("OwnList", (list,), {"__init__": lambda self: self.append(1)}),
        type("OwnClass", (), {}),
    ],
)
def test_what_only_looks_like_an_emptiable_container_is_made(pooled, mutable_kind, factory):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        part: Any = mutable_kind.field(factory=factory)

    expected = factory()
    for _ in range(3):
        thing = pooled.take(Thing)
        assert type(thing.part) is type(expected)
        if type(expected).__eq__ is not object.__eq__:
            assert state(thing.part) == state(expected)
        if hasattr(thing.part, "clear"):
            thing.part.clear()
        else:
            thing.part = None
        del thing


def test_what_is_made_is_made_in_the_order_of_the_fields(pooled, kind):
    calls = []

    def make(name):
        return lambda: calls.append(name) or name

    @kind.define
    class Base:
        a: str = kind.field(factory=make("a"))
        b: list = kind.field(factory=list)

    @pooled.poolable
    @kind.define
    class Thing(Base):
        c: str = kind.field(factory=make("c"))
        d: int = 4
        e: str = kind.field(factory=make("e"))

    for _ in range(2):
        thing = pooled.take(Thing)
        assert (thing.a, thing.b, thing.c, thing.d, thing.e) == ("a", [], "c", 4, "e")
        assert calls == ["a", "c", "e"]
        del thing
        assert calls == ["a", "c", "e"]
        calls.clear()
    pooled.take(Thing, c="given")
    assert calls == ["a", "e"]


def test_factories_that_take_the_object_see_the_fields_before_theirs(pooled, attrs_kind, park):
    @pooled.poolable
    @attrs_kind.define
    class Thing:
        width: int = 2
        height: int = attrs.field()
        area: int = attrs.Factory(lambda self: self.width * self.height, takes_self=True)
        label: str = attrs.field()

        @height.default
        def _(self):
            return self.width + 1

        @label.default
        def _(self):
            return f"{self.width}x{self.height}={self.area}"

    park(Thing)
    assert pooled.take(Thing).label == "2x3=6"
    assert pooled.take(Thing, width=5).label == "5x6=30"
    assert pooled.take(Thing, height=5, area=1).label == "2x5=1"
    assert Thing(width=3).label == "3x4=12"


def test_a_factory_that_gives_the_object_away_shares_it(pooled):
    given_away = []

    @pooled.poolable
    @attrs.define
    class Thing:
        items: list = attrs.Factory(list)
        me: Any = attrs.Factory(lambda self: given_away.append(self), takes_self=True)

    thing = pooled.take(Thing)
    thing.items.append("mine")
    del thing
    assert given_away[0].items == ["mine"]
    assert len(pooled.pool_of(Thing)) == 0
    given_away.clear()
    assert pooled.take(Thing).items == []


def test_defaults_that_a_converter_has_to_convert_are_converted_at_every_take(pooled, attrs_kind):
    calls = []

    def convert(value):
        calls.append(value)
        return [*value, "converted"]

    @pooled.poolable
    @attrs_kind.define
    class Thing:
        port: int = attrs.field(default="80", converter=int)
        items: list = attrs.field(factory=list, converter=convert)
        optional: Any = attrs.field(default=None, converter=attrs.converters.optional(int))
        filled: Any = attrs.field(default=None, converter=attrs.converters.default_if_none(factory=list))

    for _ in range(3):
        thing = pooled.take(Thing)
        assert (thing.port, thing.items, thing.optional, thing.filled) == (80, ["converted"], None, [])
        thing.items.append(1)
        thing.filled.append(1)
        del thing
    assert calls == [[]] * 3


@pytest.mark.needs_pool
def test_an_error_of_a_factory_reaches_the_caller_and_leaves_the_pool_sound(pooled, kind, park):
    trouble = [False]

    def fail():
        if trouble[0]:
            raise KeyError("no")
        return 1

    made = []

    def make():
        payload = Payload()
        made.append(weakref.ref(payload))
        return payload

    @pooled.poolable
    @kind.define
    class Thing:
        first: Any = kind.field(factory=make)
        items: list = kind.field(factory=list)
        number: int = kind.field(factory=fail)

    park(Thing)
    before = pooled.pool_of(Thing).stats()
    trouble[0] = True
    for _ in range(3):
        assert error_of(pooled.take, Thing) == "KeyError: 'no'"
    after = pooled.pool_of(Thing).stats()
    assert (after.taken, after.discarded_error) == (before.taken + 3, before.discarded_error + 3)
    assert (after.live, after.parked) == (0, 0)
    assert all(ref() is None for ref in made), "it leaked"
    trouble[0] = False
    taken = pooled.take(Thing)
    assert (taken.items, taken.number) == ([], 1)


# Unset: a field without a default.


@pytest.mark.needs_pool
def test_fields_without_a_default_are_unset(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        first: int
        second: int
        third: int = 3

    Thing(first=1, second=2)
    for _ in range(2):
        thing = pooled.take(Thing)
        assert (is_set(thing, "first"), is_set(thing, "second"), thing.third) == (False, False, 3)
        del thing
    assert pooled.pool_of(Thing).stats().misses == 1


@limits.skip_if("no-pool")
def test_unset_fields_can_be_assigned(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        first: int

    for value in (1, 2):
        thing = pooled.take(Thing)
        assert not is_set(thing, "first")
        thing.first = value
        assert thing == Thing(first=value)
        del thing


def test_fields_that_init_does_not_take(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        bare: int = kind.field(init=False)
        plain: int = kind.field(default=3, init=False)
        items: list = kind.field(factory=list, init=False)
        made: list = kind.field(factory=lambda: [1], init=False)

    for _ in range(2):
        for thing in (pooled.take(Thing), Thing()):
            assert not is_set(thing, "bare")
            assert (thing.plain, thing.items, thing.made) == (3, [], [1])
            thing.items.append(1)
        del thing


def test_a_default_that_init_leaves_to_the_class(pooled):
    @pooled.poolable
    @dataclasses.dataclass
    class Thing:
        plain: int = dataclasses.field(default=3, init=False)

    for _ in range(2):
        thing = pooled.take(Thing)
        assert (thing.plain, vars(thing)) == (3, {})
        thing.plain = 4
        del thing


def test_class_variables_are_no_fields(pooled, kind):
    @pooled.poolable
    @kind.define
    class Thing:
        shared: ClassVar[list] = []
        items: list = kind.field(factory=list)

    Thing.shared.append(1)
    for _ in range(2):
        thing = pooled.take(Thing)
        assert thing.shared is Thing.shared
        thing.items.append(1)
        del thing
    assert Thing.shared == [1]
    assert [reset.name for reset in pooled.field_reset(Thing)] == ["items"]


# Attributes that are not fields are deleted.


def test_attributes_that_are_no_fields_are_gone(pooled, dict_kind):
    @pooled.poolable
    @dict_kind.define
    class Thing:
        items: list = dict_kind.field(factory=list)

    for _ in range(2):
        thing = pooled.take(Thing)
        assert vars(thing) == {"items": []}
        payload = Payload()
        died = weakref.ref(payload)
        vars(thing)["extra"] = payload
        vars(thing).update({f"more{number}": 1 for number in range(50)})
        thing.items.append(1)
        del thing, payload
        assert died() is None


@pytest.mark.needs_pool
def test_slots_that_are_no_fields_are_gone(pooled, kind):
    class Plain:
        __slots__ = ("cache", "unused")

    @pooled.poolable
    @kind.define
    class Thing(Plain):
        items: list = kind.field(factory=list)

    payload = Payload()
    died = weakref.ref(payload)
    thing = pooled.take(Thing)
    Plain.cache.__set__(getattr(thing, "__wrapped__", thing), payload)  # the object may be behind a proxy
    assert is_set(thing, "cache")
    del thing, payload
    assert died() is None
    assert not is_set(pooled.take(Thing), "cache")
    assert pooled.pool_of(Thing).stats().hits == 1


def test_a_plain_base_with_attributes(pooled, kind):
    class Plain:
        def remember(self, value):
            vars(self)["memory"] = value

    @pooled.poolable
    @kind.define
    class Thing(Plain):
        items: list = kind.field(factory=list)

    for _ in range(2):
        thing = pooled.take(Thing)
        assert not is_set(thing, "memory")
        thing.remember(1)
        assert thing.memory == 1
        thing.items.append(1)
        del thing
    assert pooled.take(Thing).items == []


# Inheritance.


@pytest.mark.needs_pool
def test_fields_are_inherited(pooled, kind):
    @kind.define
    class Base:
        first: int = 1
        items: list = kind.field(factory=list)
        changed: Any = "base"

    @kind.define
    class Middle(Base):
        changed: Any = kind.field(factory=list)

    @pooled.poolable
    @kind.define
    class Thing(Middle):
        table: dict = kind.field(factory=dict)

    for _ in range(2):
        thing = pooled.take(Thing, first=2)
        assert (thing.first, thing.items, thing.changed, thing.table) == (2, [], [], {})
        for container in (thing.items, thing.changed):
            container.append(1)
        thing.table[1] = 1
        del thing
    check_counts(pooled, Thing, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
def test_an_undecorated_subclass_has_the_fields_of_its_base(pooled, kind):
    @kind.define
    class Base:
        topic: str
        items: list = kind.field(factory=list)

    @pooled.poolable
    class Thing(Base):
        more: int = 3

        def size(self):
            return len(self.items)

    first = Thing(topic="t")
    identity = id(first.items)
    first.items.append(1)
    vars(first)["extra"] = first.size()
    del first
    second = pooled.take(Thing)
    assert (is_set(second, "topic"), is_set(second, "extra"), second.size(), second.more) == (False, False, 0, 3)
    assert id(second.items) == identity
    assert pooled.take(Thing, topic="t").topic == "t"


def test_a_subclass_of_a_poolable_class_is_an_ordinary_class(pooled, kind):
    died = []

    @pooled.poolable
    @kind.define
    class Base:
        items: list = kind.field(factory=list)

    @kind.define
    class Child(Base):
        more: list = kind.field(factory=list)

        def __del__(self):
            died.append((self.items, self.more))

    child = Child()
    child.items.append(1)
    child.more.append(2)
    del child
    assert died == [([1], [2])]
    check_counts(pooled, Base)
    assert error_of(pooled.take, Child).startswith("TypeError")


@pytest.mark.needs_pool
def test_a_poolable_subclass_of_a_poolable_class(pooled, kind):
    @pooled.poolable
    @kind.define
    class Base:
        items: list = kind.field(factory=list)

    @pooled.poolable
    @kind.define
    class Child(Base):
        more: list = kind.field(factory=list)

    for _ in range(2):
        base, child = pooled.take(Base), pooled.take(Child)
        assert (base.items, child.items, child.more) == ([], [], [])
        for container in (base.items, child.items, child.more):
            container.append(1)
        del base, child
    for cls in (Base, Child):
        check_counts(pooled, cls, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
def test_generic_classes(pooled, kind):
    @pooled.poolable
    @kind.define
    class Box(Generic[T]):
        value: T
        items: list[T] = kind.field(factory=list)

    # Python 3.11 does not support this call for a frozen dataclass with slots, pooled or not.
    make = Box if kind.frozen and kind.slots and kind.package == "dataclass" else Box[int]
    box = make(value=1)
    assert (box.value, box.items) == (1, [])
    identity = id(box.items)
    box.items.append(1)
    del box
    for _ in range(2):
        box = pooled.take(Box)
        assert (is_set(box, "value"), box.items, is_set(box, "__orig_class__")) == (False, [], False)
        assert id(box.items) == identity
        box.items.append(1)
        del box
    assert pooled.take(Box, value=2).value == 2
    check_counts(pooled, Box, misses=1, hits=3, recycled=4, parked=1)


@pytest.mark.needs_pool
def test_classes_under_the_metaclass(pooled, kind):
    @kind.define
    class Order(metaclass=pooled.PooledMeta, max=7):  # its fields are known only after its creation
        number: int
        lines: list = kind.field(factory=list)

    @kind.define
    class Express(Order):
        hours: list = kind.field(factory=list)

    assert [pooled.pool_of(cls).policy.max for cls in (Order, Express)] == [7, 7]
    for cls in (Order, Express):
        order = cls(number=1)
        identity = id(order.lines)
        order.lines.append(1)
        if cls is Express:
            order.hours.append(24)
        del order
        order = pooled.take(cls)
        assert (is_set(order, "number"), order.lines, getattr(order, "hours", [])) == (False, [], [])
        assert id(order.lines) == identity
        assert pooled.take(cls, number=2).number == 2
        del order
        check_counts(pooled, cls, misses=2, hits=1, recycled=3, parked=2)


@pytest.mark.needs_pool
def test_classes_that_older_attrs_makes(pooled):
    @pooled.poolable
    @attrs.define(auto_attribs=False)
    class Modern:
        items = attrs.field(factory=list)

    @pooled.poolable
    @attr.s(auto_attribs=True)
    class Old:
        items: list = attr.ib(factory=list)

    @pooled.poolable
    @attr.s(slots=True, frozen=True)
    class Oldest:
        items = attr.ib(factory=list)

    made = pooled.poolable(attrs.make_class("Made", {"items": attrs.field(factory=list)}))
    for cls in (Modern, Old, Oldest, made):
        thing = cls()
        identity = id(thing.items)
        thing.items.append(1)
        del thing
        thing = pooled.take(cls)
        assert (thing.items, id(thing.items)) == ([], identity)
        assert pooled.take(cls, items=[2]).items == [2]


# Behaviour that does not change.


@limits.skip_if("no-pool")
@pytest.mark.parametrize("how", ["method", "function"])
def test_a_class_with_a_reset_is_not_derived(pooled, kind, how):
    def empty(self):
        self.items.append("reset")

    @pooled.poolable(reset=empty if how == "function" else "empty")
    @kind.define
    class Thing:
        topic: str = "t"
        items: list = kind.field(factory=list)
        if how == "method":

            def empty(self):
                self.items.append("reset")

    Thing(topic="other")
    taken = pooled.take(Thing)
    assert (taken.topic, taken.items) == ("other", ["reset"])
    assert error_of(pooled.take, Thing, topic="t").startswith("TypeError")


@pytest.mark.needs_pool
def test_capacity_is_asked_while_the_fields_are_there(pooled, kind):
    @pooled.poolable(max_cap=3, capacity="capacity")
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

        def capacity(self):
            return len(self.items)

    for count in (4, 3):
        thing = pooled.take(Thing)
        thing.items.extend(range(count))
        del thing
    check_counts(pooled, Thing, misses=2, discarded_large=1, recycled=1, parked=1)
    assert pooled.take(Thing).items == []


@pytest.mark.needs_pool
def test_init_sees_a_blank_object(pooled, attrs_kind):
    seen = []

    def look(self):
        seen.append([is_set(self, name) for name in ("items", "size", "table")])

    @pooled.poolable
    @attrs_kind.define
    class Thing:
        first: Any = attrs.Factory(look, takes_self=True)
        items: list = attrs.Factory(list)
        size: int = 3
        table: dict = attrs.Factory(dict)

    thing = Thing()
    thing.items.append(1)
    del thing
    del seen[:]
    assert Thing().items == []
    assert seen == [[False] * 3]
    assert pooled.pool_of(Thing).stats().hits == 1


@pytest.mark.needs_pool
def test_post_init_of_a_construction_sees_nothing_of_an_earlier_life(pooled, dataclass_kind):
    seen = []

    @pooled.poolable
    @dataclass_kind.define
    class Thing:
        size: int = 3
        items: list = dataclasses.field(default_factory=list)
        late: int = dataclasses.field(init=False)

        def __post_init__(self):
            seen.append(is_set(self, "late"))
            object.__setattr__(self, "late", len(seen))

    for expected in (1, 2):
        assert Thing().late == expected
    assert seen == [False, False]
    assert pooled.pool_of(Thing).stats().hits == 1


@pytest.mark.needs_pool
def test_a_bare_new_gives_a_blank_object_that_is_recycled(pooled, kind, message):
    message(topic="t", items=[1])
    for _ in range(2):
        blank = message.__new__(message)
        assert isinstance(blank, message)
        if kind.slots:
            assert not any(is_set(blank, name) for name in ("topic", "size", "note", "items", "table", "seen"))
        else:
            assert vars(blank) == {}
        del blank
    assert is_fresh(pooled.take(message))
    check_counts(pooled, message, misses=1, hits=3, recycled=4, parked=1)


@pytest.mark.needs_pool
def test_prefilled_objects(pooled, message):
    assert pooled.pool_of(message).prefill(3) == 3
    taken = [pooled.take(message), pooled.take(message)]
    assert all(is_fresh(obj) for obj in taken)
    assert taken[0].items is not taken[1].items
    obj = message(topic="t")
    assert (obj.topic, obj.items) == ("t", [])
    check_counts(pooled, message, hits=3, live=3)


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    "make", [lambda cls: cls(topic="t"), lambda cls: cls.__new__(cls), lambda cls: cls(topic="t", size=5, items=[1])]
)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_first_objects_of_a_class_are_no_different(pooled, message, make, count):
    first = [make(message) for _ in range(count)]
    first.clear()
    taken = [pooled.take(message) for _ in range(count + 1)]
    assert all(is_fresh(obj) for obj in taken)
    check_counts(pooled, message, misses=count + 1, hits=count, recycled=count, live=count + 1)


@pytest.mark.needs_pool
def test_borrowed_objects(pooled, message):
    for _ in range(2):
        with pooled.pool_of(message).borrow() as obj:
            assert is_fresh(obj)
            obj.items.append(1)
        del obj
    assert is_fresh(pooled.take(message))


@pytest.mark.needs_pool
def test_max_zero_pools_nothing(pooled, kind):
    @pooled.poolable(max=0)
    @kind.define
    class Thing:
        size: int
        items: list = kind.field(factory=list)

    for size in range(3):
        thing = pooled.take(Thing, size=size)
        assert (thing.size, thing.items) == (size, [])
        thing.items.append(1)
        del thing
    check_counts(pooled, Thing, misses=3, discarded_full=3)


def test_a_discarded_object_dies_as_it_was(pooled, kind):
    last_words = []

    @pooled.poolable(max=0)
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)

        def __del__(self):
            last_words.append(list(self.items))

    thing = pooled.take(Thing)
    thing.items.append(1)
    del thing
    assert last_words == [[1]]


@pytest.mark.needs_pool
def test_a_class_without_fields(pooled, kind):
    @pooled.poolable
    @kind.define
    class Empty:
        """A class without fields."""

    for _ in range(2):
        assert isinstance(pooled.take(Empty), Empty)
    check_counts(pooled, Empty, misses=1, hits=1, recycled=2, parked=1)


def test_many_fields(pooled, kind):
    names = [f"field{number}" for number in range(40)]
    namespace = {
        "__annotations__": dict.fromkeys(names, Any),
        **{
            name: kind.field(factory=list) if number % 3 == 0 else kind.field(default=number)
            for number, name in enumerate(names)
        },
    }
    cls = pooled.poolable(kind.define(type("Many", (), namespace)))
    expected = [[] if number % 3 == 0 else number for number in range(40)]
    for _ in range(3):
        thing = pooled.take(cls)
        assert [getattr(thing, name) for name in names] == expected
        for number in range(0, 40, 3):
            getattr(thing, names[number]).append(number)
        del thing
    assert pooled.take(cls, field39=[1]).field39 == [1]


@pytest.mark.parametrize("calls", range(1, 8))
def test_calls_before_a_take_leave_the_defaults(pooled, kind, calls):
    """After some calls in a row, objects are parked blank."""

    @pooled.poolable
    @kind.define
    class Thing:
        a: int = 3
        b: str = "b"

    for i in range(calls):
        assert Thing(a=i).a == i
    for _ in range(3):
        taken = pooled.take(Thing)
        assert (taken.a, taken.b) == (3, "b")
        del taken
