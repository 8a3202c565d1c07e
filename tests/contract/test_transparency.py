"""Contract line 1: a recycled object cannot be told from a new one, except through what its `reset` keeps."""

import abc
import dataclasses
import gc
import inspect
import sys
import weakref

import attrs
import limits
import pytest


def recycled(pooled, cls):
    """Check that the object of `cls` that was dropped last is parked."""
    assert len(pooled.pool_of(cls)) == 1


@pytest.mark.needs_pool
def test_construction_runs_init_every_time(pooled):
    @pooled.poolable
    class Message:
        def __init__(self, topic, body=b""):
            self.topic, self.body = topic, body

    first = Message("a", b"1")
    assert (first.topic, first.body) == ("a", b"1")
    first.extra = True
    del first
    recycled(pooled, Message)
    second = Message("b")
    assert vars(second) == {"topic": "b", "body": b""}
    assert pooled.pool_of(Message).stats().hits == 1


@pytest.mark.needs_pool
def test_an_object_without_reset_is_scrubbed_of_attributes_and_slots(pooled):
    class Base:
        __slots__ = ("__dict__", "__private", "_a")

        def secret(self):
            return self.__private

        def tell(self, value):
            self.__private = value

    @pooled.poolable
    class Child(Base):
        __slots__ = ("b",)

        def __init__(self, *, fill=False):
            if fill:
                self._a, self.b, self.other = 1, 2, 3
                self.tell(4)

    child = Child(fill=True)
    assert (child._a, child.b, child.other, child.secret()) == (1, 2, 3, 4)
    del child
    child = Child()
    assert pooled.pool_of(Child).stats().hits == 1
    for name in ("_a", "b", "other"):
        with pytest.raises(AttributeError):
            getattr(child, name)
    with pytest.raises(AttributeError):
        child.secret()
    assert vars(child) == {}


@pytest.mark.needs_pool
@pytest.mark.parametrize("slots", [False, True])
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("define", [attrs.define, dataclasses.dataclass])
def test_attrs_classes_and_dataclasses(pooled, define, slots, frozen):
    @pooled.poolable
    @define(slots=slots, frozen=frozen)
    class Point:
        x: int
        y: int = 5

    first = Point(1)
    assert first == Point(1)
    assert "x=1" in repr(first)
    del first
    gc.collect()
    second = Point(2, 3)
    assert (second.x, second.y) == (2, 3)
    assert pooled.pool_of(Point).stats().hits > 0
    if frozen:
        with pytest.raises(AttributeError):
            second.x = 9


@pytest.mark.needs_pool
def test_an_error_from_init_reaches_the_caller_and_the_pool_stays_sound(pooled):
    @pooled.poolable(max=4)
    class Picky:
        def __init__(self, value):
            self.half_done = True
            if value < 0:
                raise ValueError("negative")
            self.value = value

    keeper = Picky(1)
    del keeper
    recycled(pooled, Picky)
    for _ in range(3):
        with pytest.raises(ValueError, match="negative"):
            Picky(-1)
    with pytest.raises(TypeError, match="missing 1 required"):
        pooled.take(Picky)
    gc.collect()
    good = Picky(7)
    assert vars(good) == {"half_done": True, "value": 7}
    stats = pooled.pool_of(Picky).stats()
    assert stats.taken in (5, 6)
    assert stats.live == 1


def test_wrong_arguments_are_refused_as_ever(pooled):
    @pooled.poolable
    class Bare:
        pass

    @pooled.poolable
    class Strict:
        def __init__(self, a):
            self.a = a

    @pooled.poolable
    class Wrong:
        def __init__(self):
            return 1  # noqa: PLE0101

    for _ in range(2):  # with an empty pool, and with a parked object
        with pytest.raises(TypeError, match="Bare.. takes no arguments"):
            Bare(1)
        Bare()
    with pytest.raises(TypeError, match="takes no arguments"):
        Bare.__new__(Bare, 1)
    with pytest.raises(TypeError, match="missing 1 required"):
        Strict()
    with pytest.raises(TypeError, match="unexpected keyword"):
        Strict(1, b=2)
    with pytest.raises(TypeError, match="should return None"):
        Wrong()


@limits.skip_if("no-pool")
def test_take_runs_init_where_the_object_is_new_or_was_scrubbed(pooled):
    @pooled.poolable
    class Scrubbed:
        def __init__(self):
            self.ready = True

    new = pooled.take(Scrubbed)
    assert new.ready
    new.more = 1
    del new
    assert pooled.try_take(Scrubbed).ready
    assert vars(pooled.take(Scrubbed)) == {"ready": True}


