"""If `__init__` does more than assign fields, objects are scrubbed, and `take` calls `__init__`."""

import dataclasses
from typing import Any

import attrs
import pytest
from field_kinds import check_counts, error_of, is_set


class Log(list):
    """The actions of `__init__`; shared by all the classes below."""


ran = Log()


def attrs_without_init():
    @attrs.define(init=False, slots=False)
    class Thing:
        topic: str
        items: list

        def __init__(self, topic="t", items=()):
            ran.append("init")
            self.topic, self.items = topic, list(items)

    return Thing


def attrs_with_an_init_of_its_own():
    @attrs.define
    class Thing:
        topic: str = "x"
        items: list = attrs.field(factory=list)

        def __init__(self, topic="t"):
            ran.append("init")
            self.__attrs_init__(topic)

    return Thing


def dataclass_without_init():
    @dataclasses.dataclass(init=False)
    class Thing:
        topic: str = "x"
        items: list = dataclasses.field(default_factory=list)

        def __init__(self, topic="t"):
            ran.append("init")
            self.topic, self.items = topic, []

    return Thing


def dataclass_with_an_init_of_its_own():
    @dataclasses.dataclass(slots=True)
    class Thing:
        topic: str = "x"
        items: list = dataclasses.field(default_factory=list)

        def __init__(self, topic="t"):
            ran.append("init")
            self.topic, self.items = topic, []

    return Thing


def replaced_init():
    @dataclasses.dataclass
    class Thing:
        topic: str = "t"
        items: list = dataclasses.field(default_factory=list)

    generated = Thing.__init__

    def init(self, *args, **kwargs):
        ran.append("init")
        generated(self, *args, **kwargs)

    Thing.__init__ = init
    return Thing


def init_of_an_undecorated_subclass():
    @attrs.define
    class Base:
        topic: str
        items: list = attrs.field(factory=list)

    class Thing(Base):
        def __init__(self, topic="t"):
            ran.append("init")
            super().__init__(topic)

    return Thing


def attrs_pre_init():
    @attrs.define
    class Thing:
        topic: str = "t"
        items: list = attrs.field(factory=list)

        def __attrs_pre_init__(self):
            ran.append("init")

    return Thing


def setattr_of_its_own_in_attrs():
    @attrs.define
    class Thing:
        topic: str = "t"
        items: list = attrs.field(factory=list)

        def __setattr__(self, name, value):
            ran.append("init")
            object.__setattr__(self, name, value)

        def __attrs_post_init__(self):
            self.topic = self.topic

    return Thing


def setattr_of_its_own_in_a_dataclass():
    @dataclasses.dataclass
    class Thing:
        topic: str = "t"
        items: list = dataclasses.field(default_factory=list)

        def __setattr__(self, name, value):
            ran.append("init")
            super().__setattr__(name, value)

    return Thing


def setattr_of_a_base():
    class Watching:
        def __setattr__(self, name, value):
            ran.append("init")
            object.__setattr__(self, name, value)

    @dataclasses.dataclass
    class Thing(Watching):
        topic: str = "t"
        items: list = dataclasses.field(default_factory=list)

    return Thing


def field_that_is_a_property():
    @dataclasses.dataclass
    class Thing:
        topic: str = "t"
        items: list = dataclasses.field(default_factory=list)

    def write(self, value):
        ran.append("init")
        vars(self)["hidden"] = value

    Thing.topic = property(lambda self: vars(self)["hidden"], write)
    return Thing


def field_whose_default_is_a_descriptor():
    class Described:
        def __set_name__(self, owner, name):
            self.name = "_" + name

        def __get__(self, obj, owner):
            return "t" if obj is None else getattr(obj, self.name)

        def __set__(self, obj, value):
            ran.append("init")
            setattr(obj, self.name, value)

    @dataclasses.dataclass
    class Thing:
        topic: str = Described()
        items: list = dataclasses.field(default_factory=list)

    return Thing


DOES_MORE = [
    attrs_without_init,
    attrs_with_an_init_of_its_own,
    dataclass_without_init,
    dataclass_with_an_init_of_its_own,
    replaced_init,
    init_of_an_undecorated_subclass,
    attrs_pre_init,
    setattr_of_its_own_in_attrs,
    setattr_of_its_own_in_a_dataclass,
    setattr_of_a_base,
    field_that_is_a_property,
    field_whose_default_is_a_descriptor,
]


@pytest.fixture(params=DOES_MORE, ids=lambda make: make.__name__)
def thing(pooled, request):
    return pooled.poolable(request.param())


def runs_init(function, *args, **kwargs):
    """The state after a call of the class, which called `__init__`."""
    ran.clear()
    result = function(*args, **kwargs)
    assert ran
    return result


@pytest.mark.needs_pool
def test_take_runs_init_on_a_blank_object(pooled, thing):
    first = runs_init(pooled.take, thing)
    assert (first.topic, first.items) == ("t", [])
    first.items.append(1)
    del first
    for take in (pooled.take, pooled.try_take):
        taken = runs_init(take, thing)
        assert (taken.topic, taken.items) == ("t", [])
        taken.items.append(2)
        del taken
        taken = runs_init(take, thing, topic="given")
        assert (taken.topic, taken.items) == ("given", [])
        del taken
    for take in (pooled.pool_of(thing).take, pooled.pool_of(thing).try_take):
        assert runs_init(take, topic="given").topic == "given"
        assert runs_init(take).topic == "t"
    assert runs_init(thing, "given").topic == "given"
    check_counts(pooled, thing, misses=1, hits=9, recycled=10, parked=1)


