"""Guarantees of the native engine alone: it hands out the object itself, not a proxy, and keeps capacity."""

import gc
import importlib
import importlib.util
import json
import sys
import weakref

import limits
import pytest
from helpers import run_python

KEEPS = ["List", "Dict", "Set", "ByteArray", "OrderedDict", "DefaultDict", "Counter"]


@pytest.fixture(autouse=True)
def only_the_native_engine(engine):
    if engine != "native":
        limits.skip("native-only")


def fill(container, count):
    """Add this many elements or bytes."""
    if hasattr(container, "add"):
        container.update(range(count))
    elif hasattr(container, "keys"):
        container.update(dict.fromkeys(range(count), 1))
    else:
        container.extend(b"x" * count)


def test_what_is_handed_out_is_the_object_itself(pooled):
    class Thing:
        def itself(self):
            return self

    decorated = pooled.poolable(Thing)
    assert decorated is Thing
    for _ in range(2):
        thing = Thing()
        assert type(thing) is Thing
        assert thing.itself() is thing
        del thing
    assert pooled.pool_of(Thing).stats().hits == 1


def test_objects_from_a_pool_beside_the_classes_are_no_different(pooled, containers):
    pool = pooled.GlobalPool(containers.List)
    taken = pool.take()
    assert type(taken) is containers.List
    with pool.borrow() as borrowed:
        assert type(borrowed) is containers.List


def test_code_in_c_takes_pooled_containers(containers):
    for _ in range(2):  # new objects, then recycled ones
        numbers = containers.List([3, 1, 2])
        assert sorted(numbers) == [1, 2, 3]
        assert json.dumps(containers.Dict(a=numbers)) == '{"a": [3, 1, 2]}'
        assert ",".join(containers.List("ab")) == "a,b"
        data = containers.ByteArray(b"data")
        assert bytes(memoryview(data)) == b"data"
        assert b"".join([data, b"!"]) == b"data!"
        assert {1, 2} | containers.Set([3]) == {1, 2, 3}
        assert [*numbers, *containers.Deque([4])] == [3, 1, 2, 4]
        assert "{a}".format(**containers.Dict(a=1)) == "1"
        numbers.sort()
        assert numbers == [1, 2, 3]
        assert list.__len__(numbers) == 3
        del numbers, data


@pytest.mark.parametrize("name", KEEPS)
@pytest.mark.parametrize("scope", ["LocalPool", "GlobalPool"])
def test_capacity_is_kept_from_life_to_life(pooled, containers, name, scope):
    kept = pooled.engine_info().keeps_capacity
    assert all(kept[stock] for stock in ("list", "dict", "set", "bytearray")), "a probe failed on this build"
    pool = getattr(pooled, scope)(getattr(containers, name))
    container = pool.take()
    fill(container, 1000)
    capacity = container.capacity()
    assert capacity >= 1000
    del container
    container = pool.try_take()
    assert (len(container), container.capacity()) == (0, capacity)
    fill(container, 1000)
    assert (len(container), container.capacity()) == (1000, capacity)


@pytest.mark.parametrize("name", KEEPS)
def test_max_cap_is_about_the_capacity_not_the_length(pooled, containers, name):
    pool = pooled.GlobalPool(getattr(containers, name), max_cap=4500)
    container = pool.take()
    fill(container, 5000)
    remove = container.popitem if hasattr(container, "popitem") else container.pop
    while len(container) > 4000:
        remove()
    assert container.capacity() > 4500
    del container, remove
    assert pool.stats().discarded_large == 1


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", KEEPS)
@pytest.mark.parametrize("used", [0, 3])
def test_one_that_is_little_used_gives_its_room_back(pooled, containers, name, used):
    pool = pooled.GlobalPool(getattr(containers, name), max_cap=1 << 30)
    container = pool.take()
    fill(container, 50_000)
    for _ in range(10):
        del container
        container = pool.try_take()
        fill(container, used)
    assert container.capacity() < 1000


def test_the_collector_does_not_see_parked_objects(pooled):
    @pooled.poolable
    class Thing:
        def __init__(self):
            self.name = "thing"

    alive = [Thing() for _ in range(5)]
    assert sum(type(obj) is Thing for obj in gc.get_objects()) == 5
    alive.clear()
    assert len(pooled.pool_of(Thing)) == 5
    assert not any(type(obj) is Thing for obj in gc.get_objects())
    assert gc.is_tracked(Thing())


@pytest.mark.usefixtures("mortal_classes")
def test_parked_objects_do_not_hold_on_to_their_class(pooled):
    @pooled.poolable
    class Thing:
        pass

    before = sys.getrefcount(Thing)
    alive = [Thing() for _ in range(100)]
    assert sys.getrefcount(Thing) == before + 100
    alive.clear()
    assert sys.getrefcount(Thing) == before