def test_an_object_that_is_not_ready_is_never_taken(pooled):
    @pooled.poolable(reset="reset")
    class Connection:
        def __init__(self, port=1):
            self.port = int(port)
            self.socket = "open"

        def reset(self): ...

    with pytest.raises(ValueError, match="invalid literal"):
        Connection("no number")
    gc.collect()
    assert pooled.take(Connection).socket == "open"
    pooled.pool_of(Connection).clear()
    Connection.__new__(Connection)
    assert pooled.try_take(Connection) is None
    another = pooled.GlobalPool(Connection)
    blank = pooled.assign(Connection.__new__(Connection), another)
    del blank
    assert len(another) == 0


@pytest.mark.needs_pool
def test_what_a_metaclass_has_is_not_the_objects(pooled):
    class Meta(type):
        def reset(cls):
            raise AssertionError("nobody asked")

        def capacity(cls):
            raise AssertionError("nobody asked")

    @pooled.poolable
    class Thing(pooled.Poolable, metaclass=Meta):
        @classmethod
        def capacity(cls):
            raise AssertionError("nobody asked")

    thing = Thing()
    thing.secret = 1
    assert not callable(thing)
    del thing
    assert vars(Thing()) == {}
    assert pooled.pool_of(Thing).stats().hits == 1


def test_slots_by_name_and_items_by_index(pooled):
    @pooled.poolable
    class Row:
        __slots__ = ("a", "b")

        def __init__(self, a, b):
            self.a, self.b = a, b

        def __getitem__(self, index):
            return (self.a, self.b)[index]

    row = Row(1, 2)
    assert [getattr(row, name) for name in row.__slots__] == [1, 2]
    assert list(row) == [1, 2]


@pytest.mark.needs_pool
def test_take_gives_what_reset_kept(pooled):
    built = []

    @pooled.poolable(max_cap=1 << 20, reset="reset", capacity="capacity")
    class Decoder:
        def __init__(self):
            built.append("decoder")
            self.buffer = bytearray(1 << 20)
            self.seen = {}

        def reset(self):
            self.seen.clear()

        def capacity(self):
            return len(self.buffer)

    first = pooled.take(Decoder)
    first.seen["x"] = 1
    first.note = "kept, since reset does not drop it"
    del first
    second = pooled.take(Decoder)
    assert built == ["decoder"]
    assert second.seen == {}
    assert second.note.startswith("kept")
    del second
    third = Decoder()  # constructed, so __init__ is called
    assert built == ["decoder"] * 2
    assert third.seen == {}


@pytest.mark.needs_pool
def test_try_take_gives_none_when_nothing_is_parked(pooled):
    @pooled.poolable
    class Thing:
        pass

    assert pooled.try_take(Thing) is None
    pooled.take(Thing)
    assert isinstance(pooled.try_take(Thing), Thing)


def test_a_scrubbed_object_does_not_share_its_dict_with_who_kept_it(pooled):
    @pooled.poolable
    class Thing:
        def __init__(self, value):
            self.value = value

    first = Thing(1)
    attributes = vars(first)
    del first
    second = Thing(2)
    attributes["value"] = "somebody else's"
    assert second.value == 2
    assert attributes == {"value": "somebody else's"}


@pytest.mark.parametrize("name", ["BytesIO", "StringIO", "OrderedDict", "Counter"])
def test_nor_does_a_container(containers, name):
    cls = getattr(containers, name)
    first = cls()
    first.note = "mine"
    attributes = vars(first)
    del first
    second = cls()
    attributes["note"] = "somebody else's"
    assert not hasattr(second, "note")


def test_the_class_stays_what_it_was(pooled):
    seen = []

    class Base:
        def __init_subclass__(cls, *, tag, **kwargs):
            super().__init_subclass__(**kwargs)
            seen.append((cls.__name__, tag))

    class Plain(Base, tag="plain"):
        """Its docstring."""

        shared = 1
        declared: int

        def __init__(self, a, *, b=2):
            self.a = a

        @classmethod
        def make(cls):
            return cls(0)

        @staticmethod
        def helper():
            return "static"

        @property
        def double(self):
            return self.a * 2

    decorated = pooled.poolable(Plain)
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        assert getattr(decorated, name) == getattr(Plain, name)
    assert str(inspect.signature(decorated)) == "(a, *, b=2)"
    assert inspect.get_annotations(decorated) == inspect.get_annotations(Plain) == {"declared": int}
    assert inspect.getsource(decorated).lstrip().startswith("class Plain")
    assert issubclass(decorated, Plain)
    assert [base.__name__ for base in decorated.__mro__] in (
        ["Plain", "Base", "object"],
        ["Plain", "Plain", "Base", "object"],
    )
    assert seen == [("Plain", "plain")], "the decorator announced a class of its own"
    made = decorated.make()
    assert isinstance(made, decorated)
    assert isinstance(made, Plain)
    assert made.__class__ is decorated
    made.a = 21
    assert (made.double, made.shared, made.helper()) == (42, 1, "static")

    class Child(decorated, tag="child"):
        pass

    assert seen[1:] == [("Child", "child")]


