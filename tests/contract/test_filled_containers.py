"""Containers that a call fills while others are parked: they hold what the builtin classes make of the items."""

import collections
import gc
import sys
from functools import partial

import pytest

STOCK = {"List": list, "Dict": dict, "Set": set, "Deque": collections.deque, "ByteArray": bytearray}


class Key:
    """A key whose hash runs code."""

    def __init__(self, hashed=lambda: None):
        self.hashed = hashed

    def __hash__(self):
        self.hashed()
        return 1


def texts(count):
    return [f"text {i}" for i in range(count)]


def with_a_gap(count):
    items = dict.fromkeys(range(count + 1), 1)
    del items[0]
    return items


class Attributes:
    def __init__(self):
        self.a, self.b = 1, 2


class Mapping(dict):
    def keys(self):
        return ["other"]

    def __getitem__(self, key):
        return 5


SEQUENCES = [
    (),
    [],
    [7],
    (1, 2),
    texts(9),
    list(range(100)),
    tuple(range(17)),
    range(20),
    {3, 2, 1},
    {"a": 1},
    "abc",
    b"bytes",
    iter([1, 2]),
]
ITEMS = {
    "List": [*SEQUENCES, [[], {}]],
    "Deque": SEQUENCES,
    "Set": [*SEQUENCES, {*range(40)}, frozenset(texts(5)), [1, True, 1.0]],
    "Dict": [
        {},
        {"a": 1},
        dict.fromkeys(texts(5)),
        dict.fromkeys(texts(6)),
        {1: [], "b": {}},
        dict.fromkeys(range(5)),
        dict.fromkeys(range(100), ""),
        with_a_gap(4),
        vars(Attributes()),
        collections.OrderedDict(b=1, a=2),
        Mapping(a=1),
        [(1, 2), "ab"],
        collections.UserDict(a=3),
    ],
    "ByteArray": [
        b"",
        b"a",
        bytes(range(100)),
        b"\0" * 5000,
        bytearray(b"array"),
        memoryview(b"abcd")[::2],
        [1, 2, 255],
        7,
        True,
    ],
}
WRONG = {
    "List": [3, None],
    "Deque": [3, None],
    "Set": [3, [[]], ([1], 2), None],
    "Dict": [3, [1], ["abc"], [([], 1)], None],
    "ByteArray": ["text", 1.5, [256], [None], -1, None],
}


def content(container):
    """All that it holds, in order."""
    return list(container.items()) if isinstance(container, dict) else list(container)


def again(items):
    """The items once more, as an iterator can be used only once."""
    return iter([1, 2]) if isinstance(items, collections.abc.Iterator) else items


@pytest.mark.parametrize("by", ["call", "take"])
@pytest.mark.parametrize("name", STOCK)
def test_it_holds_what_the_builtin_holds(pooled, containers, name, by):
    cls, stock = getattr(containers, name), STOCK[name]
    make = cls if by == "call" else partial(pooled.take, cls)
    for former in ITEMS[name]:
        for items in ITEMS[name]:
            parked = cls(again(former))
            del parked
            made, expected = make(again(items)), stock(again(items))
            assert isinstance(made, cls)
            assert sorted(content(made), key=repr) == sorted(content(expected), key=repr)
            assert name == "Set" or content(made) == content(expected)
            assert made == expected
            del made


@pytest.mark.parametrize("name", STOCK)
def test_it_shares_nothing_with_the_items(containers, name):
    """Both may change afterwards."""
    cls, stock = getattr(containers, name), STOCK[name]
    source = {"Dict": {"a": 1, "b": 2}, "ByteArray": b"ab"}.get(name, ["a", "b"])
    kept = stock(source)
    for _ in range(3):
        made = cls(source)
        made.clear()
        made.update({"c": 1, "d": 2, "e": 3}) if name == "Dict" else None
        assert stock(source) == kept
        made = cls(source)
        if name == "Dict":
            del made["a"]
            made["a"] = 3
            assert list(made.items()) == [("b", 2), ("a", 3)]
            made["c"] = 4
            assert source == {"a": 1, "b": 2}
            source["z"] = 1
            assert "z" not in made
            del source["z"]
            source = dict(source)
        del made


