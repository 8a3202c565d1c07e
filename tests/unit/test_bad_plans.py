"""Random plans, given to the native engine directly: an exception or a correct object, never a crash.

On the checked build, the engine also verifies its invariants; under the sanitizers, each access to memory.
"""

import collections
import sys
import types
from unittest import mock

import effort
import limits
import pytest
from field_kinds import warm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Other:
    """Its slots are beyond the end of the objects under test."""

    __slots__ = tuple(f"slot{number}" for number in range(40))


class Text(str):
    __slots__ = ()


OWN = ("a", "b", "c")
PARAMETERS = ("x", "y")


def define(pooled, *, slots, inits):
    """A poolable class with three attributes, and with descriptors of another class in its dict."""

    class Thing:
        if slots:
            __slots__ = OWN
        far, near, number = Other.slot39, Other.slot0, 5

        def __init__(self, x=1, *, y=2):
            for name in OWN[:inits]:
                setattr(self, name, [])

    return pooled.poolable(Thing)


@pytest.fixture
def native(pooled, engine):
    if engine != "native":
        limits.skip("native-only")
    return sys.modules["pooled._engine.native"]._native


ANYTHING = st.sampled_from([None, 0, 1, "a", (), ("a",), ("x", 1), 5.5, list, dict, set, bytearray, object(), len])
NAMES = st.sampled_from(
    [*OWN, *OWN, "far", "near", "number", "__dict__", "__weakref__", "__class__", "more", Text("a")]
)
CLASSES = (list, dict, set, bytearray, collections.deque, collections.defaultdict, collections.OrderedDict, object, int)
SHAPES = st.fixed_dictionaries({"slots": st.booleans(), "inits": st.integers(0, 3)})


@st.composite
def mutated(draw, description, wrong):
    """A tuple. If it may be `wrong`, sometimes an element is something else, or the whole tuple is."""
    elements = list(description)
    what = draw(st.integers(0, 15)) if wrong else 15
    if what < len(elements):
        elements[what] = draw(ANYTHING)
    return draw(ANYTHING) if what == 14 else tuple(elements)


def keeps(value, cap):
    return True


@st.composite
def fields(draw, name, wrong):
    """A field as Python describes it: of no part, or of one."""
    cls = draw(st.sampled_from(CLASSES))
    if draw(st.booleans()):
        return draw(mutated((name, None, None, None, False, None), wrong))
    keep = draw(st.sampled_from([keeps, keeps, lambda value, cap: False, len]))
    restore = draw(st.sampled_from([None, None, None, ("default_factory", list)]))
    return draw(mutated((name, cls, cls, keep, draw(st.integers(0, 3)) > 0, restore), wrong))


@st.composite
def all_fields(draw, wrong):
    names = draw(st.lists(NAMES if wrong else st.sampled_from(OWN), max_size=4, unique=not wrong))
    return tuple(draw(fields(name, wrong)) for name in names)


@st.composite
def sources(draw, field, wrong):
    """A value as Python describes it: an argument, a constant, the part of the field, or a new object."""
    is_part = type(field) is tuple and len(field) == 6 and field[3] is not None
    value = draw(st.sampled_from([list, dict, len, None])) if not is_part else draw(ANYTHING)
    kinds = (0, 1, 2 if is_part else 3)
    kind = draw(st.integers(-1, 4)) if wrong else draw(st.sampled_from(kinds))
    return draw(mutated((kind, draw(st.integers(-1, 2)) if wrong else draw(st.integers(0, 1)), value), wrong))


@st.composite
def items(draw, field, wrong):
    """The value that an attribute gets: one value, or one of two."""
    one, other = draw(sources(field, wrong)), draw(sources(field, wrong))
    if draw(st.booleans()):
        return -1, None, one, one
    return draw(mutated((draw(st.integers(-2, 2)) if wrong else 0, draw(ANYTHING), one, other), wrong))


@st.composite
def guards(draw, init, wrong):
    """The functions, globals and cells that are guarded."""
    function = (init, init.__code__, init.__defaults__, init.__kwdefaults__)
    cell, empty = types.CellType(5), types.CellType()
    names = {"name": cell}
    return (
        draw(mutated((draw(mutated(function, wrong)),), wrong)),
        draw(mutated(draw(mutated((names, {}, "name", cell), wrong)), wrong))
        if wrong
        else ((names, {}, "name", cell),),
        draw(st.sampled_from([(), ((cell, 5),)] + ([((empty, 5),), ((5,),), 5] if wrong else []))),
    )


CALLS = (((), {}), ((1,), {}), ((), {"x": 1, "y": 2}), ((), {"y": 2}), ((1, 2), {}), ((1,), {"x": 2}), ((), {"z": 1}))


def live(pooled, cls):
    """Construct, take and drop objects, in ways that a plan can break."""
    pool = pooled.pool_of(cls)
    for make in (cls, lambda *args, **kwargs: pooled.take(cls, *args, **kwargs), pool.try_take, cls):
        for args, kwargs in CALLS:
            try:
                thing = make(*args, **kwargs)
            except Exception:  # an accepted plan may name wrong hooks; only a crash is a failure
                continue
            for name in OWN:
                value = getattr(thing, name, None)
                assert type(value) is not Other
                if isinstance(value, list | set | dict | bytearray | collections.deque):
                    assert not value, "it is of an earlier life"
                    value.update({1: 2} if isinstance(value, dict) else [1]) if hasattr(value, "update") else (
                        value.append(1)
                    )
            del thing, value
    cls.__new__(cls)
    pool.prefill(2)


