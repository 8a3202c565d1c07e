"""Random field plans, given to the native engine directly: an exception or a correct object, never a crash.

On the checked build, the engine also verifies its invariants; under the sanitizers, each access to memory.
"""

import collections
import sys

import limits
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Other:
    """Its slots are beyond the end of the objects under test."""

    __slots__ = tuple(f"slot{number}" for number in range(40))


class Text(str):
    __slots__ = ()


OWN = ("a", "b", "c")


def define(pooled, *, slots, inits):
    """A poolable class with three attributes, and with descriptors of another class in its dict."""

    class Thing:
        if slots:
            __slots__ = OWN
        far, near, number = Other.slot39, Other.slot0, 5

        def __init__(self):
            for name in OWN[:inits]:
                setattr(self, name, [])

    return pooled.poolable(Thing)


@pytest.fixture
def native(pooled, engine):
    if engine != "native":
        limits.skip("native-only")
    return sys.modules["pooled._engine.native"]._native


ANYTHING = st.sampled_from([None, 0, 1, "a", (), ("a",), ("x", 1), [], list, dict, set, bytearray, object(), len])
NAMES = st.sampled_from(
    [*OWN, "a", "far", "near", "number", "__dict__", "__weakref__", "__class__", "more", Text("a"), 7]
)
KINDS = st.integers(-1, 4)
CLASSES = st.sampled_from([list, dict, set, bytearray, collections.deque, collections.defaultdict, object, int])


@st.composite
def descriptions(draw):
    """A field as Python describes it, with up to one wrong part."""
    description = [
        draw(NAMES),
        draw(st.sampled_from([None, "a", "b", "keyword"])),
        draw(KINDS),
        draw(st.sampled_from([list, dict, None, 5, (), []])),
        draw(CLASSES | st.none()),
        draw(st.sampled_from([lambda value, cap: True, lambda value, cap: False, len, None])),
        draw(st.booleans()),
        draw(st.sampled_from([None, None, None, ("default_factory", list), ("x",), 5])),
    ]
    if draw(st.integers(0, 3)) == 0:
        description[draw(st.integers(0, 7))] = draw(ANYTHING)
    return tuple(description) if draw(st.integers(0, 9)) else draw(ANYTHING)


def live(pooled, cls, given):
    """Construct, take and drop objects, in ways that a plan can break."""
    for fields in ({}, given, {}):
        for make in (cls, lambda fields=fields: pooled.take(cls, **fields), cls):
            try:
                thing = make()
            except Exception:  # an accepted plan may name wrong hooks; only a crash is a failure
                continue
            for name in OWN:
                assert type(getattr(thing, name, [])) is not Other
            if make is cls:
                assert getattr(thing, "a", []) == []
                getattr(thing, "a", []).append(1)
            del thing


@given(
    fields=st.lists(descriptions(), max_size=5),
    strategy=st.integers(-1, 4),
    completion=st.integers(-1, 3),
    shape=st.fixed_dictionaries({"slots": st.booleans(), "inits": st.integers(0, 3)}),
    given=st.dictionaries(st.sampled_from(["a", "b", "keyword", "other"]), st.integers(), max_size=2),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_bad_plan_raises_or_works(pooled, native, unraisable, fields, strategy, completion, shape, given):  # noqa: PLR0917
    cls = define(pooled, **shape)
    live(pooled, cls, given)
    store = pooled.pool_of(cls)._store
    try:
        plan = native.Fields(
            cls,
            tuple(fields),
            strategy=strategy,
            replace=lambda value: type(value)(),
            finish=lambda obj, given: None,
            completion=completion,
        )
        store.set_fields(plan, lambda given: None)
    except (TypeError, ValueError, SystemError):
        pass
    live(pooled, cls, given)
    pooled.pool_of(cls).clear()
    unraisable.clear()


@pytest.mark.parametrize("names", [("a", "a"), ("a", "b", "a")])
def test_two_fields_in_one_place_are_refused(pooled, native, names):
    cls = define(pooled, slots=True, inits=3)
    part = (None, native.FIELD_KINDS["PART"], list, list, len, True, None)
    with pytest.raises(ValueError, match="same place"):
        fields_of(native, cls, [(name, *part) for name in names])


@pytest.mark.parametrize("name", ["far", "near"])
def test_a_slot_of_another_class_is_no_place(pooled, native, name):
    cls = define(pooled, slots=False, inits=3)
    plan = fields_of(native, cls, [(name, None, native.FIELD_KINDS["DEFAULT"], "value", None, None, False, None)])
    pooled.pool_of(cls)._store.set_fields(plan, lambda given: None)
    live(pooled, cls, {})


@pytest.mark.parametrize("argument", [None, 5, object()])
def test_stores_take_only_hooks_and_fields(pooled, native, argument):
    store = pooled.pool_of(define(pooled, slots=True, inits=3))._store
    with pytest.raises(TypeError, match="expected a Hook"):
        native.Store(argument, reset=None, capacity=None, report=len, measures=False, is_local=False)
    if argument is not None:
        with pytest.raises(TypeError, match="expected Fields"):
            store.set_fields(argument, len)


def test_a_store_takes_only_fields_of_its_class(pooled, native):
    one, other = (define(pooled, slots=True, inits=3) for _ in range(2))
    with pytest.raises(TypeError, match="expected Fields of the class"):
        pooled.pool_of(one)._store.set_fields(fields_of(native, other, []), len)


def fields_of(native, cls, fields):
    return native.Fields(
        cls,
        tuple(fields),
        strategy=native.STRATEGIES["FIELDS"],
        replace=lambda value: None,
        finish=lambda obj, given: None,
        completion=native.COMPLETIONS["ASSIGNS"],
    )
