"""Containers that `__init__` makes: an object may keep them, emptied, but a program sees new ones in every life."""

import collections
import copy
import dataclasses
import functools
import gc
import io
import sys
import weakref
from typing import Any

import attrs
import limits
import pytest
from field_kinds import CONTAINERS, Kind, Payload, error_of, is_set, keeps_parts, state, warm
from helpers import run_python


def attrs_slots(factory):
    @attrs.define
    class Holder:
        part: Any = attrs.field(factory=factory)
        size: Any = 3

    return Holder


def dataclass(factory):
    @dataclasses.dataclass
    class Holder:
        part: Any = dataclasses.field(default_factory=factory)
        size: Any = 3

    return Holder


def frozen(factory):
    @dataclasses.dataclass(frozen=True, slots=True)
    class Holder:
        part: Any = dataclasses.field(default_factory=factory)
        size: Any = 3

    return Holder


def plain(factory):
    class Holder:
        def __init__(self, part=None, size=3):
            self.part = part if part is not None else factory()
            self.size = size

    return Holder


def plain_slots(factory):
    class Holder:
        __slots__ = ("__weakref__", "part", "size")

        def __init__(self, part=None, size=3):
            self.part = factory() if part is None else part
            self.size = size

    return Holder


MUTABLE = [attrs_slots, dataclass, plain, plain_slots]


@pytest.fixture(params=[*MUTABLE, frozen], ids=lambda make: make.__name__)
def define(request):
    """Returns a class with two attributes, of which the first is a container that this factory makes."""
    return request.param


@pytest.fixture(params=MUTABLE, ids=lambda make: make.__name__)
def mutable(request):
    """The same, with attributes that can be set."""
    return request.param


@pytest.fixture(params=[dataclass, plain], ids=lambda make: make.__name__)
def with_dict(request):
    """The same, with a `__dict__`."""
    return request.param


two = pytest.mark.parametrize("define", [attrs_slots, plain], ids=lambda make: make.__name__)
"""For tests that are also parametrised by container, or slow."""
two_mutable = pytest.mark.parametrize("mutable", [plain_slots, dataclass], ids=lambda make: make.__name__)
that_hold = pytest.mark.parametrize("container", [each for each in CONTAINERS[:9] if each.holds], ids=str)
that_are_weak = pytest.mark.parametrize("container", [each for each in CONTAINERS if each.weak], ids=str)


@pytest.fixture
def make(pooled):
    """Makes a class poolable, and constructs so many objects that the native engine does it in C from then on."""

    def made(cls, **options):
        cls = pooled.poolable(**options)(cls)
        warm(cls)
        return cls

    return made


def is_new(obj, factory=list, *, looks=True):
    """Whether an object is as a call without arguments makes it. It keeps nothing if one looks at its `__dict__`."""
    if looks and hasattr(obj, "__dict__"):
        assert list(vars(obj)) == ["part", "size"]
    return (state(obj.part), obj.size) == (state(factory()), 3)


def identity(obj):
    """The address of the container, for comparison after the object is dropped."""
    return id(obj.part)


def test_the_next_object_has_a_container_like_a_new_one(pooled, define, container, make):
    """The native engine empties the same one."""
    cls = make(define(container.factory))
    for _ in range(3):
        obj = cls()
        assert is_new(obj, container.factory, looks=False)
        container.fill(obj.part, [1, 2])
        before = identity(obj)
        del obj
        others = [container.factory() for _ in range(10)]  # one of them would reuse the memory of a freed container
        obj = cls()
        if keeps_parts(pooled) and container.stays:
            assert identity(obj) == before
        assert is_new(obj, container.factory, looks=False)
        container.fill(obj.part, [3])
        fresh = container.factory()
        container.fill(fresh, [3])
        assert state(obj.part) == state(fresh)
        del obj, others
    assert pooled.pool_of(cls).stats().live == 0


@two
def test_most_containers_are_made_in_c(pooled, define, container, make):
    cls = make(define(container.factory))
    assert pooled.field_reset(cls).in_c is (container.name != "Counter")


