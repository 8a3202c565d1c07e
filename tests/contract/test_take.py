"""`take(cls, ...)` does what `cls(...)` does, except without arguments, for a class with a `reset` or `keep=`."""

import copy
import dataclasses
import functools
import itertools
import weakref
from typing import Any, Generic, TypeVar

import attrs
import limits
import pytest
from conftest import load
from field_kinds import Payload, check_counts, error_of, state, warm

T = TypeVar("T")


def takers(pooled, cls):
    """The ways to take an object of `cls`; the last two give None if none is parked."""
    pool = pooled.pool_of(cls)
    return [
        functools.partial(pooled.take, cls),
        pool.take,
        functools.partial(pooled.try_take, cls),
        pool.try_take,
    ]


# Classes. Each takes one argument, and has the attributes `topic` and `items`. Some also count the calls of `__init__`.

ran: list[str] = []


def plain():
    class Thing:
        def __init__(self, topic, items=None):
            self.topic = topic
            self.items = [] if items is None else items

    return Thing


def plain_slots():
    class Thing:
        __slots__ = ("__weakref__", "items", "topic")

        def __init__(self, topic, *, items=()):
            self.topic, self.items = topic, list(items)

    return Thing


def dataclass():
    @dataclasses.dataclass
    class Thing:
        topic: str
        items: list = dataclasses.field(default_factory=list)

    return Thing


def frozen_dataclass():
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Thing:
        topic: str
        items: list = dataclasses.field(default_factory=list)

    return Thing


def attrs_slots():
    @attrs.define
    class Thing:
        topic: str
        items: list = attrs.field(factory=list)

    return Thing


def attrs_frozen():
    @attrs.frozen(slots=False)
    class Thing:
        topic: str
        items: list = attrs.field(factory=list)

    return Thing


def aliased():
    @attrs.define
    class Thing:
        _topic: str
        items: list = attrs.field(factory=list)

        @property
        def topic(self):
            return self._topic

    return Thing


def converted():
    @attrs.define
    class Thing:
        topic: str = attrs.field(converter=str, validator=attrs.validators.min_len(1))
        items: list = attrs.field(factory=list, converter=list)

    return Thing


def with_post_init():
    @dataclasses.dataclass
    class Thing:
        topic: str
        extra: dataclasses.InitVar[int] = 0
        items: list = dataclasses.field(default_factory=list, init=False)

        def __post_init__(self, extra):
            ran.append("init")

    return Thing


def attrs_post_init():
    @attrs.define
    class Thing:
        topic: str
        items: list = attrs.field(factory=list)

        def __attrs_pre_init__(self):
            ran.append("init")

        def __attrs_post_init__(self):
            self.items.clear()

    return Thing


def init_of_its_own():
    @dataclasses.dataclass(slots=True)
    class Thing:
        topic: str
        items: list = dataclasses.field(default_factory=list)

        def __init__(self, topic):
            ran.append("init")
            self.topic, self.items = topic, []

    return Thing


def replaced_init():
    cls = dataclass()
    generated = cls.__init__

    def init(self, *args, **kwargs):
        ran.append("init")
        generated(self, *args, **kwargs)

    cls.__init__ = init
    return cls


def inherited_init():
    class Thing(plain_slots()):
        def __init__(self, topic):
            ran.append("init")
            super().__init__(topic)

    return Thing


def setattr_of_its_own():
    class Thing(dataclass()):
        def __setattr__(self, name, value):
            ran.append("init")
            super().__setattr__(name, value)

    return Thing


def property_for_an_attribute():
    cls = dataclass()

    def write(self, value):
        ran.append("init")
        vars(self)["hidden"] = value

    cls.topic = property(lambda self: vars(self)["hidden"], write)
    return cls


def generic():
    class Thing(Generic[T]):
        def __init__(self, topic: T) -> None:
            self.topic: T = topic
            self.items: list[T] = []

    return Thing


def builtin_base():
    class Thing(dict):
        def __init__(self, topic):
            super().__init__(topic=topic)
            self.topic, self.items = topic, []

    return Thing


MAKERS = [
    plain,
    plain_slots,
    dataclass,
    frozen_dataclass,
    attrs_slots,
    attrs_frozen,
    aliased,
    converted,
    with_post_init,
    attrs_post_init,
    init_of_its_own,
    replaced_init,
    inherited_init,
    setattr_of_its_own,
    property_for_an_attribute,
    generic,
    builtin_base,
]


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
def make(request):
    return request.param


CALLS = [
    ((), {}),
    (("t",), {}),
    ((), {"topic": "t"}),
    (("t", [5]), {}),
    (("t",), {"items": [5]}),
    ((), {"items": [5], "topic": "t"}),
    (("t",), {"topic": "t"}),
    (("t", [5], 6), {}),
    (("t",), {"nmae": 1}),
    (("",), {}),
    ((5,), {}),
]