@pytest.mark.parametrize("count", [2, 6, 29, 40])
def test_attributes_of_a_recycled_object_are_stored_as_those_of_a_new_one(pooled, count):
    names = [f"attribute{n}" for n in range(count)]

    def init(self):
        for name in names:
            setattr(self, name, name)

    thing_class = pooled.poolable(type("Thing", (), {"__init__": init}))
    plain_class = type("Plain", (), {"__init__": init})
    for look in (lambda obj: None, vars, lambda obj: obj.__dict__.update(more=1)):
        thing = thing_class()
        look(thing)
        del thing
    thing, plain = thing_class(), plain_class()
    assert vars(thing) == vars(plain) == dict(zip(names, names, strict=True))
    assert list(vars(thing)) == names
    assert sys.getsizeof(thing) == sys.getsizeof(plain)


def test_subclasses_of_a_hooked_class_die_as_ever(pooled):
    died = []

    @pooled.poolable
    class Parent:
        __slots__ = ("__weakref__", "slot")

    class Child(Parent):
        def __del__(self):
            died.append("child")

    class Marker:
        pass

    child = Child()
    child.slot, child.attribute = Marker(), Marker()
    refs = [weakref.ref(child), weakref.ref(child.slot), weakref.ref(child.attribute)]
    del child
    assert [ref() for ref in refs] == [None] * 3
    assert died == ["child"]
    assert pooled.pool_of(Parent).stats() == pooled.Stats()


def test_what_has_a_pool_but_no_hook_goes_through_proxies(pooled):
    class Plain:
        pass

    pool = pooled.GlobalPool(Plain)
    assert type(pool.take()) is not Plain
    assert type(Plain()) is Plain


def test_calls_of_a_metaclass_of_its_own_cannot_be_hooked(pooled):
    class Meta(type):
        def __call__(cls, *args):
            return super().__call__(*args)

    with pytest.raises(TypeError, match="__call__ of its own"):
        pooled.poolable(Meta("Thing", (), {}))


@pytest.fixture
def without_gc():
    """A function that hides a class from the garbage collector, as a class written in C can be."""
    return limits.require("_testcapi").without_gc


def test_what_the_collector_does_not_know_cannot_be_hooked(pooled, without_gc):
    class Unknown:
        __slots__ = ()

    with pytest.raises(TypeError, match="the cyclic collector does not track its objects"):
        pooled.poolable(without_gc(Unknown))


@pytest.mark.parametrize("limit", [0, 8])
def test_a_subclass_that_the_collector_does_not_know_dies_as_ever(pooled, without_gc, limit):
    died = []

    @pooled.poolable(max=limit)
    class Known:
        __slots__ = ()

        def __del__(self):
            died.append(type(self))

    @without_gc
    class Unknown(Known):
        __slots__ = ()

    many = [Unknown() for _ in range(100)]
    assert not any(map(gc.is_tracked, many))
    del many
    gc.collect()
    assert died == [Unknown] * 100
    assert pooled.pool_of(Known).stats().taken == 0


def test_engine_info(pooled):
    info = pooled.engine_info()
    assert isinstance(info, pooled.EngineInfo)
    assert info.name == pooled.engine == "native"
    assert info.built_for.split(".")[:2] == [str(part) for part in sys.version_info[:2]]
    assert dict(info.keeps_capacity) == dict.fromkeys(("list", "dict", "set", "bytearray"), True)
    assert info.why is None


def test_a_second_interpreter_gets_the_reference_engine():
    names = [name for name in ("_interpreters", "_xxsubinterpreters") if importlib.util.find_spec(name) is not None]
    if not names:
        limits.skip("no-subinterpreters")
    interpreters = importlib.import_module(names[0])
    create, run = "create(isolated=False)", "run_string"
    if sys.version_info >= (3, 13):
        create, run = 'create("legacy")', "exec"
    code = f"""
import {interpreters.__name__} as interpreters
import pooled
from pooled.containers import List
List()
other = interpreters.{create}
interpreters.{run}(other, "import pooled; assert 'main interpreter alone' in pooled.engine_info().why")
interpreters.destroy(other)
assert len(pooled.pool_of(List)) == 1
"""
    status, text = run_python(code, POOLED_ENGINE="")
    assert (status, text) == (0, "")


def test_a_call_that_the_metaclass_gets_later(pooled):
    class Meta(type):
        pass

    @pooled.poolable
    class Own(list, metaclass=Meta):
        __slots__ = ()

    calls = []

    def call(cls, *args):
        calls.append(args)
        return type.__call__(cls, *args)

    assert Own([1]) == pooled.take(Own, [1]) == [1]
    Meta.__call__ = call
    assert Own([1]) == pooled.take(Own, [1]) == [1]
    assert Own() == pooled.take(Own) == []
    assert calls == [([1],), ([1],), (), ()]
