"""An object equals one of the undecorated class, field by field, for random classes and random operations."""

import collections
import copy
import dataclasses
import functools
import gc
import io
from typing import Any

import attrs
import effort
import pytest
from field_kinds import CALLS, error_of, is_set, state
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

SHARED = [1, 2]  # a default that all objects share

DEFAULTS = {"none": None, "zero": 0, "text": "text", "pair": (1, 2), "function": len}
FACTORIES = {
    "list": list,
    "dict": dict,
    "set": set,
    "deque": collections.deque,
    "bytearray": bytearray,
    "ordered": collections.OrderedDict,
    "defaultdict": collections.defaultdict,
    "counter": collections.Counter,
    "bytesio": io.BytesIO,
    "stringio": io.StringIO,
    "window": functools.partial(collections.deque, maxlen=2),
    "lists": functools.partial(collections.defaultdict, list),
    "filled": functools.partial(list, (1, 2)),
    "lambda": lambda: [1],
    "tuple": tuple,
}


def refuse_bad(obj, attribute, value):
    if value == "bad":
        raise ValueError("bad")


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of a random class."""

    name: str
    source: str  # a name in DEFAULTS or FACTORIES, "required", "shared", "nested", "pooled" or "self"
    init: bool
    converts: bool
    validates: bool
    child: bool  # whether the subclass defines it

    @property
    def has_default(self):
        return self.source != "required"


@st.composite
def shapes(draw):
    """The description of a class and its fields."""
    library = draw(st.sampled_from(["attrs", "dataclass"]))
    sources = [*DEFAULTS, *FACTORIES, "required", "nested", "pooled"]
    sources += ["shared", "self"] if library == "attrs" else []
    fields = []
    for number in range(draw(st.integers(0, 6))):
        source = draw(st.sampled_from(sources))
        fields.append(
            Field(
                name=f"field{number}",
                source=source,
                init=draw(st.integers(0, 4)) > 0,
                converts=library == "attrs" and source != "self" and draw(st.integers(0, 3)) == 0,
                validates=library == "attrs" and draw(st.integers(0, 3)) == 0,
                child=draw(st.booleans()),
            )
        )
    kw_only = draw(st.booleans())
    if not kw_only:  # fields without defaults first, in both classes
        fields.sort(key=lambda field: field.has_default)
        some_base_has_a_default = [field.has_default for field in fields if not field.child]
        if any(some_base_has_a_default):
            fields = [dataclasses.replace(field, child=field.child and field.has_default) for field in fields]
    fields.sort(key=lambda field: field.child)
    options = {"slots": draw(st.booleans()), "frozen": draw(st.booleans()), "kw_only": kw_only}
    return library, options, draw(st.sampled_from(["none", "decorated", "bare"])), tuple(fields)


def make(pooled, containers, shape):
    """Create the class of a description; it is not poolable yet."""
    library, options, inheritance, fields = shape
    define = (attrs.define if library == "attrs" else dataclasses.dataclass)(**options)

    @pooled.poolable
    @attrs.define
    class Nested:
        size: int = 3
        items: list = attrs.field(factory=list)

    def written(field):
        options: dict[str, Any] = {"init": field.init}
        if field.source in DEFAULTS:
            options["default"] = DEFAULTS[field.source]
        elif field.source == "shared":
            options["default"] = SHARED
        elif field.source == "self":
            options["default"] = attrs.Factory(lambda self: type(self).__name__, takes_self=True)
        elif field.source != "required":
            made = {"nested": Nested, "pooled": containers.List, **FACTORIES}[field.source]
            options["factory" if library == "attrs" else "default_factory"] = made
        if field.converts:
            options["converter"] = lambda value: value if isinstance(value, Converted) else Converted(value)
        if field.validates:
            options["validator"] = refuse_bad
        return (attrs.field if library == "attrs" else dataclasses.field)(**options)

    def body(fields):
        return {
            "__annotations__": {field.name: Any for field in fields},
            **{field.name: written(field) for field in fields},
        }

    if inheritance == "none":
        return define(type("Thing", (), body(fields)))
    base = define(type("Base", (), body([field for field in fields if not field.child])))
    if inheritance == "bare":
        return type("Thing", (base,), {})
    return define(type("Thing", (base,), body([field for field in fields if field.child])))


class Converted:
    """The result of the converters."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Converted) and look(self.value) == look(other.value)

    __hash__ = None


def look(value):
    """A copy of the visible state of a value, including nested objects."""
    if isinstance(value, Converted):
        return "converted", look(value.value)
    if hasattr(value, "size") and hasattr(value, "items") and isinstance(value.items, list):
        return "nested", value.size, list(value.items)
    if hasattr(value, "capacity"):
        return "pooled", list(value)
    return copy.deepcopy(state(value)) if isinstance(value, dict | list | set | collections.deque) else state(value)


