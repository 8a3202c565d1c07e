"""The containers: each behaves as its builtin type, reports its capacity, can be subclassed, and is recycled empty."""

import array
import collections
import copy
import io
from functools import partial

import effort
import limits
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

STOCK = {
    "List": list,
    "Dict": dict,
    "Set": set,
    "Deque": collections.deque,
    "ByteArray": bytearray,
    "BytesIO": io.BytesIO,
    "StringIO": io.StringIO,
    "OrderedDict": collections.OrderedDict,
    "DefaultDict": collections.defaultdict,
    "Counter": collections.Counter,
    "Array": array.array,
}

SMALL = st.integers(0, 5)

# The operations on each container: functions of the container and of an argument from 0 to 5.
SEQUENCE = {
    "append": lambda c, n: c.append(n),
    "extend": lambda c, n: c.extend(range(n)),
    "pop": lambda c, n: c.pop(),
    "index": lambda c, n: c.index(n),
    "item": lambda c, n: c[n],
    "set item": lambda c, n: c.__setitem__(n, 3),
    "delete": lambda c, n: c.__delitem__(n),
    "reverse": lambda c, n: c.reverse(),
    "insert": lambda c, n: c.insert(n, 1),
    "remove": lambda c, n: c.remove(n),
    "count": lambda c, n: c.count(n),
    "contains": lambda c, n: n in c,
    "times": lambda c, n: list(c * (n % 3)),
    "times from the left": lambda c, n: list((n % 3) * c),
    "equal": lambda c, n: (c == c.__class__(c), c != c.__class__(c)),
    "bool": lambda c, n: (bool(c), len(c)),
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
    "reversed": lambda c, n: list(reversed(c)),
    "or": lambda c, n: dict(c | {n: n}),
    "copy": lambda c, n: c.copy() == c,
    "clear": lambda c, n: c.clear(),
}
OPERATIONS = {
    "List": {
        **SEQUENCE,
        "sort": lambda c, n: c.sort(key=lambda item: -item),
        "slice": lambda c, n: c[n:],
        "set slice": lambda c, n: c.__setitem__(slice(n), [1, 2]),
        "add": lambda c, n: c + [n],
        "add from the left": lambda c, n: [n, *c],
        "copy": lambda c, n: c.copy(),
        "clear": lambda c, n: c.clear(),
        "less": lambda c, n: c < [n],
    },
    "Dict": MAPPING,
    "OrderedDict": {**MAPPING, "move": lambda c, n: c.move_to_end(n, last=n % 2 == 0)},
    "DefaultDict": MAPPING,
    "Counter": {
        **{name: MAPPING[name] for name in MAPPING if name != "or"},
        "count": lambda c, n: c.update([n, n + 1]),
        "most": lambda c, n: c.most_common(n),
        "total": lambda c, n: c.total(),
        "elements": lambda c, n: list(c.elements()),
        "add": lambda c, n: c + collections.Counter([n]),
        "subtract": lambda c, n: c - collections.Counter([n]),
        "common": lambda c, n: c & collections.Counter([n]),
    },
    "Set": {
        "add": lambda c, n: c.add(n),
        "discard": lambda c, n: c.discard(n),
        "remove": lambda c, n: c.remove(n),
        "contains": lambda c, n: n in c,
        "update": lambda c, n: c.update(range(n)),
        "or": lambda c, n: c | {n},
        "or from the left": lambda c, n: {n} | c,
        "and": lambda c, n: c & {n},
        "sub": lambda c, n: c - {n},
        "xor": lambda c, n: c ^ {n},
        "subset": lambda c, n: (c <= {n}, c < {n}, c >= {n}, c.isdisjoint({n})),
        "sorted": lambda c, n: sorted(c),
        "copy": lambda c, n: c.copy(),
        "clear": lambda c, n: c.clear(),
    },
    "Deque": {
        **SEQUENCE,
        "appendleft": lambda c, n: c.appendleft(n),
        "popleft": lambda c, n: c.popleft(),
        "rotate": lambda c, n: c.rotate(n),
        "extendleft": lambda c, n: c.extendleft(range(n)),
        "add": lambda c, n: list(c + c.__class__([n])),
        "copy": lambda c, n: (list(c.copy()), c.copy().maxlen),
        "clear": lambda c, n: c.clear(),
    },
    "ByteArray": {
        **{name: SEQUENCE[name] for name in SEQUENCE if name != "index"},
        "decode": lambda c, n: c.decode("latin-1"),
        "find": lambda c, n: c.find(bytes([n])),
        "split": lambda c, n: c.split(bytes([n])),
        "hex": lambda c, n: c.hex(),
        "slice": lambda c, n: c[n:],
        "translate": lambda c, n: c.translate(None, bytes([n])),
        "add": lambda c, n: c + bytes(n),
        "clear": lambda c, n: c.clear(),
    },
    "BytesIO": {
        "write": lambda c, n: c.write(b"line\n" * n),
        "read": lambda c, n: c.read(n),
        "readline": lambda c, n: c.readline(),
        "lines": lambda c, n: list(c),
        "seek": lambda c, n: c.seek(n),
        "truncate": lambda c, n: c.truncate(n),
        "value": lambda c, n: (c.getvalue(), c.tell(), c.readable()),
    },
    "StringIO": {
        "write": lambda c, n: c.write("line\r\n" * n),
        "read": lambda c, n: c.read(n),
        "readline": lambda c, n: c.readline(),
        "lines": lambda c, n: list(c),
        "seek": lambda c, n: c.seek(n),
        "truncate": lambda c, n: c.truncate(n),
        "value": lambda c, n: (c.getvalue(), c.tell(), c.newlines),
    },
    "Array": {
        **{name: SEQUENCE[name] for name in SEQUENCE if "times" not in name and name != "equal"},
        "tobytes": lambda c, n: c.tobytes(),
        "tolist": lambda c, n: c.tolist(),
        "times": lambda c, n: c * n,
        "add": lambda c, n: c + array.array("h", [n]),
        "typecode": lambda c, n: (c.typecode, c.itemsize, repr(c)),
        "equal": lambda c, n: c == array.array("h", range(n)),
    },
}
STARTS = {
    "List": [(), ([1, 2],), ("abc",)],
    "Dict": [(), ({1: 2},), ([(1, 2)],)],
    "Set": [(), ([1, 2],)],
    "Deque": [(), ([1, 2],), ([1, 2, 3], 2)],
    "ByteArray": [(), (b"\1\2",), (3,)],
    "BytesIO": [(), (b"first\nsecond",)],
    "StringIO": [(), ("first\nsecond",), ("a\r\nb", "\r\n"), ("a\r\nb", None)],
    "OrderedDict": [(), ({1: 2},)],
    "DefaultDict": [(), (int,), (list, {1: 2})],
    "Counter": [(), ("abca",), ({1: 2},)],
    "Array": [("h",), ("h", [1, 2]), ("h", b"\1\0")],
}


