"""`take(cls, topic="t")` assigns the given fields, with the checks, converters and validators of `__init__`."""

import dataclasses
import weakref
from typing import Any

import attrs
import limits
import pytest
from field_kinds import Payload, check_counts, error_of, is_set


@pytest.fixture
def message(pooled, kind):
    @pooled.poolable
    @kind.define
    class Message:
        topic: str
        size: int = 3
        items: list = kind.field(factory=list)
        made: Any = kind.field(factory=lambda: [1])

    return Message


def takers(pooled, cls):
    """The ways to take an object of `cls`. Before `try_take`, one is parked, so that it does not return None."""
    pool = pooled.pool_of(cls)

    def parked():
        if not len(pool):
            pool.prefill(1)

    return [
        lambda **fields: pooled.take(cls, **fields),
        lambda **fields: [parked(), pooled.try_take(cls, **fields)][1],
        lambda **fields: pool.take(**fields),
        lambda **fields: [parked(), pool.try_take(**fields)][1],
    ]


@pytest.mark.needs_pool
def test_given_fields_are_assigned_and_the_others_have_their_defaults(pooled, message, park):
    park(message, topic="other", size=9, items=[9], made=9)
    items = [5]
    for take in takers(pooled, message):
        obj = take(topic="t", size=4)
        assert (obj.topic, obj.size, obj.items, obj.made) == ("t", 4, [], [1])
        assert obj == message(topic="t", size=4)
        obj = take(items=items)
        assert obj.items is items
        assert (is_set(obj, "topic"), obj.size, obj.made) == (False, 3, [1])
        obj = take(made=None, topic=None)
        assert (obj.topic, obj.size, obj.items, obj.made) == (None, 3, [], None)
        obj = take(topic=1, size=2, items=3, made=4)
        assert (obj.topic, obj.size, obj.items, obj.made) == (1, 2, 3, 4)
        del obj
    assert items == [5]
    assert pooled.pool_of(message).stats().live == 0


def test_try_take_gives_none_where_nothing_is_parked(pooled, message):
    assert pooled.try_take(message, topic="t") is None
    assert pooled.pool_of(message).try_take(topic="t") is None
    check_counts(pooled, message)


@pytest.mark.needs_pool
def test_an_unknown_name_is_refused_and_nothing_changes(pooled, message, park):
    park(message, topic="t")
    takes = takers(pooled, message)
    pooled.pool_of(message).prefill(1)
    before = pooled.pool_of(message).stats()
    payload = Payload()
    died = weakref.ref(payload)
    for take in takes:
        error = error_of(take, nmae=payload, topic=payload)
        assert error.startswith("TypeError")
        assert "got an unexpected keyword argument 'nmae'" in error
    assert pooled.pool_of(message).stats() == before
    del payload, take
    assert died() is None
    taken = pooled.take(message)
    assert (is_set(taken, "topic"), taken.size) == (False, 3)


def test_given_values_are_held_by_the_object_alone(pooled, message, park):
    park(message, topic="t")
    payload = Payload()
    died = weakref.ref(payload)
    obj = pooled.take(message, topic=payload, made=payload)
    del payload
    assert died() is not None
    del obj
    assert died() is None


@limits.skip_if("no-pool")
def test_names_that_functions_like_to_use_themselves(pooled, kind, park):
    names = ("cls", "obj", "pool", "fields", "args", "kwargs", "name", "factory", "key", "value")
    annotations = dict.fromkeys(names, Any)
    odd = pooled.poolable(kind.define(type("Odd", (), {"__annotations__": annotations})))
    park(odd, **dict.fromkeys(names, 0))
    given = {name: number for number, name in enumerate(names)}
    for take in takers(pooled, odd):
        obj = take(**given)
        assert {name: getattr(obj, name) for name in names} == given
        del obj