def outcome(function, args, kwargs):
    """The object that a call makes, or the error, as a string; and what ran meanwhile."""
    args, kwargs = copy.deepcopy((args, kwargs))
    ran.clear()
    try:
        obj = function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}", list(ran)
    seen = obj.topic, list(obj.items), list(getattr(obj, "__dict__", {})), list(obj) if isinstance(obj, dict) else None
    obj.items.append("of an earlier life")
    return seen, list(ran)


@pytest.mark.parametrize("is_warm", [False, True], ids=["new", "planned"])
def test_it_is_a_call(pooled, make, is_warm):
    """The same objects, attributes in the same order, and the same errors, whether an object is parked or not."""
    twin, cls = make(), pooled.poolable(make())
    if is_warm:
        warm(cls, topic="t")
    pool = pooled.pool_of(cls)
    for args, kwargs in CALLS:
        expected = outcome(twin, args, kwargs)
        for take in (cls, *takers(pooled, cls)[:2]):
            cls(topic="parked")
            assert outcome(take, args, kwargs) == expected
        for take in (cls, *takers(pooled, cls)[:2]):
            pool.clear()
            assert outcome(take, args, kwargs) == expected
        for take in takers(pooled, cls)[2:]:
            pool.clear()
            assert take(*args, **kwargs) is None
    assert pool.stats().live == 0


@pytest.mark.needs_pool
@pytest.mark.parametrize("is_warm", [False, True], ids=["new", "planned"])
def test_try_take_is_a_call_where_an_object_is_parked(pooled, make, is_warm):
    twin, cls = make(), pooled.poolable(make())
    if is_warm:
        warm(cls, topic="t")
    for args, kwargs in CALLS:
        expected = outcome(twin, args, kwargs)
        for take in takers(pooled, cls)[2:]:
            cls(topic="parked")
            if len(pooled.pool_of(cls)):  # not of a class whose objects cannot be kept
                assert outcome(take, args, kwargs) == expected


@pytest.mark.needs_pool
def test_parked_objects_are_used(pooled, make):
    cls = pooled.poolable(make())
    warm(cls, topic="t")
    before = pooled.pool_of(cls).stats()
    for take in takers(pooled, cls):
        take(topic="t")
    after = pooled.pool_of(cls).stats()
    assert after.taken == before.taken + 4
    assert after.hits == before.hits + 4


@pytest.mark.needs_pool
@pytest.mark.parametrize("hooked", [True, False])
@pytest.mark.parametrize("name", ["LocalPool", "GlobalPool"])
def test_other_pools_of_a_class(pooled, make, name, hooked):
    twin = make()
    cls = pooled.poolable(make()) if hooked else make()
    pool = getattr(pooled, name)(cls)
    for args, kwargs in CALLS:
        expected = outcome(twin, args, kwargs)
        for _ in range(3):
            assert outcome(pool.take, args, kwargs) == expected
        if len(pool):
            assert outcome(pool.try_take, args, kwargs) == expected
    stats = pool.stats()
    assert stats.live == 0
    assert stats.hits
    if hooked:
        check_counts(pooled, cls)


@pytest.mark.needs_pool
def test_prefilled_objects(pooled):
    cls = pooled.poolable(plain())
    assert pooled.pool_of(cls).prefill(3) == 3
    assert "missing 1 required positional argument: 'topic'" in error_of(pooled.take, cls)
    for take in (pooled.take, pooled.try_take):
        obj = take(cls, "t")
        assert vars(obj) == {"topic": "t", "items": []}
        del obj


def test_an_orphan_is_made_by_a_call(pooled, make):
    twin, cls = make(), pooled.poolable(make())
    for args, kwargs in CALLS:
        assert outcome(functools.partial(pooled.orphan, cls), args, kwargs) == outcome(twin, args, kwargs)
    check_counts(pooled, cls)


@pytest.mark.needs_pool
def test_without_an_engine(make):
    pooled = load(POOLED_ENGINE="off")["pooled"]
    twin, cls = make(), pooled.poolable(make())
    for args, kwargs in CALLS:
        for take in takers(pooled, cls)[:2]:
            assert outcome(take, args, kwargs) == outcome(twin, args, kwargs)
        for take in takers(pooled, cls)[2:]:
            assert take(*args, **kwargs) is None
    assert pooled.pool_of(cls).stats() == pooled.Stats()