@pytest.mark.parametrize("name", ["list", "dict", "bytearray", "OrderedDict", "defaultdict"])
def test_a_container_keeps_its_capacity(pooled, define, name, make):
    (container,) = (each for each in CONTAINERS if each.name == name)
    if not (keeps_parts(pooled) and pooled.engine_info().keeps_capacity.get(container.keeps.__name__)):
        limits.skip("capacity-not-kept")
    cls = make(define(container.factory), max_cap=1 << 20)
    room = container.keeps.__sizeof__
    obj = cls()
    container.fill(obj.part, list(range(1000)))
    size = room(obj.part)
    for _ in range(3):
        del obj
        obj = cls()
        assert (len(obj.part), room(obj.part)) == (0, size)
        container.fill(obj.part, list(range(1000)))
        assert room(obj.part) == size


def test_a_set_starts_with_the_table_of_a_new_one(define, make):
    """Otherwise, its elements would come in another order."""
    elements = [f"element {number}" for number in range(20)]
    cls = make(define(set))
    for count in (1000, 5, 3):
        obj = cls()
        assert sys.getsizeof(obj.part) == sys.getsizeof(set())
        obj.part.update(elements[:7])
        fresh = set()
        fresh.update(elements[:7])
        assert list(obj.part) == list(fresh)
        obj.part.pop()  # moves the finger of the set
        obj.part.update(range(count))
        del obj


@pytest.mark.needs_pool
@two
def test_a_container_whose_capacity_is_above_max_cap_is_not_kept(define, container, make):
    if container.name == "bounded deque":
        limits.skip("one-block")
    cls = make(define(container.factory), max_cap=100)
    obj = cls()
    container.fill(obj.part, list(range(5000)))
    died = weakref.ref(obj.part) if container.weak else lambda: None
    size = sys.getsizeof(obj.part)
    del obj
    assert died() is None
    obj = cls()
    assert is_new(obj, container.factory)
    if container.name != "StringIO":  # which does not report its size
        assert sys.getsizeof(obj.part) < size


# Another value in its place.


@pytest.mark.needs_pool
@two_mutable
def test_another_value_in_the_place_of_the_container(pooled, mutable, container, make):
    class Special(container.factory().__class__):
        pass

    cls = make(mutable(container.factory))
    before = pooled.pool_of(cls).stats().taken
    others = [Special(), (), [1] if container.name != "list" else {1: 1}, None, 7, Payload(), container.factory()]
    for other in others:
        obj = cls()
        obj.part = other
        del obj
        assert is_new(cls(), container.factory)
    obj = cls()
    del obj.part, obj.size, obj
    assert is_new(cls(), container.factory)
    assert pooled.pool_of(cls).stats().taken == before + 2 * len(others) + 2


@two
def test_an_argument_in_the_place_of_the_container(pooled, define, container, make):
    cls = make(define(container.factory))
    mine = container.factory()
    container.fill(mine, [1, 2])
    before = state(mine)
    obj = cls()
    container.fill(obj.part, [3])
    del obj
    for args, kwargs in (((mine,), {}), ((), {"part": mine}), ((mine, 4), {}), ((), {"size": 4, "part": mine})):
        obj = cls(*args, **kwargs)
        assert obj.part is mine
        assert obj.size == (4 if 4 in args or kwargs.get("size") else 3)
        del obj
        assert state(mine) == before
        other = cls()
        assert other.part is not mine
        assert is_new(other, container.factory)
        del other
    assert pooled.pool_of(cls).stats().live == 0


def test_settings_of_a_container_are_those_of_its_factory(make):
    @attrs.define
    class Holder:
        window: Any = attrs.field(factory=functools.partial(collections.deque, maxlen=3))
        endless: Any = attrs.field(factory=collections.deque)
        lists: Any = attrs.field(factory=functools.partial(collections.defaultdict, list))
        strict: Any = attrs.field(factory=collections.defaultdict)

    cls = make(Holder)
    payload = Payload()
    died = weakref.ref(payload)
    obj = cls()
    obj.window = collections.deque([1], maxlen=2)
    obj.endless = collections.deque([1], maxlen=2)
    obj.lists.default_factory = obj.strict.default_factory = lambda payload=payload: payload
    del obj, payload
    assert died() is None, "a parked object holds it"
    obj = cls()
    assert (obj.window.maxlen, obj.endless.maxlen) == (3, None)
    assert obj.lists["a"] == []
    assert error_of(lambda: obj.strict["a"]).startswith("KeyError")


