"""`keep=` names attributes that are emptied in place and kept; the other attributes of a plain class are deleted."""

import collections
import dataclasses
import weakref
from typing import Any

import attrs
import limits
import pytest
from field_kinds import CONTAINERS, Payload, check_counts, error_of, is_set, state


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


@pytest.mark.needs_pool
def test_a_bare_new_is_blank_and_not_recycled(pooled, decoder):
    decoder()
    blank = decoder.__new__(decoder)
    assert not is_set(blank, "buffer")
    assert not is_set(blank, "seen")
    del blank
    check_counts(pooled, decoder, misses=2, recycled=1, discarded_refused=1, parked=1)


@pytest.mark.needs_pool
def test_poolable_objects_can_be_kept(pooled, containers):
    @pooled.poolable
    @attrs.define
    class Inner:
        size: int = 3
        items: list = attrs.field(factory=list)

    @pooled.poolable(keep=("rows", "inner"))
    class Thing:
        def __init__(self):
            self.rows = containers.List()
            self.inner = Inner()

    rows_before = pooled.pool_of(containers.List).stats()
    thing = pooled.take(Thing)
    thing.rows.append(1)
    thing.inner.size = 4
    thing.inner.items.append(1)
    identity = id(thing.inner.items)
    del thing
    check_counts(pooled, Inner, misses=1, live=1)
    thing = pooled.take(Thing)
    assert (list(thing.rows), thing.inner.size, thing.inner.items) == ([], 3, [])
    assert id(thing.inner.items) == identity
    rows_after = pooled.pool_of(containers.List).stats()
    assert (rows_after.live, rows_after.recycled) == (rows_before.live + 1, rows_before.recycled)
    del thing
    pooled.pool_of(Thing).clear()
    check_counts(pooled, Inner, misses=1, recycled=1, parked=1)


# On an attrs class or a dataclass.


@pytest.mark.needs_pool
def test_fields_whose_factory_is_not_known_can_be_kept(pooled, kind):
    calls = []

    def make():
        calls.append("made")
        return collections.defaultdict(list)

    @pooled.poolable(keep=("index", "window"))
    @kind.define
    class Thing:
        topic: str
        index: dict = kind.field(factory=make)
        window: Any = kind.field(factory=lambda: collections.deque(maxlen=3))
        other: list = kind.field(factory=lambda: [1])

    thing = pooled.take(Thing, topic="t")
    thing.index["a"].append(1)
    thing.window.extend([1, 2, 3, 4])
    thing.other.append(2)
    identities = id(thing.index), id(thing.window)
    del thing
    others = [collections.defaultdict(list), collections.deque(maxlen=3)]
    thing = pooled.take(Thing)
    assert (id(thing.index), id(thing.window)) == identities
    assert (thing.index, thing.index.default_factory) == ({}, list)
    assert (thing.window, thing.window.maxlen) == (collections.deque(), 3)
    assert thing.other == [1]
    assert not is_set(thing, "topic")
    assert calls == ["made"]
    kept = thing.index
    kept["b"].append(2)
    del thing
    assert kept == {"b": [2]}
    thing = pooled.take(Thing, topic="given")
    assert (thing.topic, thing.index, thing.index.default_factory) == ("given", {}, list)
    assert calls == ["made"] * 2
    check_counts(pooled, Thing, misses=1, hits=2, recycled=2, live=1)


def test_kept_fields_that_were_deleted_or_given_are_no_different(pooled, mutable_kind):
    @pooled.poolable(keep=("index",))
    @mutable_kind.define
    class Thing:
        index: dict = mutable_kind.field(factory=dict)
        size: int = 3

    thing = pooled.take(Thing, size=5)
    del thing.index
    del thing
    thing = pooled.take(Thing)
    assert (thing.index, thing.size) == ({}, 3)
    mine = {1: 2}
    del thing
    thing = pooled.take(Thing, index=mine)
    assert thing.index is mine
    del thing
    assert mine == {1: 2}
    assert pooled.take(Thing).index == {}
    assert "got an unexpected keyword argument 'nmae'" in error_of(pooled.take, Thing, nmae=1)


@pytest.mark.needs_pool
def test_init_of_a_class_with_kept_fields_sees_a_blank_object(pooled, attrs_kind):
    seen = []

    @pooled.poolable(keep=("index",))
    @attrs_kind.define
    class Thing:
        first: Any = attrs.Factory(lambda self: seen.append(is_set(self, "index")), takes_self=True)
        index: dict = attrs.Factory(dict)

    Thing()
    Thing()
    assert seen == [False, False]
    blank = Thing.__new__(Thing)
    assert not is_set(blank, "index")
    del blank
    check_counts(pooled, Thing, misses=1, hits=2, recycled=3, parked=1)


@pytest.mark.needs_pool
def test_kept_fields_under_the_metaclass(pooled, kind):
    @kind.define
    class Thing(metaclass=pooled.PooledMeta, keep=("index",)):
        topic: str = "t"
        index: dict = kind.field(factory=dict)

    thing = pooled.take(Thing)
    thing.index[1] = 2
    identity = id(thing.index)
    del thing
    others = [{}, {}]
    thing = pooled.take(Thing)
    assert (thing.topic, thing.index, id(thing.index)) == ("t", {}, identity)


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

    @attrs.define(slots=False)
    class AttrsWithDict:
        buffer: list = attrs.field(factory=list)

    @dataclasses.dataclass
    class Data:
        buffer: list = dataclasses.field(default_factory=list)

    for cls in (Slots, Attrs, AttrsWithDict, Data):
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
