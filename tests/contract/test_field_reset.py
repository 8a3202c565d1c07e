"""`field_reset(cls)` shows how the objects of a class are constructed and emptied, for people to read."""

import collections
import dataclasses
import functools
import io
import re
import time
from typing import Any, ClassVar

import attrs
import pytest


def actions(resets):
    return [(reset.name, reset.action) for reset in resets]


def test_every_action_in_the_order_of_the_fields(pooled, kind):
    expected = [
        ("topic", "assigned"),
        ("size", "assigned"),
        ("items", "emptied"),
        ("table", "emptied"),
        ("seen", "emptied"),
        ("queue", "emptied"),
        ("data", "emptied"),
        ("ordered", "emptied"),
        ("lists", "emptied"),
        ("file", "emptied"),
        ("text", "made"),
        ("window", "made"),
        ("late", "assigned"),
    ]

    @pooled.poolable
    @kind.define
    class Thing:
        topic: str
        size: int = 3
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)
        seen: set = kind.field(factory=set)
        shared: ClassVar[int] = 5
        queue: Any = kind.field(factory=collections.deque)
        data: bytearray = kind.field(factory=bytearray)
        ordered: Any = kind.field(factory=collections.OrderedDict)
        lists: Any = kind.field(factory=collections.defaultdict)
        file: Any = kind.field(factory=io.BytesIO)
        text: Any = kind.field(factory=io.StringIO)
        window: Any = kind.field(factory=functools.partial(collections.deque, maxlen=3))
        late: int = kind.field(default=5)

    resets = pooled.field_reset(Thing)
    assert actions(resets) == expected
    assert actions(list(resets)) == expected, "it can be walked again"
    assert len(resets) == len(expected)
    assert resets.cls is Thing
    assert resets.in_c
    for name, action in expected:
        assert (resets[name].name, resets[name].action) == (name, action)
    with pytest.raises(KeyError, match="shared"):
        resets["shared"]


def test_it_can_be_read(pooled):
    @pooled.poolable
    class Message:
        def __init__(self, topic, items=None, size=12345):
            self.topic = topic
            self.items = items if items is not None else []
            self.size = size
            self.kind = "message"

    resets = pooled.field_reset(Message)
    text = str(resets)
    assert text.splitlines()[0].endswith("Message: constructed in C")
    for reset, line in zip(resets, text.splitlines()[1:], strict=True):
        assert reset.name in line
        assert reset.action in line
        assert reset.detail in line
    assert [(reset.name, reset.detail) for reset in resets] == [
        ("topic", "topic"),
        ("items", "list"),
        ("size", "size"),
        ("kind", "'message'"),
    ]


class Counting:
    def __set__(self, obj, value): ...


def with_a_loop():
    class Thing:
        def __init__(self):
            for name in ("a", "b"):
                setattr(self, name, [])

    return Thing


def with_a_call():
    class Thing:
        def __init__(self):
            self.stamp = time.time()

    return Thing


def with_a_factory():
    @dataclasses.dataclass
    class Thing:
        stamp: float = dataclasses.field(default_factory=time.time)

    return Thing


def with_a_converter():
    @attrs.define
    class Thing:
        port: int = attrs.field(default="80", converter=int)

    return Thing


def with_a_validator():
    @attrs.define
    class Thing:
        port: int = attrs.field(default=80, validator=attrs.validators.ge(0))

    return Thing


def with_a_post_init():
    @dataclasses.dataclass
    class Thing:
        size: int = 3

        def __post_init__(self): ...

    return Thing


def with_a_setattr():
    class Thing:
        def __init__(self):
            self.size = 3

        def __setattr__(self, name, value):
            super().__setattr__(name, value)

    return Thing


def with_a_descriptor():
    class Thing:
        size = Counting()

        def __init__(self):
            self.size = 3

    return Thing


def with_a_builtin_base():
    class Thing(dict):
        def __init__(self):
            self.size = 3

    return Thing