def test_objects_behave_as_their_class_says(pooled):
    @pooled.poolable
    class Vector:
        def __init__(self, *items):
            self.items = list(items)
            self.entered = False

        def __eq__(self, other):
            return isinstance(other, Vector) and self.items == other.items

        def __hash__(self):
            return hash(tuple(self.items))

        def __repr__(self):
            return f"Vector{tuple(self.items)}"

        def __add__(self, other):
            return Vector(*self.items, *other.items)

        def __iadd__(self, other):
            self.items += other.items
            return self

        def __imul__(self, times):
            return Vector(*self.items * times)

        def __mul__(self, times):
            return Vector(*self.items * times)

        def __neg__(self):
            return Vector(*(-item for item in self.items))

        def __len__(self):
            return len(self.items)

        def __getitem__(self, index):
            return self.items[index]

        def __setitem__(self, index, value):
            self.items[index] = value

        def __delitem__(self, index):
            del self.items[index]

        def __contains__(self, item):
            return item in self.items

        def __iter__(self):
            return iter(self.items)

        def __reversed__(self):
            return reversed(self.items)

        def __call__(self, item):
            return self.items.index(item)

        def __enter__(self):
            self.entered = True
            return self

        def __exit__(self, *exc_info):
            self.entered = False

        def __format__(self, spec):
            return format(len(self.items), spec)

    for _ in range(2):  # a new object, and a recycled one
        v = Vector(1, 2)
        assert v == Vector(1, 2)
        assert Vector(1, 2) == v
        assert v != Vector(3)
        assert hash(v) == hash((1, 2))
        assert {v: "found"}[Vector(1, 2)] == "found"
        assert repr(v) == "Vector(1, 2)"
        assert f"{v:03d}" == "002"
        assert list(v + Vector(3)) == [1, 2, 3]
        assert list(v * 2) == [1, 2, 1, 2]
        assert list(-v) == [-1, -2]
        w = v
        w += Vector(3)
        assert list(v) == [1, 2, 3]
        w *= 2
        assert (list(w), list(v)) == ([1, 2, 3, 1, 2, 3], [1, 2, 3])
        v[0] = 9
        del v[1]
        assert (v[0], len(v), 9 in v, list(reversed(v)), v(3)) == (9, 2, True, [3, 9], 1)
        with v as entered:
            assert entered.entered
        assert not v.entered
        assert not hasattr(v, "nothing")
        v.extra = 1
        del v.extra
        with pytest.raises(AttributeError):
            v.extra
        with pytest.raises(TypeError):
            v < 1
        del v, w, entered


@pytest.mark.needs_pool
def test_subclasses_of_a_decorated_class_are_ordinary(pooled):
    @pooled.poolable
    class Parent:
        def __init__(self, value):
            self.value = value

    class Child(Parent):
        def __init__(self, value, more):
            super().__init__(value)
            self.more = more

    child = Child(1, 2)
    assert (child.value, child.more) == (1, 2)
    died = weakref.ref(child)
    del child
    assert died() is None
    assert pooled.pool_of(Parent).stats().taken == 0
    with pytest.raises(TypeError, match="expected a poolable class"):
        pooled.pool_of(Child)
    grandchild = pooled.poolable(Child)(3, 4)
    assert (grandchild.value, grandchild.more) == (3, 4)
    assert pooled.pool_of(grandchild.__class__).stats().taken == 1


@pytest.mark.needs_pool
def test_subclasses_under_the_metaclass_are_poolable_each_with_a_pool_of_its_own(pooled):
    class Order(metaclass=pooled.PooledMeta, max=3, scope="global"):
        def __init__(self, number=0):
            self.number = number

    class Express(Order, max=5):
        def __init__(self, number, hours):
            super().__init__(number)
            self.hours = hours

    class Bulk(Order):
        pass

    assert isinstance(pooled.pool_of(Order), pooled.GlobalPool)
    assert [pooled.pool_of(cls).policy.max for cls in (Order, Express, Bulk)] == [3, 5, 3]
    assert pooled.pool_of(Bulk).policy.scope == "global"
    express = Express(1, 24)
    assert (express.number, express.hours) == (1, 24)
    del express
    assert (len(pooled.pool_of(Express)), len(pooled.pool_of(Order))) == (1, 0)
    assert Bulk(4).number == 4