def test_a_partial_function_whose_arguments_are_changed_in_place(make):
    factory = functools.partial(collections.deque, maxlen=3)
    cls = make(dataclass(factory))
    factory.keywords["maxlen"] = 2
    assert cls().part.maxlen == 2
    factory.__setstate__((collections.deque, ([1],), {}, {}))
    assert cls().part == collections.deque([1])


def test_files_in_memory(make):
    for factory, text in ((io.BytesIO, b"data"), (io.StringIO, "data")):
        cls = make(plain(factory))
        for change in (lambda part: part.close(), lambda part: part.seek(2), lambda part: part.truncate(1)):
            obj = cls()
            assert (obj.part.getvalue(), obj.part.tell()) == (text[:0], 0)
            obj.part.write(text)
            change(obj.part)
            del obj


@two
@pytest.mark.parametrize("factory", [collections.OrderedDict, collections.Counter, io.BytesIO, io.StringIO])
def test_attributes_of_a_container_are_gone(define, factory, make):
    cls = make(define(factory))
    obj = cls()
    payload = Payload()
    died = weakref.ref(payload)
    obj.part.note = payload
    kept = vars(obj.part)
    del obj
    kept.pop("note")
    kept["other"] = 1
    obj = cls()
    assert vars(obj.part) == {}
    obj.part.note = payload
    del obj, payload
    assert died() is None


@two
@pytest.mark.parametrize(
    "factory",
    [
        functools.partial(list, (1, 2)),
        functools.partial(dict, a=1),
        functools.partial(collections.deque, [1], maxlen=3),
        functools.partial(collections.defaultdict, int, {1: 2}),
        functools.partial(collections.Counter, "abca"),
        functools.partial(bytearray, 5),
        tuple,
        frozenset,
        int,
        str,
        object,
        type("OwnList", (list,), {"__init__": lambda self: self.append(1)}),
        type("OwnDict", (dict,), {}),
        type("OwnClass", (), {}),
        lambda: [1],
    ],
)
def test_a_factory_that_only_looks_like_that_of_an_empty_container_is_called(define, factory, make):
    cls = make(define(factory))
    expected = factory()
    for _ in range(3):
        obj = cls()
        assert type(obj.part) is type(expected)
        if type(expected).__eq__ is not object.__eq__:
            assert state(obj.part) == state(expected)
        if hasattr(obj.part, "clear"):
            obj.part.clear()
        del obj


@pytest.mark.parametrize("base", [list, dict, set, bytearray, collections.deque])
def test_a_container_with_containers(base, make):
    @make
    class Own(base):
        def __init__(self):
            self.part = []
            self.size = 3

    for _ in range(3):
        obj = Own()
        assert (len(obj), obj.part, obj.size) == (0, [], 3)
        obj.part.append(1)
        if isinstance(obj, dict | set):
            obj.update({1: 2})
        else:
            obj.append(1)
        del obj


def test_a_default_is_shared_by_all_objects_and_never_emptied(make):
    default, table = [1], {1: 2}

    class Plain:
        def __init__(self, part=default, size=table):
            self.part, self.size = part, size

    cls = make(Plain)
    for _ in range(3):
        obj = cls()
        assert obj.part is default
        assert obj.size is table
        del obj
    assert (default, table) == ([1], {1: 2})


# Other references to it: then it is left alone.


@two
@pytest.mark.parametrize("hold", [lambda part: part, lambda part: {"it": [part]}], ids=["variable", "container"])
def test_a_container_that_somebody_holds_is_left_as_it_is(pooled, define, container, hold, make):
    cls = make(define(container.factory))
    obj = cls()
    container.fill(obj.part, [1, 2])
    before, kept = state(obj.part), hold(obj.part)
    del obj
    (held,) = kept["it"] if type(kept) is dict and "it" in kept else (kept,)
    assert state(held) == before
    taken = cls()
    assert taken.part is not held
    assert is_new(taken, container.factory)
    container.fill(taken.part, [7, 8])
    assert state(held) == before
    del taken
    assert pooled.pool_of(cls).stats().live == 0


@two
def test_a_container_is_kept_if_all_others_have_let_go_of_it_in_time(pooled, define, container, make):
    cls = make(define(container.factory))
    obj = cls()
    kept = obj.part
    ref = weakref.ref(kept) if container.weak else None
    before = identity(obj)
    del kept, ref, obj
    others = [container.factory() for _ in range(5)]
    obj = cls()
    if keeps_parts(pooled) and container.stays:
        assert identity(obj) == before
    assert is_new(obj, container.factory)
    del others


