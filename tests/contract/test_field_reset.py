"""`field_reset(cls)` shows how the objects of a class are emptied, for people to read."""

import collections
import dataclasses
import functools
import io
import time
from typing import Any, ClassVar

import attrs
import limits
import pytest


def actions(resets):
    return [(reset.name, reset.action) for reset in resets]


def test_every_action_in_the_order_of_the_fields(pooled, containers, kind):
    @pooled.poolable
    @kind.define
    class Inner:
        items: list = kind.field(factory=list)

    @pooled.poolable(reset="reset")
    class Resetting:
        def reset(self): ...

    @pooled.poolable
    class Plain:
        pass

    class OwnList(list):
        pass

    expected = [
        ("topic", "unset"),
        ("size", "default"),
        ("nothing", "default"),
        ("items", "emptied"),
        ("table", "emptied"),
        ("seen", "emptied"),
        ("queue", "emptied"),
        ("data", "emptied"),
        ("ordered", "emptied"),
        ("lists", "emptied"),
        ("counter", "emptied"),
        ("file", "emptied"),
        ("text", "emptied"),
        ("window", "emptied"),
        ("lists_by_name", "emptied"),
        ("pooled_list", "emptied"),
        ("inner", "emptied"),
        ("resetting", "emptied"),
        ("plain", "made"),
        ("stamp", "made"),
        ("index", "kept"),
        ("filled", "made"),
        ("own", "made"),
        ("late", "default"),
    ]

    @pooled.poolable(keep=("index",))
    @kind.define
    class Thing:
        topic: str
        size: int = 3
        nothing: Any = None
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)
        seen: set = kind.field(factory=set)
        shared: ClassVar[int] = 5
        queue: Any = kind.field(factory=collections.deque)
        data: bytearray = kind.field(factory=bytearray)
        ordered: Any = kind.field(factory=collections.OrderedDict)
        lists: Any = kind.field(factory=collections.defaultdict)
        counter: Any = kind.field(factory=collections.Counter)
        file: Any = kind.field(factory=io.BytesIO)
        text: Any = kind.field(factory=io.StringIO)
        window: Any = kind.field(factory=functools.partial(collections.deque, maxlen=3))
        lists_by_name: Any = kind.field(factory=functools.partial(collections.defaultdict, list))
        pooled_list: Any = kind.field(factory=containers.List)
        inner: Any = kind.field(factory=Inner)
        resetting: Any = kind.field(factory=Resetting)
        plain: Any = kind.field(factory=Plain)
        stamp: float = kind.field(factory=time.time)
        index: dict = kind.field(factory=dict)
        filled: list = kind.field(factory=functools.partial(list, (1, 2)))
        own: list = kind.field(factory=OwnList)
        late: int = kind.field(default=5)

    resets = pooled.field_reset(Thing)
    assert actions(resets) == expected
    assert actions(list(resets)) == expected, "it can be walked again"
    assert len(resets) == len(expected)
    assert resets.cls is Thing
    for name, action in expected:
        assert (resets[name].name, resets[name].action) == (name, action)
        assert resets[name].detail is not None


def test_it_can_be_read(pooled, kind):
    @pooled.poolable
    @kind.define
    class Message:
        topic: str
        size: int = 12345
        items: list = kind.field(factory=list)
        stamp: float = kind.field(factory=time.time)

    resets = pooled.field_reset(Message)
    text = str(resets)
    lines = text.splitlines()
    for name, action in actions(resets):
        assert any(name in line and action in line for line in lines), text
    assert "Message" in text
    assert "12345" in str(resets["size"].detail)
    assert "list" in str(resets["items"].detail)
    assert isinstance(resets.why, str)
    assert len(resets.why) > 10


def test_a_default_that_a_converter_converts_is_made(pooled, attrs_kind):
    @pooled.poolable
    @attrs_kind.define
    class Thing:
        required: int = attrs.field(converter=int)
        port: int = attrs.field(default="80", converter=int)
        tags: tuple = attrs.field(factory=list, converter=tuple)
        area: int = attrs.Factory(lambda self: self.port, takes_self=True)
        checked: int = attrs.field(default=1, validator=attrs.validators.ge(0))
        _private: int = 1

    assert actions(pooled.field_reset(Thing)) == [
        ("required", "unset"),
        ("port", "made"),
        ("tags", "made"),
        ("area", "made"),
        ("checked", "default"),
        ("_private", "default"),
    ]


def test_inherited_fields_come_in_the_order_of_the_fields(pooled, kind):
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

    assert actions(pooled.field_reset(Thing)) == [("first", "default"), ("second", "emptied"), ("third", "emptied")]
    assert actions(pooled.field_reset(Undecorated)) == [("first", "default"), ("second", "emptied")]


def test_a_class_need_not_be_poolable(pooled, kind):
    @kind.define
    class Thing:
        topic: str
        items: list = kind.field(factory=list)

    resets = pooled.field_reset(Thing)
    assert actions(resets) == [("topic", "unset"), ("items", "emptied")]
    assert resets.cls is Thing
    with pytest.raises(TypeError, match="expected a poolable class"):
        pooled.pool_of(Thing)


@limits.skip_if("no-pool")
def test_a_class_under_the_metaclass(pooled, kind):
    @kind.define
    class Thing(metaclass=pooled.PooledMeta, keep=("index",)):
        topic: str
        items: list = kind.field(factory=list)
        index: dict = kind.field(factory=dict)

    for _ in range(2):  # before the first object exists, and afterwards
        assert actions(pooled.field_reset(Thing)) == [("topic", "unset"), ("items", "emptied"), ("index", "kept")]
        pooled.take(Thing)


def test_attributes_of_a_plain_class_that_are_kept(pooled):
    @pooled.poolable(keep=("buffer", "seen"))
    class Decoder:
        def __init__(self):
            self.buffer, self.seen, self.name = bytearray(), {}, "decoder"

    resets = pooled.field_reset(Decoder)
    assert actions(resets) == [("buffer", "kept"), ("seen", "kept")]
    assert resets["seen"].action == "kept"
    assert "Decoder" in str(resets)


def test_classes_without_fields(pooled, containers):
    class Plain:
        pass

    @pooled.poolable
    class Poolable:
        pass

    @pooled.poolable(reset="reset")
    class Resetting:
        def reset(self): ...

    @pooled.poolable(reset=lambda obj: None)
    @dataclasses.dataclass
    class ResetByFunction:
        items: list = dataclasses.field(default_factory=list)

    @attrs.define
    class ResetByMethod(pooled.Poolable):
        items: list = attrs.field(factory=list)

        def reset(self): ...

    for cls in (Plain, Poolable, Resetting, ResetByFunction, ResetByMethod, containers.List, list, dict, int, object):
        resets = pooled.field_reset(cls)
        assert list(resets) == []
        assert len(resets) == 0
        assert resets.cls is cls
        assert len(resets.why) > 10
        assert cls.__name__ in str(resets)
    for cls in (Resetting, ResetByFunction, ResetByMethod):
        assert "reset" in pooled.field_reset(cls).why


@pytest.mark.parametrize("thing", [5, "Thing", None, [], len, list[int]])
def test_what_is_no_class_is_refused(pooled, thing):
    with pytest.raises(TypeError, match="cls="):
        pooled.field_reset(thing)


def test_what_it_gives_can_be_compared(pooled):
    @attrs.define
    class Point:
        x: int = 0

    assert pooled.field_reset(Point) == pooled.FieldResets(
        Point, "emptied field by field", (pooled.FieldReset("x", "default", "0"),)
    )