def test_aliases(pooled, attrs_kind, park):
    @pooled.poolable
    @attrs_kind.define
    class Thing:
        _private: int = 1
        __mangled: int = 2
        named: int = attrs.field(default=3, alias="called")

        def mangled(self):
            return self.__mangled

    park(Thing, private=5)
    thing = pooled.take(Thing, private=7, called=8)
    assert (thing._private, thing.mangled(), thing.named) == (7, 2, 8)
    (mangled,) = (each.alias for each in attrs.fields(Thing) if each.name.endswith("mangled"))
    assert pooled.take(Thing, **{mangled: 9}).mangled() == 9
    for wrong in ("_private", "named"):
        assert f"got an unexpected keyword argument '{wrong}'" in error_of(pooled.take, Thing, **{wrong: 1})
    del thing
    thing = pooled.take(Thing)
    assert (thing._private, thing.mangled(), thing.named) == (1, 2, 3)


def test_underscores_are_names_like_any_in_a_dataclass(pooled, dataclass_kind, park):
    @pooled.poolable
    @dataclass_kind.define
    class Thing:
        _private: int = 1

    park(Thing)
    assert pooled.take(Thing, _private=2)._private == 2
    assert "'private'" in error_of(pooled.take, Thing, private=2)


def test_fields_that_init_does_not_take_cannot_be_given(pooled, kind, park):
    @pooled.poolable
    @kind.define
    class Thing:
        open: int = 1
        closed: int = kind.field(default=2, init=False)
        items: list = kind.field(factory=list, init=False)

    park(Thing)
    before = pooled.pool_of(Thing).stats()
    for name in ("closed", "items"):
        assert f"got an unexpected keyword argument '{name}'" in error_of(pooled.take, Thing, **{name: 5})
    assert pooled.pool_of(Thing).stats() == before
    thing = pooled.take(Thing, open=3)
    assert (thing.open, thing.closed, thing.items) == (3, 2, [])


@limits.skip_if("no-pool")
def test_keyword_only_fields_can_be_given(pooled, kind, park):
    @pooled.poolable
    @kind.define
    class Thing:
        a: int
        b: int = kind.field(kw_only=True)
        c: int = kind.field(default=3, kw_only=True)

    park(Thing, a=1, b=2)
    thing = pooled.take(Thing, b=5, c=6)
    assert (is_set(thing, "a"), thing.b, thing.c) == (False, 5, 6)


def test_inherited_fields_can_be_given(pooled, kind, park):
    @kind.define
    class Base:
        a: int = 1

    @pooled.poolable
    @kind.define
    class Thing(Base):
        b: int = 2

    park(Thing)
    for given, expected in (({"a": 5}, (5, 2)), ({"b": 6}, (1, 6)), ({"b": 7, "a": 8}, (8, 7))):
        thing = pooled.take(Thing, **given)
        assert (thing.a, thing.b) == expected
        del thing


@pytest.mark.needs_pool
def test_pools_beside_the_class_take_fields_too(pooled, message):
    for pool_class in (pooled.LocalPool, pooled.GlobalPool):
        pool = pool_class(message)
        for _ in range(2):
            obj = pool.take(topic="t")
            assert (obj.topic, obj.size, obj.items, obj.made) == ("t", 3, [], [1])
            obj.items.append(1)
            del obj
        assert pool.try_take(size=5).size == 5
        assert "got an unexpected keyword argument 'nmae'" in error_of(pool.take, nmae=1)
        stats = pool.stats()
        assert (stats.misses, stats.hits, stats.recycled, stats.live) == (1, 2, 3, 0)
    check_counts(pooled, message)


# Converters and validators.


@limits.skip_if("no-pool")
def test_converters_are_applied_to_given_values(pooled, attrs_kind, park):
    @pooled.poolable
    @attrs_kind.define
    class Thing:
        port: int = attrs.field(converter=int)
        tags: tuple = attrs.field(factory=tuple, converter=tuple)
        late: Any = attrs.field(default=None, converter=attrs.converters.optional(float))
        chained: Any = attrs.field(default=" 1 ", converter=[str.strip, int])

    park(Thing, port=1)
    thing = pooled.take(Thing, port="80", tags=["a", "b"], late="1.5", chained=" 7")
    assert (thing.port, thing.tags, thing.late, thing.chained) == (80, ("a", "b"), 1.5, 7)
    assert thing == Thing(port="80", tags=["a", "b"], late="1.5", chained=" 7")
    del thing
    thing = pooled.take(Thing, late=None)
    assert (is_set(thing, "port"), thing.tags, thing.late, thing.chained) == (False, (), None, 1)