@pytest.mark.needs_pool
@pytest.mark.parametrize("define", [attrs.define, dataclasses.dataclass(slots=True)])
def test_slotted_attrs_classes_under_the_metaclass(pooled, define):
    @define
    class Point(metaclass=pooled.PooledMeta, max=7):  # with slots, attrs creates a second class
        x: int = 0

    assert pooled.pool_of(Point).policy.max == 7
    assert Point(4).x == 4
    assert Point().x == 0
    assert pooled.pool_of(Point).stats().hits == 1
    assert list(pooled.stats()).count(pooled.pool_of(Point).name) == 1


@pytest.mark.needs_pool
def test_abstract_classes(pooled):
    class Shape(metaclass=pooled.PooledABCMeta):
        @abc.abstractmethod
        def area(self): ...

    class Square(Shape):
        def __init__(self, side):
            self.side = side

        def area(self):
            return self.side**2

    class Plain(abc.ABC):
        @abc.abstractmethod
        def area(self): ...

    with pytest.raises(TypeError, match="abstract"):
        Shape()
    with pytest.raises(TypeError, match="abstract"):
        pooled.poolable(Plain)()
    for side in (3, 4):
        square = Square(side)
        assert square.area() == side**2
        del square
    assert pooled.pool_of(Square).stats().hits == 1


@limits.skip_if("no-pool")
def test_a_new_of_its_own_runs_for_each_call(pooled):
    @pooled.poolable(reset="reset")
    class Handle:
        def __new__(cls, kind):
            self = super().__new__(cls)
            self.kind = kind
            return self

        def __init__(self, kind):
            self.uses = 0

        def reset(self):
            self.uses = None

    for kind in ("a", "b"):
        handle = Handle(kind)
        assert (handle.kind, handle.uses) == (kind, 0)
        del handle
    taken = pooled.take(Handle)
    assert (taken.kind, taken.uses) == ("b", None), "take gives an object as its reset left it"


@pytest.mark.needs_pool
def test_a_new_that_is_replaced_after_the_decoration(pooled):
    @pooled.poolable
    class Thing:
        def __init__(self, value):
            self.value = value

    def new(cls, value):
        made = object.__new__(cls)
        made.new_ran = True
        return made

    Thing(1)
    Thing.__new__ = new
    for value in (2, 3):
        assert Thing(value).value == value
    del Thing.__new__
    if pooled.engine == "native":  # CPython does not notice that `object.__new__` is the one again
        with pytest.raises(TypeError, match=r"object\.__new__\(\) takes exactly one argument"):
            Thing(4)
    else:
        assert Thing(4).value == 4


def test_an_object_that_changed_its_class_is_not_recycled(pooled):
    class Other:
        pass

    @pooled.poolable
    class Thing:
        pass

    thing = Thing()
    try:
        thing.__class__ = Other
    except TypeError:
        # Since Python 3.15, __class__ can only change to a class with the same deallocator. An error changes nothing.
        assert (sys.version_info >= (3, 15), pooled.engine) == (True, "native")
        return
    del thing
    stats = pooled.pool_of(Thing).stats()
    assert (stats.recycled, stats.parked) == (0, 0)
    assert type(Thing()) is not Other


def test_arguments_of_any_name(pooled):
    @pooled.poolable
    class Named:
        def __init__(self, cls, klass, args, kwargs, obj):
            self.all = (cls, klass, args, kwargs, obj)

        def __call__(self, **kwargs):
            return kwargs

    names = {"cls": 1, "klass": 2, "args": 3, "kwargs": 4, "obj": 5}
    for _ in range(2):
        named = Named(**names)
        assert named.all == (1, 2, 3, 4, 5)
        assert named(cls=1, args=2) == {"cls": 1, "args": 2}
        del named
    assert pooled.orphan(Named, **names).all == (1, 2, 3, 4, 5)


def test_a_new_that_gives_something_else_is_left_alone(pooled):
    @pooled.poolable(reset="reset")
    class Odd:
        def __new__(cls, value):
            return value

        def reset(self): ...

    assert Odd(5) == 5
    assert pooled.pool_of(Odd).stats().taken == 0