def bad_plan(native, cls, data):
    """A plan for the construction of `cls`, or an exception."""
    wrong = data.draw(st.booleans(), label="wrong")
    described = data.draw(all_fields(wrong), label="fields")
    plan = fields_of(native, cls, described, "FIELDS")
    functions, names, cells = data.draw(guards(cls.__init__, wrong), label="guards")
    parameters = [PARAMETERS] + ([(), ("x",), ("x", "x"), (Text("x"), "y"), "xy"] if wrong else [])
    return native.InitPlan(
        plan,
        data.draw(st.sampled_from(parameters), label="parameters"),
        data.draw(st.sampled_from([1, 0, 2, -1, 5] if wrong else [1]), label="positional"),
        data.draw(st.sampled_from([0, 1, 2, -1] if wrong else [0, 1]), label="positional only"),
        tuple(data.draw(items(field, wrong), label="item") for field in described),
        functions,
        names,
        cells,
        data.draw(st.booleans()),
        data.draw(st.booleans()),
    )


many = settings(
    max_examples=effort.pick(short=300, long=3_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(shape=SHAPES, data=st.data())
@many
def test_a_bad_plan_of_construction_raises_or_works(pooled, native, unraisable, shape, data):
    cls = define(pooled, **shape)
    try:
        plan = bad_plan(native, cls, data) if data.draw(st.integers(0, 29)) else data.draw(ANYTHING)
    except (TypeError, ValueError, SystemError):
        return
    with mock.patch.object(type(pooled.pool_of(cls)._store), "read_init", return_value=plan):
        for _ in range(2):  # the first run makes the calls after which the engine requests the plan
            live(pooled, cls)
    pooled.pool_of(cls).clear()
    unraisable.clear()


@given(shape=SHAPES, described=st.booleans().flatmap(all_fields), strategy=st.integers(-1, 4))
@many
def test_a_bad_plan_of_what_is_kept_raises_or_works(pooled, native, unraisable, shape, described, strategy):
    cls = define(pooled, **shape)
    live(pooled, cls)
    try:
        plan = native.Fields(cls, described, strategy=strategy, replace=lambda value: type(value)())
        pooled.pool_of(cls)._store.set_fields(plan)
    except (TypeError, ValueError, SystemError):
        pass
    live(pooled, cls)
    pooled.pool_of(cls).clear()
    unraisable.clear()


def fields_of(native, cls, described, strategy="KEEP"):
    return native.Fields(
        cls, tuple(described), strategy=native.STRATEGIES[strategy], replace=lambda value: type(value)()
    )


@pytest.mark.parametrize("names", [("a", "a"), ("a", "b", "a")])
def test_two_fields_in_one_place_are_refused(pooled, native, names):
    cls = define(pooled, slots=True, inits=3)
    with pytest.raises(ValueError, match="same place"):
        fields_of(native, cls, [(name, list, list, len, True, None) for name in names])


@pytest.mark.parametrize("name", ["far", "near"])
def test_a_slot_of_another_class_is_no_place(pooled, native, name):
    cls = define(pooled, slots=False, inits=3)
    plan = fields_of(native, cls, [(name, None, None, None, False, None)])
    pooled.pool_of(cls)._store.set_fields(plan)
    live(pooled, cls)


@pytest.mark.parametrize("argument", [None, 5, object()])
def test_stores_take_only_hooks_and_fields(pooled, native, argument):
    store = pooled.pool_of(define(pooled, slots=True, inits=3))._store
    with pytest.raises(TypeError, match="expected a Hook"):
        native.Store(argument, reset=None, capacity=None, report=len, measures=False, is_local=False)
    if argument is not None:
        with pytest.raises(TypeError, match="expected Fields"):
            store.set_fields(argument)


def test_a_store_takes_only_fields_of_its_class(pooled, native):
    one, other = (define(pooled, slots=True, inits=3) for _ in range(2))
    with pytest.raises(TypeError, match="expected Fields of the class"):
        pooled.pool_of(one)._store.set_fields(fields_of(native, other, []))


def test_a_plan_for_another_class_is_not_used(pooled, native):
    one, other = (define(pooled, slots=True, inits=3) for _ in range(2))
    init = one.__init__
    plan = native.InitPlan(
        fields_of(native, other, [("a", None, None, None, False, None)], "FIELDS"),
        PARAMETERS,
        1,
        0,
        ((-1, None, (1, 0, "constant"), (1, 0, "constant")),),
        ((init, init.__code__, init.__defaults__, init.__kwdefaults__),),
        (),
        (),
        True,
        False,
    )
    store = pooled.pool_of(one)._store
    with mock.patch.object(type(store), "read_init", return_value=plan):
        warm(one)
        assert one().a == []