@limits.skip_if("attrs-converter")
def test_converters_that_take_the_object_and_the_field(pooled, attrs_kind, park):
    def scale(value, obj, field):
        return f"{field.name}={value * obj.factor}"

    @pooled.poolable
    @attrs_kind.define
    class Thing:
        factor: int = 2
        size: Any = attrs.field(default=1, converter=attrs.Converter(scale, takes_self=True, takes_field=True))
        twice: Any = attrs.field(
            default=1, converter=attrs.Converter(lambda value, obj: value * obj.factor, takes_self=True)
        )
        named: Any = attrs.field(
            default=1, converter=attrs.Converter(lambda value, field: (field.name, value), takes_field=True)
        )

    park(Thing)
    thing = pooled.take(Thing)
    assert (thing.size, thing.twice, thing.named) == ("size=2", 2, ("named", 1))
    del thing
    thing = pooled.take(Thing, factor=10, size=3)
    assert (thing.size, thing.twice, thing.named) == ("size=30", 10, ("named", 1))


@pytest.mark.needs_pool
def test_an_error_of_a_converter_reaches_the_caller(pooled, attrs_kind, park):
    @pooled.poolable
    @attrs_kind.define
    class Thing:
        items: list = attrs.field(factory=list)
        port: int = attrs.field(default=1, converter=int)

    park(Thing)
    before = pooled.pool_of(Thing).stats()
    payload = Payload()
    died = weakref.ref(payload)
    assert error_of(pooled.take, Thing, items=[payload], port="no number").startswith("ValueError: invalid literal")
    del payload
    assert died() is None
    after = pooled.pool_of(Thing).stats()
    assert (after.taken, after.discarded_error, after.live) == (before.taken + 1, 1, 0)
    thing = pooled.take(Thing, port="5")
    assert (thing.items, thing.port) == ([], 5)


@pytest.mark.needs_pool
def test_validators_run_for_the_given_fields_after_all_are_assigned(pooled, attrs_kind, park):
    calls = []

    def note(obj, attribute, value):
        calls.append((attribute.name, value, [is_set(obj, name) for name in ("a", "b", "c", "items")]))

    @pooled.poolable
    @attrs_kind.define
    class Thing:
        a: int = attrs.field(validator=note)
        b: int = attrs.field(default=2, validator=note)
        c: int = attrs.field(default=3, validator=[note, note])
        items: list = attrs.field(factory=list)

    park(Thing, a=1)
    calls.clear()
    pooled.take(Thing, a=1, c=5)
    assert calls == [("a", 1, [True] * 4), ("c", 5, [True] * 4), ("c", 5, [True] * 4)]
    calls.clear()
    pooled.take(Thing, c=6)
    assert calls == [("c", 6, [False, True, True, True])] * 2
    calls.clear()
    pooled.take(Thing)
    assert calls == []


def test_validators_see_converted_values(pooled, attrs_kind, park):
    @pooled.poolable
    @attrs_kind.define
    class Thing:
        port: int = attrs.field(default=1, converter=int, validator=attrs.validators.instance_of(int))

    park(Thing)
    assert pooled.take(Thing, port="80").port == 80