# A reset, and attributes to keep: without arguments, `__init__` does not run.


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    "options",
    [{"reset": "reset"}, {"keep": ("items",)}, {"reset": lambda obj: obj.reset()}],
    ids=["a method", "keep", "a function"],
)
def test_a_class_with_a_reset_or_keep(pooled, options):
    calls = []

    @pooled.poolable(**options)
    class Thing:
        def __init__(self, topic="t"):
            calls.append(topic)
            self.topic, self.items = topic, []

        def reset(self):
            self.items.clear()

    def use():
        obj = Thing("first")
        obj.items.append(1)
        del obj
        calls.clear()

    topic = "first" if "reset" in options else "unset"
    for take in takers(pooled, Thing):
        use()
        obj = take()
        assert (obj.items, getattr(obj, "topic", "unset"), calls) == ([], topic, [])
        del obj
        use()
        for args, kwargs in ((("second",), {}), ((), {"topic": "second"})):
            obj = take(*args, **kwargs)
            assert (obj.topic, obj.items) == ("second", [])
            del obj
        assert calls == ["second"] * 2
        for args, kwargs in (((1, 2), {}), ((), {"nmae": 1})):
            Thing("parked")
            assert error_of(take, *args, **kwargs) == error_of(Thing, *args, **kwargs)
    pooled.pool_of(Thing).clear()
    calls.clear()
    assert pooled.take(Thing).topic == "t"
    assert calls == ["t"]
    assert pooled.pool_of(Thing).stats().live == 0


@pytest.mark.needs_pool
def test_a_pool_of_what_a_function_makes_takes_no_arguments(pooled):
    for pool in (make(plain, reset=lambda obj: None) for make in (pooled.LocalPool, pooled.GlobalPool)):
        before = pool.stats()
        for _ in range(2):
            for take in (pool.take, pool.try_take):
                for args, kwargs in (((1,), {}), ((), {"topic": "t"})):
                    with pytest.raises(TypeError, match="makes the objects of this pool"):
                        take(*args, **kwargs)
            assert pool.stats() == before
            pool.take()
            before = pool.stats()


# Converters, validators and hooks run each time.


@pytest.mark.needs_pool
def test_every_hook_of_a_generated_init_runs_each_time(pooled):
    calls = []

    def note(what):
        return lambda *args: calls.append(what) or args[-1]

    @pooled.poolable
    @attrs.define
    class Thing:
        a: Any = attrs.field(default=1, converter=note("convert a"), validator=note("check a"))
        b: Any = attrs.field(factory=lambda: calls.append("make b"))
        c: Any = attrs.Factory(lambda self: calls.append("make c"), takes_self=True)
        d: Any = attrs.field(default=4, validator=[note("check d"), note("check d")], on_setattr=note("set d"))

        def __attrs_pre_init__(self):
            calls.append("before")

        def __attrs_post_init__(self):
            calls.append("after")

    expected = ["before", "convert a", "make b", "make c", "check a", "check d", "check d", "after"]
    warm(Thing)
    for take in (Thing, *takers(pooled, Thing)):
        calls.clear()
        take()
        assert calls == expected
        calls.clear()
        take(5, b=6)
        assert calls == [call for call in expected if call != "make b"]
    with attrs.validators.disabled():
        calls.clear()
        pooled.take(Thing)
        assert not any(call.startswith("check") for call in calls)


@limits.skip_if("attrs-converter")
def test_converters_that_take_the_object_and_the_field(pooled):
    def scale(value, obj, field):
        return f"{field.name}={value * obj.factor}"

    @pooled.poolable
    @attrs.define
    class Thing:
        factor: int = 2
        size: Any = attrs.field(default=1, converter=attrs.Converter(scale, takes_self=True, takes_field=True))

    warm(Thing)
    for make in (Thing, lambda *args, **kwargs: pooled.take(Thing, *args, **kwargs)):
        for args, kwargs, size in (((), {}, "size=2"), ((10,), {"size": 3}, "size=30")):
            obj = make(*args, **kwargs)
            assert obj.size == size
            del obj


@pytest.mark.needs_pool
@pytest.mark.parametrize("parks", [True, False])
def test_an_error_of_init_reaches_the_caller_and_the_object_is_discarded(pooled, parks):
    @pooled.poolable
    @attrs.define
    class Thing:
        items: list = attrs.field(factory=list)
        port: int = attrs.field(default=1, converter=int)
        size: int = attrs.field(default=1, validator=attrs.validators.ge(0))

        def __attrs_post_init__(self):
            if self.size == 7:
                raise KeyError("seven")

    for bad, kind in (({"port": "no"}, "ValueError"), ({"size": -1}, "ValueError"), ({"size": 7}, "KeyError")):
        for take in takers(pooled, Thing)[: 4 if parks else 2]:
            if parks:
                Thing()
            else:
                pooled.pool_of(Thing).clear()
            before = pooled.pool_of(Thing).stats()
            payload = Payload()
            died = weakref.ref(payload)
            assert error_of(take, items=[payload], **bad).startswith(kind)
            del payload
            assert died() is None
            after = pooled.pool_of(Thing).stats()
            assert (after.taken, after.discarded_error) == (before.taken + 1, before.discarded_error + 1)
            obj = pooled.take(Thing)
            assert (obj.items, obj.port, obj.size) == ([], 1, 1)
            del obj