@two
def test_a_bound_method_holds_its_container(define, container, make):
    cls = make(define(container.factory))
    obj = cls()
    container.fill(obj.part, [1, 2])
    look = obj.part.getvalue if hasattr(obj.part, "getvalue") else obj.part.copy
    expected = look()
    del obj
    taken = cls()
    container.fill(taken.part, [3])
    assert look() == expected


@two
@pytest.mark.parametrize(
    ("factory", "fill", "keep", "expected"),
    [
        (list, lambda p: p.extend([1, 2]), iter, [1, 2]),
        (list, lambda p: p.extend([1, 2]), reversed, [2, 1]),
        (dict, lambda p: p.update({1: 2}), iter, [1]),
        (dict, lambda p: p.update({1: 2}), dict.keys, [1]),
        (dict, lambda p: p.update({1: 2}), dict.values, [2]),
        (dict, lambda p: p.update({1: 2}), dict.items, [(1, 2)]),
        (dict, lambda p: p.update({1: 2}), lambda p: iter(p.items()), [(1, 2)]),
        (set, lambda p: p.add(1), iter, [1]),
        (collections.deque, lambda p: p.extend([1, 2]), iter, [1, 2]),
        (collections.deque, lambda p: p.extend([1, 2]), reversed, [2, 1]),
        (collections.OrderedDict, lambda p: p.update({1: 2}), lambda p: p.items(), [(1, 2)]),
        (collections.OrderedDict, lambda p: p.update({1: 2}), reversed, [1]),
        (collections.defaultdict, lambda p: p.update({1: 2}), lambda p: p.keys(), [1]),
        (collections.Counter, lambda p: p.update([1, 1]), lambda p: p.elements(), [1, 1]),
        (bytearray, lambda p: p.extend(b"ab"), memoryview, [97, 98]),
        (bytearray, lambda p: p.extend(b"abc"), lambda p: memoryview(p)[1:], [98, 99]),
        (bytearray, lambda p: p.extend(b"ab"), iter, [97, 98]),
        (io.BytesIO, lambda p: p.write(b"ab"), lambda p: p.getbuffer(), [97, 98]),
        (io.BytesIO, lambda p: [p.write(b"ab"), p.seek(0)], iter, [b"ab"]),
        (io.StringIO, lambda p: [p.write("ab"), p.seek(0)], iter, ["ab"]),
        (list, lambda p: p.extend([1, 2]), lambda p: (item for item in p), [1, 2]),
        (list, lambda p: p.extend([1, 2]), lambda p: map(abs, p), [1, 2]),
        (list, lambda p: p.extend([1, 2]), lambda p: enumerate(p), [(0, 1), (1, 2)]),
    ],
)
def test_iterators_and_views_keep_their_container_to_themselves(define, factory, fill, keep, expected, make):
    cls = make(define(factory))
    obj = cls()
    fill(obj.part)
    kept = keep(obj.part)
    del obj
    other = cls()
    assert is_new(other, factory)
    fill(other.part)
    assert list(kept) == expected


@two
@that_are_weak
def test_a_container_that_is_weakly_referenced_dies(define, container, make):
    cls = make(define(container.factory))
    called = []
    obj = cls()
    container.fill(obj.part, [1])
    ref = weakref.ref(obj.part, called.append)
    table = weakref.WeakValueDictionary(it=obj.part)
    del obj
    assert (ref(), called, "it" in table) == (None, [ref], False)
    assert is_new(cls(), container.factory)
    assert (ref(), called) == (None, [ref])


@pytest.mark.parametrize("looked_at", [False, True], ids=["", "looked at"])
@pytest.mark.parametrize("other", ["size", "first", "extra"])
def test_a_container_that_another_attribute_has_too(pooled, other, looked_at, make):
    """Found by fuzzing: all other attributes are unset before a container is checked for other references."""

    class Holder:
        def __init__(self, first=None, size=3):
            self.first = first
            self.part = []
            self.size = size

    cls = make(Holder)
    obj = cls()
    if looked_at:
        vars(obj)
    setattr(obj, other, obj.part)
    obj.part.append(1)
    before = identity(obj)
    del obj
    others = [[] for _ in range(10)]
    obj = cls()
    if keeps_parts(pooled) and not looked_at:
        assert identity(obj) == before
    assert vars(obj) == {"first": None, "part": [], "size": 3}
    del others