@pytest.mark.needs_pool
def test_what_a_validator_refuses_is_discarded(pooled, attrs_kind, park):
    @pooled.poolable
    @attrs_kind.define
    class Thing:
        size: int = attrs.field(default=1, validator=attrs.validators.ge(0))
        name: str = attrs.field(default="", validator=attrs.validators.instance_of(str))
        items: list = attrs.field(factory=list)

        @items.validator
        def _(self, attribute, value):
            if len(value) > 2:
                raise ValueError("too many")

    park(Thing)
    before = pooled.pool_of(Thing).stats()
    for bad, kind in (({"size": -1}, "ValueError"), ({"name": 5}, "TypeError"), ({"items": [1, 2, 3]}, "ValueError")):
        assert error_of(pooled.take, Thing, **bad) == error_of(pooled.orphan, Thing, **bad)
        assert error_of(pooled.take, Thing, **bad).startswith(kind)
    after = pooled.pool_of(Thing).stats()
    assert (after.taken, after.discarded_error, after.live) == (before.taken + 6, 6, 0)
    with attrs.validators.disabled():
        assert pooled.take(Thing, size=-1, name=5).size == -1
    attrs.validators.set_disabled(True)
    try:
        assert pooled.take(Thing, size=-2).size == -2
    finally:
        attrs.validators.set_disabled(False)
    assert error_of(pooled.take, Thing, size=-1).startswith("ValueError")
    thing = pooled.take(Thing, size=0, items=[1])
    assert (thing.size, thing.name, thing.items) == (0, "", [1])


def test_what_runs_when_a_field_is_set_does_not_run_when_an_object_is_taken(pooled, park):
    calls = []

    @pooled.poolable
    @attrs.define
    class Thing:
        size: int = attrs.field(default=1, on_setattr=lambda obj, field, value: calls.append(value) or value)
        fixed: int = attrs.field(default=2, on_setattr=attrs.setters.frozen)

    park(Thing)
    thing = pooled.take(Thing, size=5, fixed=6)
    assert (thing.size, thing.fixed, calls) == (5, 6, [])
    thing.size = 7
    assert calls == [7]
    with pytest.raises(AttributeError):
        thing.fixed = 8


@limits.skip_if("no-pool")
def test_frozen_objects_stay_frozen(pooled, park):
    for decorate in (attrs.frozen, dataclasses.dataclass(frozen=True), dataclasses.dataclass(frozen=True, slots=True)):

        @pooled.poolable
        @decorate
        class Point:
            x: int
            y: int = 2

        park(Point, x=1)
        for take in takers(pooled, Point):
            point = take(x=5)
            assert (point.x, point.y) == (5, 2)
            assert hash(point) == hash(Point(x=5))
            with pytest.raises(AttributeError):
                point.x = 6
            del point


# Hooks that run after __init__.


@pytest.fixture
def post_init(kind):
    return "__attrs_post_init__" if kind.package == "attrs" else "__post_init__"


@pytest.mark.needs_pool
def test_post_init_runs_at_every_take_after_the_fields_are_assigned(pooled, kind, post_init, park):
    calls = []

    def after(self):
        calls.append((self.size, list(self.items), self.made))
        self.items.append("ready")

    @pooled.poolable
    @kind.define
    class Thing:
        size: int = 3
        items: list = kind.field(factory=list)
        made: list = kind.field(factory=lambda: [1])
        locals()[post_init] = after

    park(Thing)
    calls.clear()
    for take in takers(pooled, Thing):
        thing = take(size=5)
        assert (thing.size, thing.items) == (5, ["ready"])
        assert calls.pop() == (5, [], [1])
        thing = take()
        assert (thing.size, thing.items) == (3, ["ready"])
        assert calls.pop() == (3, [], [1])
        assert calls == []
        del thing


@pytest.mark.needs_pool
def test_with_a_post_init_every_required_field_has_to_be_given(pooled, kind, post_init, park):
    @pooled.poolable
    @kind.define
    class Thing:
        first: int
        second: int
        third: int = 3
        items: list = kind.field(factory=list)
        locals()[post_init] = lambda self: self.items.append(self.first + self.second + self.third)

    park(Thing, first=1, second=2)
    before = pooled.pool_of(Thing).stats()
    for given, missing, present in (
        ({}, ("first", "second"), ("third",)),
        ({"first": 1}, ("second",), ("first", "third")),
        ({"second": 1, "third": 1}, ("first",), ("second", "third")),
    ):
        error = error_of(pooled.take, Thing, **given)
        assert error.startswith("TypeError")
        assert "missing required argument" in error
        assert all(name in error for name in missing)
        assert not any(name in error for name in present)
    assert pooled.pool_of(Thing).stats() == before
    assert pooled.take(Thing, first=1, second=2).items == [6]


