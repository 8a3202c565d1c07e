"""The structures written in Python: each works as that of the library, or as a set, and is recycled."""

import collections
import copy
import pickle

import effort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

STOCK = {"UserDict": collections.UserDict, "UserList": collections.UserList, "ChainMap": collections.ChainMap}
STARTS = {
    "UserDict": [(), ({1: 2},), ([(1, 2)],)],
    "UserList": [(), ([1, 2],), ("ab",), (collections.UserList([1]),)],
    "ChainMap": [(), ({1: 2},), ({1: 2}, {1: 3, 4: 5})],
}
MAPPING = {
    "set": lambda c, n: c.__setitem__(n, n),
    "item": lambda c, n: c[n],
    "get": lambda c, n: c.get(n),
    "pop": lambda c, n: c.pop(n),
    "popitem": lambda c, n: c.popitem(),
    "setdefault": lambda c, n: c.setdefault(n, 2),
    "update": lambda c, n: c.update({n: 1, 7: n}),
    "delete": lambda c, n: c.__delitem__(n),
    "contains": lambda c, n: n in c,
    "views": lambda c, n: (list(c.keys()), list(c.values()), list(c.items())),
    "or": lambda c, n: dict(c | {n: n}),
    "or from the left": lambda c, n: dict({n: 9} | c),
    "copy": lambda c, n: (c.copy() == c, c.copy() is c),
    "clear": lambda c, n: c.clear(),
    "text": lambda c, n: repr(c),
}
OPERATIONS = {
    "UserDict": {**MAPPING, "data": lambda c, n: c.data, "fromkeys": lambda c, n: dict(c.__class__.fromkeys([n], 1))},
    "ChainMap": {
        **MAPPING,
        "child": lambda c, n: (c.new_child({n: 1}).maps, c.new_child().parents == c),
        "parents": lambda c, n: c.parents.maps,
        "maps": lambda c, n: c.maps,
    },
    "UserList": {
        "append": lambda c, n: c.append(n),
        "extend": lambda c, n: c.extend(range(n)),
        "pop": lambda c, n: c.pop(),
        "item": lambda c, n: c[n],
        "slice": lambda c, n: list(c[n:]),
        "set item": lambda c, n: c.__setitem__(n, 3),
        "delete": lambda c, n: c.__delitem__(n),
        "insert": lambda c, n: c.insert(n, 1),
        "sort": lambda c, n: c.sort(key=str),
        "add": lambda c, n: list(c + [n]),
        "add from the left": lambda c, n: list([n] + c),
        "times": lambda c, n: list(c * (n % 3)),
        "copy": lambda c, n: (c.copy() == c, c.copy() is c),
        "data": lambda c, n: c.data,
        "text": lambda c, n: repr(c),
    },
}
SET_OPERATIONS = {
    "add": lambda c, n: c.add(n),
    "discard": lambda c, n: c.discard(n),
    "remove": lambda c, n: c.remove(n),
    "contains": lambda c, n: n in c,
    "length": lambda c, n: (len(c), bool(c)),
    "update": lambda c, n: c.update(range(n), [n, 9]),
    "union": lambda c, n: c.union(range(n), {9}),
    "difference": lambda c, n: c.difference(range(n), [9]),
    "difference_update": lambda c, n: c.difference_update(range(n), c if n == 5 else ()),
    "intersection": lambda c, n: c.intersection(range(n), iter([1, 2])),
    "intersection_update": lambda c, n: c.intersection_update(range(n + 1)),
    "symmetric_difference": lambda c, n: c.symmetric_difference([n, n, 1]),
    "symmetric_difference_update": lambda c, n: c.symmetric_difference_update(range(n)),
    "issubset": lambda c, n: (c.issubset(range(n)), c.issubset({0, 1, 2, 3, 4, 5, 9})),
    "issuperset": lambda c, n: c.issuperset(range(n)),
    "isdisjoint": lambda c, n: c.isdisjoint({n}),
    "or": lambda c, n: c | {n},
    "or from the left": lambda c, n: {n} | c,
    "and": lambda c, n: c & {n, 1},
    "and from the left": lambda c, n: {n, 1} & c,
    "sub": lambda c, n: c - {n},
    "sub from the left": lambda c, n: {n, 9} - c,
    "xor": lambda c, n: c ^ {n},
    "ior": lambda c, n: c.__ior__({n}),
    "iand": lambda c, n: c.__iand__({n, 1, 2}),
    "isub": lambda c, n: c.__isub__({n}),
    "ixor": lambda c, n: c.__ixor__({n}),
    "compare": lambda c, n: (c <= {n}, c < {n}, c >= {n}, c > {n}, c == {n}, c != {n}),
    "copy": lambda c, n: c.copy(),
    "clear": lambda c, n: c.clear(),
}


def outcome(operation, container, number):
    """The result of an operation, or the class of its error."""
    try:
        result = operation(container, number)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        return type(error)
    return set(result) if isinstance(result, collections.abc.Set) else result