def fill(value, number):
    """Change a container in place."""
    value = value.value if isinstance(value, Converted) else value
    if hasattr(value, "size") and hasattr(value, "items") and isinstance(value.items, list):
        value.items.append(number)
    elif isinstance(value, bytearray):
        value.extend(b"x" * number)
    elif hasattr(value, "write") and not value.closed:
        value.write("x" if isinstance(value, io.StringIO) else b"x")
    elif hasattr(value, "append") and value is not SHARED:
        value.append(number)
    elif isinstance(value, collections.Counter):
        value.update([number])
    elif hasattr(value, "add"):
        value.add(number)
    elif hasattr(value, "update"):
        value.update({number: number})


class Dummy:
    """A value that is no container."""


@pytest.mark.needs_pool
def test_an_object_equals_one_of_the_undecorated_class(pooled, containers):
    class Machine(RuleBasedStateMachine):
        @initialize(
            shape=shapes(),
            limit=st.sampled_from([3, 5, 1, 0]),
            scope=st.sampled_from(["local", "global"]),
            prefilled=st.integers(0, 3),
            calls=st.sampled_from([0, CALLS, CALLS]),
            looks=st.booleans(),  # at the `__dict__`, which keeps an object from being kept
        )
        def start(self, shape, limit, scope, prefilled, calls, looks):
            self.shape, self.fields = shape, shape[3]
            if shape[2] == "bare":
                self.fields = tuple(field for field in self.fields if not field.child)
            self.frozen, self.looks = shape[1]["frozen"], looks
            self.twin = make(pooled, containers, shape)
            self.cls = pooled.poolable(max=limit, scope=scope)(make(pooled, containers, shape))
            self.alive, self.others, self.dicts = [], [], []
            pooled.pool_of(self.cls).prefill(prefilled)
            for _ in range(calls):  # from then on, C carries out the `__init__`, if it can
                self.cls(**{field.name: "given" for field in self.fields if field.init and not field.has_default})

        def snapshot(self, obj):
            return {field.name: look(getattr(obj, field.name)) for field in self.fields if is_set(obj, field.name)}

        def own(self, obj):
            self.alive.append([obj, self.snapshot(obj)])

        def look_again(self):
            """Record a change of an object and of the objects that contain it."""
            for entry in self.alive:
                entry[1] = self.snapshot(entry[0])
            for entry in self.others:
                entry[1] = look(entry[0])
            for entry in self.dicts:
                entry[1] = self.fields_in(entry[0])

        def fields_in(self, attributes):
            return {name: look(value) for name, value in attributes.items() if name != "extra"}

        def given(self, data):
            """The arguments, by name, and whether a validator rejects one."""
            given = {}
            for field in self.fields:
                if field.init and (data.draw(st.booleans()) or not field.has_default):
                    value = data.draw(st.sampled_from(["list", "text", "number", "bad"]))
                    given[field.name] = {"list": [5], "text": "given", "number": 5, "bad": "bad"}[value]
            # A converted value is not equal to "bad", so no validator rejects it.
            bad = any(f.validates and not f.converts and given.get(f.name) == "bad" for f in self.fields)
            return given, bad

        def check(self, obj, given):
            twin = self.twin(**given)
            for field in self.fields:
                assert is_set(obj, field.name) == is_set(twin, field.name), f"{field} is set, or not"
                if is_set(twin, field.name):
                    mine, theirs = getattr(obj, field.name), getattr(twin, field.name)
                    assert look(mine) == look(theirs), field
                    assert (mine is SHARED) == (theirs is SHARED), field
            if self.looks and hasattr(obj, "__dict__"):
                assert list(vars(obj)) == list(vars(twin))

        @rule(data=st.data(), way=st.sampled_from(["take", "try_take", "pool"]))
        def take(self, data, way):
            given, bad = self.given(data)
            pool = pooled.pool_of(self.cls)
            if way == "try_take" and not len(pool):
                assert pooled.try_take(self.cls, **given) is None
                return
            function = {
                "take": functools.partial(pooled.take, self.cls),
                "try_take": functools.partial(pooled.try_take, self.cls),
                "pool": pool.take,
            }[way]
            if bad:
                assert error_of(function, **given) == "ValueError: bad"
                return
            obj = function(**given)
            self.check(obj, given)
            self.own(obj)

        @rule(data=st.data())
        def construct(self, data):
            given, bad = self.given(data)
            if bad:
                assert error_of(self.cls, **given) == "ValueError: bad"
                return
            obj = self.cls(**given)
            self.check(obj, given)
            self.own(obj)

        @rule()
        def construct_bare(self):
            obj, twin = self.cls.__new__(self.cls), self.twin.__new__(self.twin)
            assert [is_set(obj, field.name) for field in self.fields] == [
                is_set(twin, field.name) for field in self.fields
            ]
            assert getattr(obj, "__dict__", {}) == {}
            self.own(obj)

        @rule(way=st.sampled_from(["call", "take"]))
        def be_wrong(self, way):
            make = self.cls if way == "call" else functools.partial(pooled.take, self.cls)
            assert error_of(make, nmae=1) == error_of(self.twin, nmae=1)

        def one(self, data):
            return data.draw(st.integers(0, len(self.alive) - 1)) if self.alive else None

        @rule(data=st.data(), number=st.integers(0, 3))
        def change_parts(self, data, number):
            at = self.one(data)
            if at is not None:
                self.change(self.alive[at][0], number)

        def change(self, obj, number):
            for field in self.fields:
                if is_set(obj, field.name):
                    fill(getattr(obj, field.name), number)
            self.look_again()

        @rule(data=st.data())
        def assign_or_delete(self, data):
            at = self.one(data)
            if at is None or self.frozen or not self.fields:
                return
            obj = self.alive[at][0]
            field = data.draw(st.sampled_from(self.fields))
            what = data.draw(st.sampled_from(["delete", "value", "same class", "another's"]))
            if what == "delete":
                if is_set(obj, field.name) and field.name in getattr(obj, "__dict__", [field.name]):
                    delattr(obj, field.name)
            elif what == "value":
                setattr(obj, field.name, data.draw(st.sampled_from([None, 7, (), Dummy])))
            elif what == "same class" and field.source in FACTORIES:
                setattr(obj, field.name, FACTORIES[field.source]())
                fill(getattr(obj, field.name), 1)
            elif what == "another's":
                entry = self.alive[data.draw(st.integers(0, len(self.alive) - 1))]
                if is_set(entry[0], field.name):
                    setattr(obj, field.name, getattr(entry[0], field.name))
                del entry
            del obj
            self.look_again()

        @rule(data=st.data())
        def add_an_attribute(self, data):
            at = self.one(data)
            if at is not None and hasattr(self.alive[at][0], "__dict__"):
                vars(self.alive[at][0])["extra"] = [1]

        @rule(data=st.data(), everything=st.booleans())
        def drop_one_whose_parts_are_shared(self, data, everything):
            at = self.one(data)
            if at is None:
                return
            self.change(self.alive[at][0], 1)
            for field in self.fields:
                if is_set(self.alive[at][0], field.name) and (everything or data.draw(st.booleans())):
                    part = getattr(self.alive[at][0], field.name)
                    self.others.append([part, look(part)])
                    del part
            del self.alive[at]

        @rule(data=st.data(), drops=st.booleans())
        def keep_the_dict(self, data, drops):
            at = self.one(data)
            if at is not None and hasattr(self.alive[at][0], "__dict__"):
                self.change(self.alive[at][0], 1)
                kept = vars(self.alive[at][0])
                self.dicts.append([kept, self.fields_in(kept)])
                if drops:
                    del self.alive[at]

        @rule()
        def forget_what_was_shared(self):
            self.others.clear()
            self.dicts.clear()

        @rule(data=st.data())
        def copy_one(self, data):
            at = self.one(data)
            # Most classes with slots cannot be copied while a field is unset, pooled or not.
            if at is not None and (not self.shape[1]["slots"] or len(self.alive[at][1]) == len(self.fields)):
                twin = copy.copy(self.alive[at][0])
                assert self.snapshot(twin) == self.alive[at][1]
                self.own(twin)

        @rule(data=st.data())
        def drop(self, data):
            at = self.one(data)
            if at is not None:
                del self.alive[at]

        @rule()
        def drop_all(self):
            self.alive.clear()

        @rule(count=st.integers(1, 3))
        def prefill(self, count):
            pooled.pool_of(self.cls).prefill(count)

        @invariant()
        def nothing_of_anybody_else_changed(self):
            for obj, before in self.alive:
                assert self.snapshot(obj) == before
            for part, before in self.others:
                assert look(part) == before
            for attributes, before in self.dicts:
                assert self.fields_in(attributes) == before
            assert SHARED == [1, 2]

        @invariant()
        def statistics_add_up(self):
            stats = pooled.pool_of(self.cls).stats()
            assert stats.live == len(self.alive)
            assert stats.parked == len(pooled.pool_of(self.cls)) <= pooled.pool_of(self.cls).policy.max
            assert stats.escaped == stats.collected == 0

        def teardown(self):
            self.alive.clear()
            self.forget_what_was_shared()

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=effort.pick(short=40, long=300),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    gc.collect()