@pytest.mark.parametrize("name", ["List", "Dict", "Set", "Deque"])
def test_references_are_counted(containers, name):
    cls = getattr(containers, name)
    marks = [object() for _ in range(3)]
    source = {str(i): mark for i, mark in enumerate(marks)} if name == "Dict" else marks
    cls(source)
    before = [sys.getrefcount(mark) for mark in marks]
    made = cls(source)
    assert [sys.getrefcount(mark) for mark in marks] == [count + 1 for count in before]
    del made
    assert [sys.getrefcount(mark) for mark in marks] == before


@pytest.mark.parametrize("name", STOCK)
def test_wrong_items_raise_what_the_builtin_raises(pooled, containers, name):
    cls, stock = getattr(containers, name), STOCK[name]
    for items in WRONG[name]:
        for make in (cls, partial(pooled.take, cls)):
            parked = cls()
            del parked
            with pytest.raises(Exception) as expected:  # noqa: PT011 (whatever it is)
                stock(items)
            with pytest.raises(expected.type) as caught:
                make(items)
            assert str(caught.value) == str(expected.value)
    for args in ((1, 2, 3, 4), ()):
        with pytest.raises(TypeError) as expected:
            stock(*args, wrong=1) if name != "Dict" else stock(*args, 1, wrong=1)
        with pytest.raises(TypeError, match="argument|iterable|object"):
            cls(*args, wrong=1) if name != "Dict" else cls(*args, 1, wrong=1)
    assert not content(cls())


def test_keyword_arguments(containers):
    assert containers.Dict({"a": 1}, b=2) == {"a": 1, "b": 2}
    assert containers.Dict(b=2) == {"b": 2}
    assert containers.Deque([1, 2, 3], maxlen=2) == collections.deque([2, 3])
    assert containers.Deque([1, 2, 3]).maxlen is None
    assert containers.ByteArray(b"ab") == b"ab"
    assert containers.ByteArray("ab", "ascii") == b"ab"


def test_items_that_change_while_a_set_is_filled(containers):
    """The hash of an item empties the list that is read."""
    for stock in (set, containers.Set, containers.Set):
        items = [1, 2]
        items.append(Key(items.clear))
        items.extend([4, 5])
        assert len(stock(items)) == 3
        items = [1]
        items.append(Key(lambda items=items: items.append(6) if len(items) < 4 else None))
        assert len(stock(items)) == 3


def test_a_bytearray_that_lost_its_first_bytes(containers):
    for size in (1, 50, 63, 64, 100):
        made = containers.ByteArray(bytes(range(100)))
        del made[:60]
        del made
        made = containers.ByteArray(bytes(range(size)))
        made += b"end"
        assert made == bytes(range(size)) + b"end"
        del made


def test_an_init_that_is_added_later(pooled, containers):
    @pooled.poolable
    class Own(containers.List):
        pass

    for _ in range(3):
        assert Own([1]) == [1]
    Own.__init__ = lambda self, items: self.extend(items * 2)
    for make in (Own, partial(pooled.take, Own)):
        assert make([1]) == [1, 1]
    del Own.__init__
    assert Own([1]) == pooled.take(Own, [1]) == [1]


def test_code_that_drops_the_pool(pooled):
    """The items of a list are made by code that forgets the class."""
    classes = []

    def items():
        yield 1
        classes.clear()
        gc.collect()
        yield 2

    for make in (lambda cls, given: cls(given), pooled.take):

        @pooled.poolable
        class Own(list):
            __slots__ = ()

        classes.append(Own)
        del Own
        classes[0]()
        assert make(classes[0], items()) == [1, 2]
