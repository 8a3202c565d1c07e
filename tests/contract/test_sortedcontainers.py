"""Sorted containers: each behaves as the original type, and a recycled one cannot be told from a new one."""

import copy
import gc
import pickle
from operator import neg

import effort
import limits
import pytest
from helpers import run_python
from hypothesis import given, settings
from hypothesis import strategies as st

stock = limits.require("sortedcontainers")

NAMES = ["SortedList", "SortedKeyList", "SortedDict", "SortedSet"]

# The ways to create each: functions of the class and of a list of numbers.
MAKES = {
    "SortedList": [lambda cls, items: cls(items), lambda cls, items: cls(iterable=items)],
    "SortedKeyList": [
        lambda cls, items: cls(items),
        lambda cls, items: cls(items, neg),
        lambda cls, items: cls(items, key=str),
    ],
    "SortedDict": [
        lambda cls, items: cls(dict.fromkeys(items, 1)),
        lambda cls, items: cls(None, zip(items, items, strict=True)),
        lambda cls, items: cls(neg, dict.fromkeys(items, 1)),
        lambda cls, items: cls.fromkeys(items, 2),
    ],
    "SortedSet": [
        lambda cls, items: cls(items),
        lambda cls, items: cls(items, key=neg),
        lambda cls, items: cls(items, neg),
    ],
}

SHARED = {
    "pop": lambda c, n: c.pop(n),
    "contains": lambda c, n: n in c,
    "bisect": lambda c, n: c.bisect(n),
    "index": lambda c, n: c.index(n),
    "irange": lambda c, n: list(c.irange(n, n + 3)),
    "islice": lambda c, n: list(c.islice(0, n)),
    "iterate": lambda c, n: list(c),
    "reverse": lambda c, n: list(reversed(c)),
    "load": lambda c, n: c._reset(n + 4),
    "clear": lambda c, n: c.clear(),
    "length": lambda c, n: len(c),
    "key": lambda c, n: c.key,
}
OPERATIONS = {
    "SortedList": {
        "add": lambda c, n: c.add(n),
        "update": lambda c, n: c.update(range(n)),
        "discard": lambda c, n: c.discard(n),
        "count": lambda c, n: c.count(n),
    },
    "SortedDict": {
        "add": lambda c, n: c.__setitem__(n, 1),
        "update": lambda c, n: c.update(dict.fromkeys(range(n))),
        "views": lambda c, n: (c.keys()[0], c.values()[-1], c.items()[0]),
        "peek": lambda c, n: c.peekitem(n),
        "setdefault": lambda c, n: c.setdefault(n, 7),
        "or": lambda c, n: list((c | {n: 3}).items()),
    },
    "SortedSet": {
        "add": lambda c, n: c.add(n),
        "update": lambda c, n: c.update(range(n)),
        "and": lambda c, n: list(c & {n, n + 1}),
        "or": lambda c, n: list(c | {n, n + 1}),
        "minus": lambda c, n: list(c - {n}),
        "xor": lambda c, n: list(c ^ {n}),
        "discard": lambda c, n: c.discard(n),
        "disjoint": lambda c, n: c.isdisjoint({n}),
    },
}
OPERATIONS["SortedKeyList"] = OPERATIONS["SortedList"]


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def cls(pooled, sortedcontainers, name):
    made = getattr(sortedcontainers, name)
    pooled.pool_of(made).clear()
    return made


def outcome(operation, container, number):
    try:
        return operation(container, number)
    except (IndexError, KeyError, ValueError, AttributeError) as error:
        return type(error)


def state(container):
    """The visible state: the repr, the names of attributes, and the values of those that are not methods."""
    return (
        repr(container),
        [*vars(container)],
        container.key,
        (container._list if hasattr(container, "_list") else container)._load,
    )


@given(data=st.data())
@settings(deadline=None, max_examples=effort.examples(40))
@pytest.mark.parametrize("name", NAMES)
def test_lives_are_as_those_of_the_stock_ones(sortedcontainers, name, data):
    numbers = st.integers(0, 9)
    operations = {**SHARED, **OPERATIONS[name]}
    for _ in range(3):
        make = data.draw(st.sampled_from(MAKES[name]))
        items = data.draw(st.lists(numbers, max_size=6))
        ours, theirs = make(getattr(sortedcontainers, name), items), make(getattr(stock, name), items)
        assert state(ours) == state(theirs)
        for operation, number in data.draw(
            st.lists(st.tuples(st.sampled_from(sorted(operations)), numbers), max_size=8)
        ):
            do = operations[operation]
            assert outcome(do, ours, number) == outcome(do, theirs, number), operation
            assert [*ours] == [*theirs]
        ours._check()
        ours.extra = "of this life"