@pytest.mark.parametrize("slots", [False, True])
def test_two_attributes_that_hold_one_container_get_one_each(container, slots, make):
    class Pair:
        if slots:
            __slots__ = ("left", "right")

        def __init__(self):
            self.left = container.factory()
            self.right = container.factory()

    cls = make(Pair)
    pair = cls()
    pair.left = pair.right
    container.fill(pair.left, [1])
    del pair
    pair = cls()
    assert pair.left is not pair.right
    container.fill(pair.left, [1])
    assert state(pair.right) == state(container.factory())


@two_mutable
def test_two_objects_that_hold_one_container_get_one_each(mutable, container, make):
    cls = make(mutable(container.factory))
    first, second = cls(), cls()
    first.part = second.part
    container.fill(first.part, [1])
    before = state(first.part)
    del first
    assert state(second.part) == before
    del second
    first, second = cls(), cls()
    assert first.part is not second.part
    container.fill(first.part, [1])
    assert is_new(second, container.factory)


def test_copies_share_their_containers_with_who_is_still_there(pooled, define, make):
    cls = make(define(list))
    for way in (copy.copy, attrs.evolve) if attrs.has(cls) else (copy.copy,):
        original = cls()
        original.part.append(1)
        twin = way(original)
        assert twin.part is original.part
        del original
        other = cls()
        assert (twin.part, other.part) == ([1], [])
        del twin, other
    assert pooled.pool_of(cls).stats().live == 0


# The dict of the object.


def test_who_holds_the_dict_of_a_dropped_object_keeps_what_it_has(with_dict, container, make):
    cls = make(with_dict(container.factory))
    obj = cls(size="t")
    container.fill(obj.part, [1, 2])
    vars(obj)["extra"] = 1
    kept, before = vars(obj), state(obj.part)
    del obj
    assert sorted(kept) == ["extra", "part", "size"]
    assert (kept["size"], state(kept["part"])) == ("t", before)
    obj = cls()
    assert is_new(obj, container.factory)
    container.fill(obj.part, [3])
    kept["size"] = kept["more"] = "theirs"
    assert state(kept["part"]) == before
    assert list(vars(obj)) == ["part", "size"]


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    "change",
    [
        vars,
        lambda obj: vars(obj).update(more=1),
        lambda obj: vars(obj).update({f"more{number}": 1 for number in range(50)}),
        lambda obj: vars(obj).pop("part"),
        lambda obj: vars(obj).clear(),
        lambda obj: vars(obj).update(more=obj.part),
        lambda obj: setattr(obj, "__dict__", {"part": 1}),
        lambda obj: delattr(obj, "__dict__"),
    ],
)
def test_a_dict_that_was_changed(pooled, with_dict, change, make):
    cls = make(with_dict(list))
    taken = pooled.pool_of(cls).stats().taken
    for _ in range(3):
        obj = cls()
        assert is_new(obj)
        obj.part.append(1)
        change(getattr(obj, "__wrapped__", obj))
        del obj
    assert is_new(cls())
    assert pooled.pool_of(cls).stats().taken == taken + 4


def test_keys_that_cannot_be_compared(with_dict, unraisable, make):
    cls = make(with_dict(list))

    class Key:
        is_raising = False  # adding it may compare it, too

        def __hash__(self):
            return hash("part")

        def __eq__(self, other):
            if Key.is_raising:
                raise KeyError("no")
            return False

    def drop():
        obj = cls()
        attributes = vars(obj)
        attributes.clear()
        attributes[Key()] = 1
        del attributes
        Key.is_raising = True
        return 5

    assert drop() == 5
    assert is_new(cls())


def test_attributes_that_init_does_not_set_are_gone(with_dict, make):
    cls = make(with_dict(list))
    for _ in range(3):
        obj = cls()
        assert is_new(obj)
        payload = Payload()
        died = weakref.ref(payload)
        obj.extra = payload
        del obj, payload
        assert died() is None