@pytest.mark.parametrize("name", STOCK)
@settings(max_examples=effort.examples(40), deadline=None)
@given(data=st.data())
def test_lives_are_as_those_of_the_stock_ones(containers, name, data):
    cls, stock = getattr(containers, name), STOCK[name]
    for _ in range(2):  # the second object is most likely a recycled one
        args = data.draw(st.sampled_from(STARTS[name]))
        ours, theirs = cls(*copy.deepcopy(args)), stock(*copy.deepcopy(args))
        assert isinstance(ours, stock)
        for operation in data.draw(st.lists(st.sampled_from(sorted(OPERATIONS[name])), max_size=10)):
            number = data.draw(st.integers(0, 5))
            run = OPERATIONS[name][operation]
            assert outcome(run, ours, number) == outcome(run, theirs, number), operation
            assert ours == theirs
        ours.extra = "of this life"


@settings(max_examples=effort.examples(80), deadline=None)
@given(data=st.data())
def test_an_ordered_set_is_a_set_in_order(containers, data):
    for _ in range(2):
        items = data.draw(st.lists(st.integers(0, 9), max_size=5))
        ours, theirs = containers.OrderedSet(items) if items else containers.OrderedSet(), set(items)
        order = list(dict.fromkeys(items))
        assert isinstance(ours, collections.abc.MutableSet)
        for operation in data.draw(st.lists(st.sampled_from(sorted(SET_OPERATIONS)), max_size=10)):
            number = data.draw(st.integers(0, 5))
            run = SET_OPERATIONS[operation]
            assert outcome(run, ours, number) == outcome(run, theirs, number), operation
            order = [item for item in order if item in theirs]
            assert set(ours) == theirs
            assert [*ours][: len(order)] == order
            assert [*reversed(ours)][::-1] == [*ours]
            order = [*ours]


def test_the_order_of_an_ordered_set(containers):
    ours = containers.OrderedSet([3, 1, 2, 1])
    assert repr(ours) == "OrderedSet([3, 1, 2])"
    assert repr(containers.OrderedSet()) == "OrderedSet()"
    ours.add(3)
    assert [*ours] == [3, 1, 2]
    assert [*(ours | [0, 1])] == [3, 1, 2, 0]
    assert [*(ours & [2, 3])] == [3, 2]
    assert [*ours.intersection([2, 3])] == [3, 2]
    assert (ours.pop(), ours.pop(last=False), [*ours]) == (2, 3, [1])
    assert type(ours | {1}) is type(ours)
    ours.__init__()
    assert len(ours) == 0
    for wrong in (lambda: containers.OrderedSet([[]]), lambda: containers.OrderedSet(None), lambda: ours & 3):
        with pytest.raises(TypeError):
            wrong()
    for last in (True, False):
        with pytest.raises(KeyError):
            ours.pop(last=last)
    with pytest.raises(KeyError):
        ours.remove(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(ours)


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", [*STOCK, "OrderedSet"])
def test_they_are_recycled_blank(pooled, containers, name):
    cls = getattr(containers, name)
    args = STARTS.get(name, [([1, 2],)])[-1]
    pooled.pool_of(cls).clear()
    made = cls(*args)
    if name != "OrderedSet":
        made.extra = 1
    before = pooled.pool_of(cls).stats()
    del made
    again = cls()
    after = pooled.pool_of(cls).stats()
    assert (after.recycled, after.hits) == (before.recycled + 1, before.hits + 1)
    assert len(again) == 0
    assert not hasattr(again, "extra")
    assert repr(cls) == f"<class 'pooled.containers.{name}'>"
    del again
    assert len(pooled.take(cls)) == 0


@pytest.mark.needs_pool
def test_an_ordered_set_keeps_its_table(pooled, containers):
    pool = pooled.pool_of(containers.OrderedSet)
    pool.clear()
    filled = containers.OrderedSet()
    filled.update(range(500))
    table = id(filled._items)
    del filled
    again = containers.OrderedSet()
    assert id(again._items) == table
    outside = again._items
    again.add(1)
    del again
    other = containers.OrderedSet()
    other.add(2)
    assert list(outside) != [2], "what somebody else holds is not handed out again"


@pytest.mark.parametrize("name", [*STOCK, "OrderedSet"])
def test_copies_and_pickles(pooled, containers, name):
    cls = getattr(containers, name)
    made = cls(*STARTS.get(name, [([3, 1, 2],)])[-1])
    for again in (copy.copy(made), copy.deepcopy(made), made.copy(), pickle.loads(pickle.dumps(made))):
        assert again == made
        assert list(again) == list(made)
        assert again.__class__ is cls
        again.clear()
        if name != "ChainMap" or again.maps[0] is not made.maps[0]:
            assert len(made) > 0


def test_generic_and_subclassed(pooled, containers):
    @pooled.poolable
    class Names(containers.UserDict):
        def __missing__(self, key):
            return key.upper()

    @pooled.poolable
    class Tags(containers.OrderedSet):
        pass

    for _ in range(2):
        names, tags = Names(a="b"), Tags("ba")
        assert (names["a"], names["c"], list(tags)) == ("b", "C", ["b", "a"])
        del names, tags
    assert containers.OrderedSet[int].__origin__ is containers.OrderedSet
    assert containers.UserDict[str, int].__args__ == (str, int)