@pytest.mark.needs_pool
def test_variables_of_init_are_passed_on(pooled, dataclass_kind, park):
    @pooled.poolable
    @dataclass_kind.define
    class Thing:
        width: int
        scale: dataclasses.InitVar[int]
        height: int = 2
        offset: dataclasses.InitVar[int] = 1
        area: list = dataclasses.field(default_factory=list, init=False)

        def __post_init__(self, scale, offset):
            self.area.append(self.width * self.height * scale + offset)

    park(Thing, width=1, scale=1)
    before = pooled.pool_of(Thing).stats()
    error = error_of(pooled.take, Thing, width=1)
    assert "missing required argument" in error
    assert "scale" in error
    assert "got an unexpected keyword argument 'area'" in error_of(pooled.take, Thing, width=1, scale=1, area=[])
    assert pooled.pool_of(Thing).stats() == before
    for take in takers(pooled, Thing)[::2]:
        assert take(width=3, scale=10).area == [61]
        assert take(width=3, scale=10, offset=5, height=1).area == [35]
        assert not is_set(take(width=3, scale=10), "scale")


def test_a_variable_of_init_that_nothing_receives_is_accepted_and_forgotten(pooled, dataclass_kind, park):
    @pooled.poolable
    @dataclass_kind.define
    class Thing:
        size: int = 3
        hint: dataclasses.InitVar[object] = None
        items: list = dataclasses.field(default_factory=list)

    park(Thing)
    payload = Payload()
    died = weakref.ref(payload)
    for take in takers(pooled, Thing)[::2]:
        thing = take(hint=payload)
        assert (thing.size, thing.items) == (3, [])
        assert (take(hint=payload, size=4).size, take(size=5).size) == (4, 5)
        assert "hint" not in getattr(thing, "__dict__", {})
    del payload
    assert died() is None
    assert "got an unexpected keyword argument 'other'" in error_of(pooled.take, Thing, hint=1, other=2)


def test_variables_of_init_are_not_kept(pooled, dataclass_kind):
    @pooled.poolable
    @dataclass_kind.define
    class Thing:
        value: dataclasses.InitVar[object]
        items: list = dataclasses.field(default_factory=list)

        def __post_init__(self, value):
            self.items.append("ready")

    payload = Payload()
    died = weakref.ref(payload)
    thing = pooled.take(Thing, value=payload)
    del payload
    assert died() is None
    assert thing.items == ["ready"]


@pytest.mark.needs_pool
def test_an_error_of_post_init_reaches_the_caller_and_the_object_is_discarded(pooled, kind, post_init, park):
    def fail(self):
        if self.size < 0:
            raise ValueError("negative")

    @pooled.poolable
    @kind.define
    class Thing:
        size: int = 3
        items: list = kind.field(factory=list)
        locals()[post_init] = fail

    park(Thing)
    before = pooled.pool_of(Thing).stats()
    payload = Payload()
    died = weakref.ref(payload)
    for take in takers(pooled, Thing)[::2]:
        assert error_of(take, size=-1, items=[payload]) == "ValueError: negative"
    del payload
    assert died() is None
    after = pooled.pool_of(Thing).stats()
    assert (after.taken, after.discarded_error, after.live) == (before.taken + 2, 2, 0)
    assert pooled.take(Thing).items == []


def test_post_init_runs_once_where_the_object_was_prefilled(pooled, kind, post_init):
    calls = []

    @pooled.poolable
    @kind.define
    class Thing:
        size: int = 3
        locals()[post_init] = lambda self: calls.append(self.size)

    pooled.pool_of(Thing).prefill(2)
    calls.clear()
    pooled.take(Thing)
    pooled.take(Thing, size=4)
    assert calls == [3, 4]