@pytest.mark.needs_pool
def test_slots_that_init_does_not_set_are_gone(pooled, define, make):
    """Found by fuzzing: containers are kept though other attributes are never set."""

    class Base:
        __slots__ = ("cache", "unused")

    class Own(Base):
        __slots__ = ("part", "size")

        def __init__(self):
            self.part = []
            self.size = 3

    cls = make(Own)
    payload = Payload()
    died = weakref.ref(payload)
    obj = cls()
    obj.cache = payload
    before = identity(obj)
    del obj, payload
    assert died() is None
    others = [[] for _ in range(10)]
    obj = cls()
    assert (obj.part, obj.size, is_set(obj, "cache")) == ([], 3, False)
    if keeps_parts(pooled):
        assert identity(obj) == before
    del others


@pytest.mark.needs_pool
@pytest.mark.parametrize("kind", [Kind("attrs"), Kind("dataclass")], ids=str)
@pytest.mark.parametrize("given", [False, True])
def test_a_value_that_is_given_to_an_object_that_kept_its_containers(pooled, kind, container, given, make):
    """Found by fuzzing, where the parked object had never had that attribute."""

    @kind.define
    class Own:
        parts: Any = kind.field(factory=container.factory)
        number: Any = kind.field(default=0)

    cls = make(Own)
    for number in range(3):
        obj = cls()
        container.fill(obj.parts, [1, 2])
        del obj
        obj = cls(number=number) if given else cls()
        assert (state(obj.parts), obj.number) == (state(container.factory()), number if given else 0)
        container.fill(obj.parts, [1])
        del obj
    assert pooled.pool_of(cls).stats().live == 0


@pytest.mark.needs_pool
def test_a_bare_new_gives_a_blank_object(pooled, define, make):
    cls = make(define(list))
    for _ in range(2):
        obj = cls()
        obj.part.append(1)
        del obj
        blank = cls.__new__(cls)
        assert isinstance(blank, cls)
        assert not is_set(blank, "part")
        assert getattr(blank, "__dict__", {}) == {}
        del blank
        assert is_new(cls())
    assert pooled.pool_of(cls).stats().live == 0


@pytest.mark.needs_pool
def test_an_object_of_a_class_that_is_planned_anew_while_it_is_emptied(pooled, make):
    cls = make(plain(list))

    class Element:
        def __del__(self):
            cls.__init__ = lambda self: None

    obj = cls()
    obj.part.append(Element())
    del obj
    assert vars(cls()) == {}
    assert pooled.pool_of(cls).stats().live == 0


# Elements: they are released immediately, and may run any code.


@two
@that_hold
def test_elements_die_when_the_object_is_dropped(define, container, make):
    cls = make(define(container.factory))
    for _ in range(2):
        obj = cls()
        payload = Payload()
        died = weakref.ref(payload)
        container.fill(obj.part, [payload])
        del payload
        assert died() is not None
        del obj
        assert died() is None


@pytest.mark.needs_pool
@two
@that_hold
def test_elements_whose_finalizer_raises(pooled, define, container, unraisable, make):
    cls = make(define(container.factory))

    class Failing:
        def __del__(self):
            raise ValueError("no")

    hits = pooled.pool_of(cls).stats().hits
    obj = cls()
    container.fill(obj.part, [Failing(), Failing()])
    del obj
    assert unraisable == ["ValueError: no"] * 2
    assert is_new(cls(), container.factory)
    assert pooled.pool_of(cls).stats().hits == hits + 2


@two
@that_hold
def test_elements_that_make_and_drop_objects_of_the_same_class(pooled, define, container, make):
    cls = make(define(container.factory))
    seen = []

    class Busy:
        def __init__(self, depth):
            self.depth = depth

        def __del__(self):
            for _ in range(2):
                obj = cls()
                seen.append(is_new(obj, container.factory))
                if self.depth:
                    container.fill(obj.part, [Busy(self.depth - 1)])
                vars(self)["kept"] = obj.part
                del obj

    for depth in (0, 1, 4):
        obj = cls()
        container.fill(obj.part, [Busy(depth)])
        del obj
    assert len(seen) > 10
    assert all(seen)
    assert pooled.pool_of(cls).stats().live == 0