def test_an_argument_that_init_does_not_take(pooled, thing):
    assert "got an unexpected keyword argument 'nmae'" in error_of(pooled.take, thing, nmae=1)
    stats = pooled.pool_of(thing).stats()
    assert stats.live == 0
    assert pooled.take(thing).topic == "t"


def test_field_reset_says_why(pooled, thing):
    resets = pooled.field_reset(thing)
    assert isinstance(resets.why, str)
    assert len(resets.why) > 10
    assert {reset.action for reset in resets} <= {"unset"}


@pytest.mark.needs_pool
def test_a_dataclass_with_a_builtin_base(pooled):
    @pooled.poolable
    @dataclasses.dataclass(eq=False)
    class Thing(dict):
        topic: str = "t"
        items: list = dataclasses.field(default_factory=list)

    for _ in range(2):
        thing = pooled.take(Thing)
        assert (thing.topic, thing.items, dict(thing)) == ("t", [], {})
        thing["a"] = 1
        thing.items.append(1)
        del thing
    thing = pooled.take(Thing, topic="given")
    assert (thing.topic, thing.items, dict(thing)) == ("given", [], {})
    check_counts(pooled, Thing, misses=1, hits=2, recycled=2, live=1)


def test_an_attrs_class_that_remembers_its_hash(pooled):
    @pooled.poolable
    @attrs.define(frozen=True, cache_hash=True)
    class Thing:
        topic: str = "t"

    first = Thing("first")
    assert hash(first) == hash(Thing("first"))
    del first
    for topic in ("second", "third"):
        taken = pooled.take(Thing, topic=topic)
        assert taken.topic == topic
        assert hash(taken) == hash(Thing(topic)) != hash(Thing("first"))
        del taken
    assert hash(pooled.take(Thing)) == hash(Thing())
    assert pooled.pool_of(Thing).stats().live == 0


def test_deletions_of_its_own(pooled):
    @pooled.poolable
    @attrs.define(slots=False)
    class Thing:
        topic: str = "t"
        items: list = attrs.field(factory=list)

        def __delattr__(self, name):
            raise AttributeError(f"{name} stays")

    thing = Thing("other")
    thing.items.append(1)
    with pytest.raises(AttributeError, match="topic stays"):
        del thing.topic
    vars(thing)["extra"] = 1
    del thing
    taken = pooled.take(Thing)
    assert vars(taken) == {"topic": "t", "items": []}
    assert pooled.take(Thing, topic="given").topic == "given"


@pytest.mark.needs_pool
def test_a_setter_of_its_own_beside_frozen_fields(pooled):
    @pooled.poolable
    @attrs.define
    class Thing:
        fixed: int = attrs.field(default=1, on_setattr=attrs.setters.frozen)
        items: list = attrs.field(factory=list)

    taken = pooled.take(Thing)
    identity = id(taken.items)
    del taken
    taken = pooled.take(Thing, fixed=5)  # derived: the __setattr__ is one that attrs generates
    assert (taken.fixed, id(taken.items)) == (5, identity)


@pytest.mark.needs_pool
def test_a_plain_class_is_constructed_with_what_is_given(pooled):
    @pooled.poolable
    class Plain:
        def __init__(self, a, *, b=2):
            self.a, self.b = a, b

    with pytest.raises(TypeError, match="missing 1 required"):
        pooled.take(Plain)
    first = pooled.take(Plain, a=1)
    first.extra = 1
    del first
    for take in (
        lambda **given: pooled.take(Plain, **given),
        lambda **given: pooled.try_take(Plain, **given),
        lambda **given: pooled.pool_of(Plain).take(**given),
        lambda **given: pooled.pool_of(Plain).try_take(**given),
    ):
        taken = take(a=5, b=6)
        assert vars(taken) == {"a": 5, "b": 6}
        del taken
    assert "unexpected keyword argument 'c'" in error_of(pooled.take, Plain, a=1, c=3)
    assert pooled.pool_of(Plain).stats().live == 0


def test_a_plain_class_without_init_takes_nothing(pooled):
    @pooled.poolable
    class Bare:
        pass

    for _ in range(2):
        assert error_of(pooled.take, Bare, a=1).startswith("TypeError")
        assert isinstance(pooled.take(Bare), Bare)
    assert pooled.pool_of(Bare).stats().live == 0


@pytest.mark.needs_pool
@pytest.mark.parametrize("kept", [True, False])
def test_the_fields_of_a_class_with_a_reset_or_keep_are_not_known(pooled, kept):
    @pooled.poolable(**{"keep": ("items",)} if kept else {"reset": "reset"})
    class Thing:
        def __init__(self, items=None):
            self.items: Any = items or []

        def reset(self): ...

    pool = pooled.pool_of(Thing)
    for _ in range(2):
        before = pool.stats()
        for take in (pooled.take, pooled.try_take):
            assert error_of(take, Thing, items=[1]).startswith("TypeError")
        assert error_of(pool.take, items=[1]).startswith("TypeError")
        assert pool.stats() == before
        assert pooled.take(Thing).items == []
        assert is_set(Thing(), "items")