def outcome(function, *args):
    """The result of a call, or its error."""
    try:
        return plain(function(*args))
    except Exception as error:
        return type(error), str(error).replace("collections.", "")


def plain(value):
    return list(value) if isinstance(value, list) else value


def state(container):
    """The visible state of a container."""
    if hasattr(container, "getvalue"):
        return container.getvalue(), container.tell()
    items = list(container.items()) if hasattr(container, "items") else list(container)
    if isinstance(container, set):
        items.sort()  # after removals, their order depends on the capacity
    return items, getattr(container, "maxlen", 0), getattr(container, "default_factory", 0)


def normalised(result, cls, stock):
    """A result with the name of the builtin type in place of the class, because these differ by design."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], str):
        return result[0], result[1].replace(cls.__name__, stock.__name__)
    return result


def test_every_container_is_here(containers):
    assert sorted(STOCK) == sorted(OPERATIONS) == sorted(STARTS)
    elsewhere = ["BufferPool", "ChainMap", "OrderedSet", "UserDict", "UserList"]
    assert sorted([*STOCK, *elsewhere]) == sorted(containers.__all__), "which are tested in files of their own"


@pytest.mark.parametrize("name", STOCK)
@settings(max_examples=effort.examples(60), deadline=None)
@given(data=st.data())
def test_it_works_as_the_thing_it_wraps(containers, name, data):
    cls, stock = getattr(containers, name), STOCK[name]
    for _ in range(2):  # the second object is most likely a recycled one
        args = data.draw(st.sampled_from(STARTS[name]))
        ours, theirs = cls(*args), stock(*args)
        assert state(ours) == state(theirs)
        assert isinstance(ours, stock)
        for operation in data.draw(st.lists(st.sampled_from(sorted(OPERATIONS[name])), max_size=12)):
            n = data.draw(SMALL)
            run = OPERATIONS[name][operation]
            mine, expected = outcome(run, ours, n), outcome(run, theirs, n)
            if operation == "typecode":
                mine = mine[0], mine[1], mine[2].replace("Array(", "array(")
            assert normalised(mine, cls, stock) == normalised(expected, stock, stock), operation
            assert state(ours) == state(theirs), operation
        del ours


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", STOCK)
def test_it_is_recycled_empty(pooled, containers, name):
    cls = getattr(containers, name)
    full, empty = STARTS[name][-1], STARTS[name][0]
    pooled.pool_of(cls).clear()
    container = cls(*full)
    before = pooled.pool_of(cls).stats()
    del container
    again = cls(*empty)
    after = pooled.pool_of(cls).stats()
    assert (after.recycled, after.hits) == (before.recycled + 1, before.hits + 1)
    assert state(again) == state(STOCK[name](*empty))
    assert state(pooled.take(cls) if name != "Array" else cls("h")) == state(STOCK[name](*empty))


@pytest.mark.parametrize("name", STOCK)
def test_its_capacity_is_at_least_what_it_holds(containers, name):
    cls = getattr(containers, name)
    big = {
        "Array": ("d", range(3000)),
        "DefaultDict": (int, dict.fromkeys(range(3000))),
        "BytesIO": (),
        "StringIO": ("x" * 3000,),
        "ByteArray": (3000,),
    }.get(name, (dict.fromkeys(range(3000)),))
    container = cls(*big)
    if name == "BytesIO":
        container.write(bytes(3000))
    assert 3000 <= container.capacity() <= 20_000
    assert cls(*STARTS[name][0]).capacity() <= 64


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", sorted(set(STOCK) - {"StringIO"}))
def test_capacity_counts_room_and_not_what_is_left_in_it(pooled, containers, name):
    pool = pooled.GlobalPool(getattr(containers, name), max_cap=1000)
    big = {"Array": ("d", range(3000)), "DefaultDict": (int, dict.fromkeys(range(3000))), "ByteArray": (3000,)}
    container = getattr(containers, name)(*big.get(name, ()))
    container = pooled.assign(container, pool)
    if name == "BytesIO":
        container.write(bytes(3000))
    elif name not in big:
        container.extend(range(3000)) if hasattr(container, "extend") else container.update(range(3000)) if name in (
            "Set",
            "Counter",
        ) else container.update(dict.fromkeys(range(3000)))
    del container
    assert pool.stats().discarded_large == 1


@pytest.mark.parametrize("name", sorted(STOCK.keys() - {"ByteArray", "BytesIO", "StringIO"}))
def test_annotations_may_say_what_is_in_it(containers, name):
    cls = getattr(containers, name)
    parameters = (str, int)[: len(cls.__orig_bases__[0].__parameters__)]
    annotation = cls[parameters]
    assert annotation.__origin__ is cls
    assert annotation.__args__ == parameters


@pytest.mark.needs_pool
def test_files_that_were_closed_are_recycled_open(pooled, containers):
    for cls, text in ((containers.BytesIO, b"text"), (containers.StringIO, "text")):
        pooled.pool_of(cls).clear()
        with cls(text) as file:
            assert file.read() == text
        assert file.closed
        del file
        again = cls()
        assert pooled.pool_of(cls).stats().hits > 0
        assert not again.closed
        again.write(text)
        assert again.getvalue() == text


@pytest.mark.needs_pool
def test_arrays_are_recycled_for_their_type_code_alone(pooled, containers):
    array_pool = pooled.pool_of(containers.Array)
    array_pool.clear()
    for code in "hdi":
        containers.Array(code, [1])
    hits = array_pool.stats().hits
    for code in "hdi":
        made = containers.Array(code, [2, 3])
        assert (made.typecode, made.tolist()) == (code, [2, 3])
        del made
    assert array_pool.stats().hits == hits + 3
    assert containers.Array("b").typecode == "b"
    assert array_pool.stats().hits == hits + 3

    @pooled.poolable
    class Labelled(array.array):
        def __init__(self, typecode, items=(), *, label):
            self.label = label

    for label in "ab":
        labelled = Labelled("h", [1], label=label)
        assert (labelled.tolist(), labelled.label) == ([1], label)
        del labelled
    assert pooled.pool_of(Labelled).stats().hits == 1

    @pooled.poolable(reset="reset")
    class Zeros(array.array):
        def __new__(cls, code, n):
            return super().__new__(cls, code, [0] * n)

        def reset(self):
            del self[:]

    for n in (1, 2):
        assert len(Zeros("h", n)) in (0, n), "its reset answers for what its __new__ made"
    for bad in ((), ("z",), ("h", ["text"]), (5,)):
        with pytest.raises((TypeError, ValueError)):
            containers.Array(*bad)


@pytest.mark.needs_pool
def test_subclasses(pooled, containers):
    @pooled.poolable(max=5)
    class Stack(containers.List):
        def __init__(self, *items):
            super().__init__(items)
            self.pushed = len(items)

        def push(self, item):
            self.append(item)
            self.pushed += 1

    stack = Stack(1, 2)
    stack.push(3)
    assert (list(stack), stack.pushed, stack.capacity() >= 3) == ([1, 2, 3], 3, True)
    del stack
    assert pooled.pool_of(Stack).policy.max == 5
    again = Stack()
    assert (list(again), vars(again)) == ([], {"pushed": 0})
    assert pooled.pool_of(Stack).stats().hits == 1

    class Ordinary(containers.Dict):
        pass

    assert Ordinary(a=1) == {"a": 1}
    with pytest.raises(TypeError):
        pooled.pool_of(Ordinary)


@pytest.mark.needs_pool
def test_own_subclasses_of_builtins(pooled):
    @pooled.poolable
    class Names(dict):
        def __missing__(self, key):
            return key.upper()

    @pooled.poolable
    class Bounded(collections.deque):
        def __init__(self, *items):
            super().__init__(items, 2)

    for _ in range(2):
        names = Names(a=1)
        assert (names["a"], names["b"], len(names)) == (1, "B", 1)
        bounded = Bounded(1, 2, 3)
        assert (list(bounded), bounded.maxlen) == ([2, 3], 2)
        del names, bounded
    assert pooled.pool_of(Names).stats().hits == pooled.pool_of(Bounded).stats().hits == 1


def _own(self, *_):
    return "its own"


@pytest.mark.parametrize(
    ("base", "name", "use"),
    [
        (collections.deque, "__copy__", copy.copy),
        (collections.deque, "copy", lambda obj: obj.copy()),
        (collections.deque, "__add__", lambda obj: obj + obj),
        (collections.deque, "__mul__", lambda obj: obj * 2),
        (collections.deque, "__rmul__", lambda obj: 2 * obj),
        (collections.defaultdict, "__or__", lambda obj: obj | {}),
        (collections.defaultdict, "__ror__", lambda obj: {} | obj),
    ],
)
def test_a_method_of_its_own_replaces_the_builtin_one(pooled, base, name, use):
    inherited = type("Mixin", (), {name: _own})
    for own in (type("Own", (base,), {name: _own}), type("Mixed", (inherited, base), {})):
        assert use(pooled.poolable(own)()) == "its own"
    plain = pooled.poolable(type("Plain", (base,), {}))()
    assert use(plain) == plain  # those that it has from its base still work


@limits.skip_if("no-pool")
def test_a_container_with_a_reset_of_its_own_keeps_what_that_keeps(pooled, containers):
    @pooled.poolable(reset="reset")
    class Table(containers.Dict):
        def reset(self):
            for key in [key for key in self if key != "header"]:
                del self[key]

    table = pooled.take(Table)
    table.update(header=1, row=2)
    del table
    assert pooled.take(Table) == {"header": 1}


def test_keywords_are_refused_as_the_stock_type_does(pooled, containers):
    class Plain(containers.List):
        pass

    class Named(containers.List):
        def __init__(self, *items, name):
            super().__init__(items)

    class Tagged(containers.List):
        def __new__(cls, *items, tag):
            return super().__new__(cls, *items, tag=tag)

    pool = pooled.LocalPool(containers.List)
    for _ in range(2):  # with an empty pool, and with a parked object
        for make in (containers.List, Plain, partial(pooled.orphan, containers.List)):
            for arguments in ((), ([1],)):
                with pytest.raises(TypeError, match=r"list\(\) takes no keyword arguments"):
                    make(*arguments, sequence=[1])
        for take in (partial(pooled.take, containers.List), pool.take):
            with pytest.raises(TypeError, match=r"list\(\) takes no keyword arguments"):
                take(sequence=[1])
        assert Named(1, 2, name="a") == [1, 2]
        assert Tagged([1, 2], tag="a") == [1, 2]
        containers.List()
        pool.take()


def test_limits_from_before_the_import(engine):
    from conftest import load

    pooled = load(POOLED_ENGINE=engine, POOLED_MAX="7", POOLED_MAX_CAP="9", POOLED_SCOPE="global")
    pool = pooled["pooled"].pool_of(pooled["pooled.containers"].List)
    assert (pool.policy.max, pool.policy.max_cap, pool.policy.scope) == (7, 9, "global")