@pytest.mark.needs_pool
@two
@that_hold
def test_elements_that_look_at_all_objects_while_they_die(pooled, define, container, make):
    cls = make(define(container.factory))
    found = []

    class Looking:
        def __del__(self):
            found.extend(obj for obj in gc.get_objects() if type(obj) is real or id(obj) == before)

    obj = cls()
    real = type(getattr(obj, "__wrapped__", obj))  # the class of the object, which may be behind a proxy
    before = identity(obj)
    container.fill(obj.part, [Looking(), 1])
    del obj
    containers = [
        obj.part if type(obj) is real else obj for obj in found if type(obj) is not real or is_set(obj, "part")
    ]
    states = [state(each) for each in containers]
    others = [cls() for _ in range(3)]
    for other in others:
        assert is_new(other, container.factory)
        assert not any(other.part is each for each in containers), "it has two owners"
        container.fill(other.part, [3])
    assert [state(each) for each in containers] == states
    assert pooled.pool_of(cls).stats().live == len(others)


def test_elements_that_look_for_the_dict_of_the_object(make):
    class Own:
        def __init__(self):
            self.first_part = []
            self.second_part = []

    cls, seen = make(Own), []

    class Looking:
        def __del__(self):
            seen.extend(obj for obj in gc.get_objects() if type(obj) is dict and "first_part" in obj)

    obj = cls()
    vars(obj)  # from here on, its attributes are in a dict
    obj.second_part.append(Looking())
    del obj
    obj = cls()
    assert all(held["first_part"] is not obj.first_part for held in seen if held is not vars(obj))


@two
@that_hold
def test_elements_that_save_themselves(define, container, make):
    cls, saved = make(define(container.factory)), []

    class Phoenix:
        def __del__(self):
            saved.append(self)

    obj = cls()
    container.fill(obj.part, [Phoenix()])
    del obj
    assert len(saved) == 1
    assert is_new(cls(), container.factory)


@pytest.mark.parametrize(
    "element",
    [
        lambda part: part,
        iter,
        lambda part: [part],
        lambda part: part.append,
        lambda part: (item for item in part),
    ],
    ids=["itself", "iterator", "list", "method", "generator"],
)
def test_a_container_that_holds_itself(define, element, make):
    cls = make(define(list))
    obj = cls()
    payload = Payload()
    died = weakref.ref(payload)
    obj.part.extend([payload, element(obj.part)])
    del obj, payload
    assert is_new(cls())
    gc.collect()
    assert died() is None
    assert is_new(cls())


def test_elements_that_drop_their_pool_and_class(engine):
    code = """
import attrs, dataclasses, gc, pooled

class Last:
    def __del__(self):
        globals().pop("Thing", None)
        gc.collect()
        pooled.clear()

def use(make):
    global Thing
    Thing = pooled.poolable(make())
    for _ in range(20):
        Thing()
    thing = Thing()
    thing.items.append(Last())
    thing = None

def plain():
    class Thing:
        def __init__(self):
            self.items = []
    return Thing

fields = {"items": attrs.field(factory=list)}
for make in (
    plain,
    lambda: attrs.make_class("Thing", fields, slots=True),
    lambda: attrs.make_class("Thing", fields, slots=False),
    lambda: attrs.make_class("Thing", fields, slots=True, frozen=True),
):
    use(make)
gc.collect()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_parked_objects_and_their_containers_are_not_seen_by_the_collector(pooled, kind, make):
    if not keeps_parts(pooled):
        limits.skip("native-only")

    @kind.define
    class Own:
        items: list = kind.field(factory=list)
        table: dict = kind.field(factory=dict)
        seen: set = kind.field(factory=set)
        queue: Any = kind.field(factory=collections.deque)
        ordered: Any = kind.field(factory=collections.OrderedDict)

    def parts(obj):
        return {id(part) for part in (obj.items, obj.table, obj.seen, obj.queue, obj.ordered)}

    cls = make(Own)
    pooled.pool_of(cls).clear()
    objects = [cls() for _ in range(5)]
    for obj in objects:
        obj.items.append([])
        obj.table[1] = []
        obj.seen.add(Payload())
        obj.queue.append([])
        obj.ordered[1] = []
    hidden = {id(obj) for obj in objects}.union(*map(parts, objects))
    visible = {id(obj) for obj in gc.get_objects()}
    assert hidden <= visible
    del obj
    objects.clear()
    assert len(pooled.pool_of(cls)) == 5
    del visible
    assert [type(obj) for obj in gc.get_objects() if id(obj) in hidden] == []
    again = cls()
    again.table[1] = []
    assert id(again) in hidden
    assert parts(again) | {id(again)} <= {id(obj) for obj in gc.get_objects()}