def test_a_factory_takes_objects_of_the_same_class(pooled, kind):
    depth = itertools.count()

    @pooled.poolable
    @kind.define
    class Thing:
        items: list = kind.field(factory=list)
        child: Any = kind.field(factory=lambda: pooled.take(Thing) if next(depth) % 3 else None)
        after: list = kind.field(factory=list)

    for _ in range(8):
        thing = pooled.take(Thing)
        while thing is not None:
            assert (thing.items, thing.after) == ([], [])
            thing.items.append(1)
            thing.after.append(1)
            thing = thing.child
    assert pooled.pool_of(Thing).stats().live == 0


# Arguments.


@pytest.mark.needs_pool
@pytest.mark.parametrize("is_warm", [False, True], ids=["new", "planned"])
def test_values_are_held_by_the_object_alone(pooled, kind, is_warm):
    @pooled.poolable
    @kind.define
    class Thing:
        topic: Any
        hint: Any = None
        items: list = kind.field(factory=list)

    if is_warm:
        warm(Thing, topic="t")
    Thing(topic="parked")
    for take in takers(pooled, Thing):
        for given in ({"topic": 1, "hint": 1}, {"topic": 1, "items": 1}):
            payload = Payload()
            died = weakref.ref(payload)
            obj = take(**dict.fromkeys(given, payload))
            del payload
            assert died() is not None
            del obj
            assert died() is None


def test_a_variable_of_init_is_not_kept(pooled):
    @pooled.poolable
    @dataclasses.dataclass
    class Thing:
        size: int = 3
        hint: dataclasses.InitVar[object] = None

    warm(Thing)
    for take in (pooled.take, pooled.try_take if pooled.engine != "off" else pooled.take):
        payload = Payload()
        died = weakref.ref(payload)
        thing = take(Thing, hint=payload)
        assert vars(thing) == {"size": 3}
        del payload
        assert died() is None
        del thing


@pytest.mark.needs_pool
@pytest.mark.parametrize("is_warm", [False, True], ids=["new", "planned"])
def test_names_that_functions_like_to_use_themselves(pooled, kind, is_warm):
    names = ("cls", "obj", "pool", "fields", "args", "kwargs", "name", "factory", "key", "value", "store", "plan")
    odd = pooled.poolable(kind.define(type("Odd", (), {"__annotations__": dict.fromkeys(names, Any)})))
    given = {name: number for number, name in enumerate(names)}
    if is_warm:
        warm(odd, **given)
    odd(**given)
    for take in takers(pooled, odd):
        obj = take(**given)
        assert {name: getattr(obj, name) for name in names} == given
        del obj


@limits.skip_if("no-pool")
def test_frozen_objects_stay_frozen(pooled):
    for decorate in (attrs.frozen, dataclasses.dataclass(frozen=True), dataclasses.dataclass(frozen=True, slots=True)):

        @pooled.poolable
        @decorate
        class Point:
            x: int
            y: int = 2

        warm(Point, 1)
        for take in takers(pooled, Point):
            point = take(x=5)
            assert (point.x, point.y) == (5, 2)
            assert hash(point) == hash(Point(x=5))
            with pytest.raises(AttributeError):
                point.x = 6
            del point


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", ["List", "Dict", "Set", "Deque", "ByteArray", "OrderedDict", "Counter"])
def test_containers(pooled, containers, name):
    cls = getattr(containers, name)
    builtin = cls.__mro__[1] if cls.__mro__[1] is not containers.Dict else dict
    argument = {1: 2} if issubclass(builtin, dict) else [1, 2]
    cls()
    for take in takers(pooled, cls):
        obj = take(argument)
        assert state(obj)[1] == state(builtin(argument))[1]
        del obj
        assert len(take()) == 0
        cls()
        assert error_of(take, 5) == error_of(cls, 5)
        cls()


@pytest.mark.needs_pool
def test_a_new_put_in_the_place_of_the_hook_gives_something_else(pooled):
    cls = pooled.poolable(attrs_slots())
    warm(cls, "t")
    cls.__new__ = staticmethod(lambda cls, *args: 5)
    assert pooled.take(cls, "t") == 5


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
