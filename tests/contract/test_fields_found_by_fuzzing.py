"""Defects of the reset by fields that fuzzing found, one test for each."""

import collections
import gc
import io
from typing import Any

import attrs
import limits
import pytest
from field_kinds import Kind, check_counts, error_of

looked_at = pytest.mark.parametrize("looked_at", [False, True], ids=["", "looked at"])
"""Whether the test has accessed the object's `__dict__`, which selects another code path for its fields."""


@pytest.mark.needs_pool
def test_a_field_that_never_was_set_is_given_to_an_object_that_kept_its_parts(pooled, dict_kind, container):
    @pooled.poolable
    @dict_kind.define
    class Thing:
        parts: Any = dict_kind.field(factory=container.factory)
        number: Any = dict_kind.field(default=0) if not dict_kind.kw_only else dict_kind.field()

    for number in range(3):
        thing = pooled.take(Thing)
        container.fill(thing.parts, [1, 2])
        identity = id(thing.parts)
        del thing
        thing = pooled.take(Thing, number=number)
        assert (id(thing.parts), thing.number) == (identity, number)
        container.fill(thing.parts, [1])
        del thing
    check_counts(pooled, Thing, misses=1, hits=5, recycled=6, parked=1)


@pytest.mark.needs_pool
@looked_at
def test_a_factory_that_raises_while_other_parts_wait(pooled, dict_kind, looked_at):
    """A freed object frees the parts that it kept."""
    made = []

    def make():
        made.append(1)
        if len(made) == 2:
            raise ValueError("no")
        return {}

    @pooled.poolable(keep=("first",))
    @dict_kind.define
    class Thing:
        first: Any = dict_kind.field(factory=make)
        parts: Any = dict_kind.field(factory=io.BytesIO)
        others: list = dict_kind.field(factory=list)

    thing = pooled.take(Thing)
    if looked_at:
        vars(thing)
    vars(thing)["first"] = None  # a value that cannot be kept
    del thing
    assert error_of(pooled.take, Thing) == "ValueError: no"
    thing = pooled.take(Thing)
    assert (thing.first, thing.parts.getvalue(), thing.others) == ({}, b"", [])
    check_counts(pooled, Thing, misses=2, hits=1, recycled=1, discarded_error=1, live=1)


@pytest.mark.needs_pool
@looked_at
def test_a_container_in_two_fields_is_kept_in_the_last(pooled, mutable_kind, looked_at):
    @pooled.poolable(keep=("first", "second"))
    @mutable_kind.define
    class Thing:
        first: Any = mutable_kind.field(factory=collections.Counter)
        second: Any = mutable_kind.field(factory=collections.Counter)

    thing = pooled.take(Thing)
    if looked_at and not mutable_kind.slots:
        vars(thing)
    thing.first = thing.second = [1]
    identity = id(thing.first)
    del thing
    thing = pooled.take(Thing)
    assert (thing.first, thing.second) == (collections.Counter(), [])
    assert id(thing.second) == identity


@pytest.mark.needs_pool
@looked_at
@pytest.mark.parametrize("other", ["default", "required", "extra"])
def test_a_container_that_another_attribute_has_too_is_kept(pooled, mutable_kind, looked_at, other):
    @pooled.poolable
    @mutable_kind.define
    class Thing:
        required: Any = mutable_kind.field(default=None)
        parts: list = mutable_kind.field(factory=list)
        default: Any = mutable_kind.field(default=7)

    if other == "extra" and mutable_kind.slots:
        limits.skip("no-other-attribute")
    thing = pooled.take(Thing)
    if looked_at and not mutable_kind.slots:
        vars(thing)
    setattr(thing, other, thing.parts)
    thing.parts.append(1)
    identity = id(thing.parts)
    del thing
    others = [[] for _ in range(10)]
    thing = pooled.take(Thing)
    assert (id(thing.parts), thing.parts) == (identity, [])
    assert (thing.required, thing.default, hasattr(thing, "extra")) == (None, 7, False)


@pytest.mark.needs_pool
def test_parts_are_kept_though_a_field_is_never_set(pooled):
    """The kept field has no default, so its initial value is unknown."""
    kind = Kind("attrs")

    @pooled.poolable(keep=("scratch",))
    @kind.define
    class Thing:
        scratch: Any = kind.field(init=False)
        parts: list = attrs.field(factory=list)

    thing = pooled.take(Thing)
    for number in range(5):
        identity = id(thing.parts)
        thing.parts.append(number)
        del thing
        others = [[] for _ in range(10)]
        thing = pooled.take(Thing)
        assert (id(thing.parts), thing.parts, hasattr(thing, "scratch")) == (identity, [], False)
        del others


def test_an_object_is_not_seen_while_its_parts_go_to_make_it_blank(pooled):
    """Code that found the object would share it with the caller of the class."""
    if pooled.engine == "reference":
        limits.skip("parked-objects-visible")
    found = []

    @pooled.poolable(reset="reset")
    class Part:
        def reset(self):
            found.extend(obj for obj in gc.get_objects() if type(obj).__name__ == "Thing")

    @pooled.poolable
    @attrs.define
    class Thing:
        part: Any = attrs.field(factory=Part)

    thing = pooled.take(Thing)
    del thing
    thing = Thing()
    assert found == []