@pytest.mark.needs_pool
def test_they_are_recycled(pooled, cls, name):
    pool = pooled.pool_of(cls)
    before = pool.stats()
    for make in MAKES[name]:
        made = make(cls, [3, 1, 2])
        assert sorted(made) == [1, 2, 3]
        del made
    after = pool.stats()
    assert after.recycled - before.recycled == len(MAKES[name])
    assert after.hits - before.hits == len(MAKES[name]) - 1
    assert (after.live, after.parked) == (before.live, 1)
    again = pooled.take(cls)
    assert (len(again), pool.stats().hits) == (0, after.hits + 1)


@pytest.mark.needs_pool
def test_nothing_is_left_of_an_earlier_life(pooled, cls, name):
    made = MAKES[name][-1](cls, range(100))
    made._reset(4)
    made.extra = 1
    del made
    again = cls()
    assert pooled.pool_of(cls).stats().hits > 0
    assert state(again) == state(getattr(stock, name)())
    again._check()


def test_what_walks_over_one_that_is_gone_goes_on(cls, name):
    def make():
        return MAKES[name][0](cls, [3, 1, 2])

    walks = [iter(make()), reversed(make()), make().irange(2), make().islice(1), make().bisect]
    for _ in range(3):
        make().clear()
    assert [list(walk) for walk in walks[:4]] == [[1, 2, 3], [3, 2, 1], [2, 3], [2, 3]]
    assert walks[4](2) == 2
    assert [number for number in make() if make()] == [1, 2, 3]


@pytest.mark.needs_pool
def test_copies_and_pickles(pooled, cls, name):
    for make in MAKES[name]:
        made = make(cls, [3, 1, 2])
        before = pooled.pool_of(cls).stats().taken
        for again in (copy.copy(made), copy.deepcopy(made), made.copy(), pickle.loads(pickle.dumps(made))):
            assert again == made
            assert again.__class__ is cls
            assert (repr(again), again.key) == (repr(made), made.key)
            again.clear()
            assert len(made) == 3
        assert pooled.pool_of(cls).stats().taken == before + 4


@pytest.mark.needs_pool
def test_what_operators_make_is_pooled_too(pooled, sortedcontainers):
    taken = pooled.pool_of(sortedcontainers.SortedSet).stats().taken
    one = sortedcontainers.SortedSet([1, 2, 3], key=neg)
    for made, expected in (
        (one & {1, 2}, [2, 1]),
        (one | {5}, [5, 3, 2, 1]),
        (one - {1}, [3, 2]),
        (one ^ {1, 7}, [7, 3, 2]),
    ):
        assert [*made] == expected
        assert (made.__class__, made.key) == (sortedcontainers.SortedSet, neg)
    del made
    assert pooled.pool_of(sortedcontainers.SortedSet).stats().taken >= taken + 5
    two = sortedcontainers.SortedList([1]) + [0]
    assert (two.__class__, [*two]) == (sortedcontainers.SortedList, [0, 1])


def test_a_key_makes_another_class(sortedcontainers):
    for _ in range(2):
        with pytest.raises(TypeError, match=r"key=.*neg.*: a SortedList has none; use SortedKeyList\(iterable, key="):
            sortedcontainers.SortedList([1], key=neg)
        made = sortedcontainers.SortedList([2, 1])
        assert (made.key, [*made]) == (None, [1, 2])
    keyed = sortedcontainers.SortedKeyList([1, 2], key=neg)
    assert isinstance(keyed, stock.SortedKeyList)
    assert isinstance(keyed, stock.SortedList)


def test_an_error_while_one_is_made_leaves_the_pool_sound(pooled, cls, name):
    for _ in range(3):
        with pytest.raises(TypeError):
            MAKES[name][0](cls, [1, "a"])
        assert sorted(MAKES[name][0](cls, [2, 1])) == [1, 2]
    gc.collect()
    assert pooled.pool_of(cls).stats().live == 0


@pytest.mark.needs_pool
def test_subclasses_may_be_poolable_too(pooled, cls, name):
    @pooled.poolable
    class Mine(cls):
        def total(self):
            return sum(self)

    made = MAKES[name][0](Mine, [1, 2])
    made.extra = 1
    assert made.total() == 3
    del made
    assert not hasattr(Mine(), "extra")
    assert pooled.pool_of(Mine).stats().hits == 1


def test_without_the_package_it_says_what_to_install(engine):
    code = """
import sys
sys.modules["sortedcontainers"] = None
try:
    import pooled.contrib.sortedcontainers
except ImportError as error:
    print(error)
"""
    status, printed = run_python(code, POOLED_ENGINE=engine)
    assert (status, "pip install 'pooled-objects[sortedcontainers]'" in printed) == (0, True), printed