def without_init():
    class Thing:
        size = 3

    return Thing


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (with_a_loop, r"line \d+ of .*test_field_reset.py: it has a loop"),
        (with_a_call, r"line \d+ of .*test_field_reset.py: "),
        (with_a_factory, "a function makes the default of the field 'stamp'"),
        (with_a_converter, "the field 'port' has a converter"),
        (with_a_validator, "a field has a validator"),
        (with_a_post_init, "it calls __post_init__"),
        (with_a_setattr, "the class has a __setattr__ of its own"),
        (with_a_descriptor, r"the attribute 'size' is a descriptor \(Counting\)"),
        (with_a_builtin_base, "the class has a builtin base"),
        (without_init, "there is no __init__ to run"),
    ],
)
@pytest.mark.parametrize("decorated", [True, False])
def test_it_says_why_python_code_runs(pooled, make, reason, decorated):
    resets = pooled.field_reset(pooled.poolable(make()) if decorated else make())
    assert not resets.in_c
    assert actions(resets) == []
    assert re.search(reason, resets.construction), resets.construction
    assert resets.construction in str(resets)


def test_inherited_fields_come_in_the_order_in_which_they_are_assigned(pooled, kind):
    @kind.define
    class Base:
        first: int = 1
        second: list = kind.field(factory=list)

    @pooled.poolable
    @kind.define
    class Thing(Base):
        third: dict = kind.field(factory=dict)

    @pooled.poolable
    class Undecorated(Base):
        pass

    assert actions(pooled.field_reset(Thing)) == [("first", "assigned"), ("second", "emptied"), ("third", "emptied")]
    assert actions(pooled.field_reset(Undecorated)) == [("first", "assigned"), ("second", "emptied")]


def test_a_class_need_not_be_poolable(pooled, kind):
    @kind.define
    class Thing:
        topic: str
        items: list = kind.field(factory=list)

    resets = pooled.field_reset(Thing)
    assert actions(resets) == [("topic", "assigned"), ("items", "emptied")]
    assert resets.cls is Thing
    with pytest.raises(TypeError, match="expected a poolable class"):
        pooled.pool_of(Thing)
    assert "it cannot be pooled: " in pooled.field_reset(int).construction


def test_attributes_that_are_kept(pooled):
    @pooled.poolable(keep=("buffer", "seen"))
    class Decoder:
        def __init__(self):
            self.buffer, self.seen, self.name = bytearray(), {}, "decoder"

    class Meta(metaclass=pooled.PooledMeta, keep=("buffer", "seen")):
        pass

    for cls in (Decoder, Meta):
        resets = pooled.field_reset(cls)
        assert actions(resets) == [("buffer", "kept"), ("seen", "kept")]
        assert not resets.in_c
        assert "keep" in resets.construction
        assert cls.__name__ in str(resets)


def test_a_class_with_a_reset(pooled):
    @pooled.poolable(reset="reset")
    class ByName:
        def reset(self): ...

    @pooled.poolable(reset=lambda obj: None)
    @dataclasses.dataclass
    class ByFunction:
        items: list = dataclasses.field(default_factory=list)

    @attrs.define
    class ByMethod(pooled.Poolable):
        items: list = attrs.field(factory=list)

        def reset(self): ...

    for cls in (ByName, ByFunction, ByMethod):
        resets = pooled.field_reset(cls)
        assert (actions(resets), resets.in_c) == ([], False)
        assert "the class has a reset" in resets.construction


@pytest.mark.parametrize("thing", [5, "Thing", None, [], len, list[int]])
def test_what_is_no_class_is_refused(pooled, thing):
    with pytest.raises(TypeError, match="cls="):
        pooled.field_reset(thing)


def test_what_it_gives_can_be_compared(pooled):
    @attrs.define
    class Point:
        x: int = 0

    assert pooled.field_reset(Point) == pooled.FieldResets(
        Point,
        "constructed in C",
        True,
        (pooled.FieldReset("x", "assigned", "x"),),
    )
