"""Unusual objects at unusual moments: cases that once broke the contract, or could."""

import contextlib
import gc
import sqlite3
import threading

import limits
import pytest
from helpers import run_python


def live(pooled, cls):
    return pooled.pool_of(cls).stats().live


def test_an_error_on_its_way_is_not_lost_to_a_large_deque(containers):
    class Source:
        def __init__(self):
            self.left = 2

        def __iter__(self):
            return self

        def __next__(self):
            if not self.left:
                raise ValueError("boom")
            self.left -= 1
            return containers.Deque(range(5000))

    with pytest.raises(ValueError, match="boom"):
        list(Source())


@limits.skip_if("no-pool")
def test_assigning_when_the_former_pool_is_gone(pooled):
    @pooled.poolable
    class Thing:
        pass

    former, new = pooled.GlobalPool(Thing), pooled.GlobalPool(Thing)
    thing = former.take()
    del former
    thing = pooled.assign(thing, new)
    del thing
    assert len(new) == 1


@pytest.mark.needs_pool
def test_a_parked_array_that_a_failed_construction_gave_away(containers):
    class Bad:
        def __eq__(self, other):
            raise ValueError("no")

        __hash__ = None

    containers.Array("i", [1])
    with pytest.raises(ValueError, match="no") as kept:
        containers.Array(Bad())
    first = containers.Array("i", [7] * 3)
    del kept
    gc.collect()
    second = containers.Array("i", [9] * 3)
    assert (first.tolist(), second.tolist()) == ([7] * 3, [9] * 3)


def test_bases_in_c_whose_construction_takes_arguments(pooled):
    @pooled.poolable(reset="reset")
    class Connection(sqlite3.Connection):
        def reset(self):
            return False

    connection = Connection(":memory:")
    assert connection.execute("select 1").fetchone() == (1,)
    connection.close()

    ctypes = limits.require("ctypes")

    @pooled.poolable(reset="reset")
    class Point(ctypes.Structure):
        _fields_ = (("x", ctypes.c_int),)

        def reset(self):
            self.x = 0

    if pooled.engine == "reference":
        limits.skip("proxy-is-no-structure")
    point = Point(3)
    assert point.x == 3


@pytest.mark.needs_pool
def test_a_class_that_goes_while_a_thread_ends(engine):
    code = """
import gc, threading
from pooled import poolable
class Trigger:
    def __del__(self): holder.clear(); gc.collect()
@poolable(reset="reset")
class First:
    def reset(self): pass
def make():
    @poolable(reset="reset")
    class Second:
        def reset(self): pass
    return Second
holder = [make()]
def work():
    first = First(); first.trigger = Trigger(); del first
    alive = [holder[0]() for _ in range(5)]
thread = threading.Thread(target=work); thread.start(); thread.join()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_an_object_that_a_finalizer_parks_while_its_class_is_collected(engine):
    code = """
import gc
from pooled import poolable, pool_of
def make():
    @poolable(scope="global", reset="reset")
    class Thing:
        def reset(self): pass
    return Thing
class User:
    def __init__(self, Thing): self.loan = pool_of(Thing).borrow(); self.me = self; Thing.user = self
    def __del__(self):
        with self.loan: pass
for _ in range(5):
    Thing = make(); User(Thing); del Thing; gc.collect()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_a_pool_that_goes_at_exit_with_another(engine):
    code = """
from pooled import GlobalPool, poolable
@poolable
class Thing: pass
class Bye:
    def __del__(self): pools.clear()
first = GlobalPool(Thing)
second = GlobalPool(Thing, reset=lambda obj, kept=first: None)
pools = {"first": first, "second": second}
thing = second.take(); thing.bye = Bye()
del thing, first, second
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_objects_that_came_from_another_class(pooled):
    class Plain:
        pass

    for obj in [Plain() for _ in range(100)]:
        obj.a = 1

    @pooled.poolable
    class Thing:
        def __init__(self):
            for name in "abcdefghijklmnopqrstuvwxy":
                setattr(self, name, name)

    if pooled.engine == "native" and limits.applies("fixed-deallocator"):
        limits.skip("fixed-deallocator")
    strangers = [Plain() for _ in range(50)]
    for stranger in strangers:
        stranger.__class__ = Thing
    del stranger
    strangers.clear()
    things = [Thing() for _ in range(50)]
    assert all(vars(thing) == {name: name for name in "abcdefghijklmnopqrstuvwxy"} for thing in things)


def test_detaching_and_assigning_in_a_reset_or_finalizer(pooled):
    @pooled.poolable(reset="reset")
    class Detached:
        def reset(self):
            pooled.detach(self)

    @pooled.poolable(max=0)
    class Late:
        def __del__(self):
            pooled.detach(self)

    for cls in (Detached, Late):
        cls()
        stats = pooled.pool_of(cls).stats()
        assert stats.live == 0, cls


def test_a_finalizer_that_saves_a_parked_object(pooled):
    saved = []

    @pooled.poolable
    class Thing:
        def __del__(self):
            saved.append(self)

    Thing()
    pooled.pool_of(Thing).clear()
    assert len(saved) == 1
    saved.clear()
    assert live(pooled, Thing) == 0


def test_prefilling_where_new_gives_the_same_object_again(pooled):
    @pooled.poolable(reset="reset")
    class Single:
        one = None

        def __new__(cls):
            if cls.one is None:
                cls.one = super().__new__(cls)
            return cls.one

        def reset(self): ...

    single = Single()
    for _ in range(3):
        pooled.pool_of(Single).prefill(1)
    assert pooled.pool_of(Single).stats().misses >= 0
    assert len(pooled.pool_of(Single)) == 0
    assert single is not None
    del Single.one


def test_what_changes_its_class_is_not_prefilled(pooled):
    if pooled.engine == "native" and limits.applies("fixed-deallocator"):
        limits.skip("fixed-deallocator")

    class Other:
        pass

    @pooled.poolable(reset="reset")
    class Thing:
        def __init__(self):
            self.__class__ = Other

        def reset(self): ...

    pool = pooled.GlobalPool(Thing)
    assert pool.prefill(2) == len(pool) == 0


def test_what_a_new_gives_of_a_subclass_is_initialised(pooled):
    @pooled.poolable(reset="reset")
    class Base:
        def __new__(cls):
            return object.__new__(Derived)

        def __init__(self):
            self.ready = True

        def reset(self): ...

    class Derived(Base):
        pass

    assert pooled.orphan(Base).ready
    assert Base().ready


def test_no_keywords_are_no_arguments(pooled):
    @pooled.poolable
    class Thing:
        pass

    assert isinstance(type.__call__(Thing), Thing)
    assert isinstance(Thing.__new__(Thing), Thing)


def test_memory_that_a_bytearray_kept_is_not_lost_when_it_is_constructed_anew(engine):
    code = """
import sys
from pooled import poolable
from pooled.containers import ByteArray
@poolable(max_cap=10**6)
class Text(ByteArray):
    def __init__(self, *args): super().__init__(*args)
def churn():
    for _ in range(500):
        Text("x" * 3000, "utf8")
        ByteArray("y" * 3000, "utf8")
        ByteArray.__new__(ByteArray).__init__("z", "utf8")
    return sys.getallocatedblocks()
churn()
before = churn()
grown = churn() - before
assert grown < 50, grown
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_the_end_of_a_thread_with_many_pools(pooled):
    classes = [pooled.poolable(type(f"Thing{n}", (), {})) for n in range(40)]

    def work():
        for cls in classes:
            alive = [cls() for _ in range(3)]
            alive.clear()

    for _ in range(3):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert [live(pooled, cls) for cls in classes] == [0] * 40


@pytest.mark.needs_pool
def test_objects_that_are_older_than_the_pool(pooled, importable):
    @importable(lambda cls: cls)
    class Thing:
        pass

    old = Thing()
    decorated = pooled.poolable(Thing)
    del old
    assert live(pooled, decorated) == 0
    decorated()
    assert pooled.pool_of(decorated).stats() == pooled.Stats(misses=1, recycled=1, parked=1)


def test_a_class_that_gets_other_bases_shows_nothing_of_an_earlier_life(pooled):
    class Base:
        __slots__ = ()

    class Other:
        __slots__ = ()

    @pooled.poolable(max=4)
    class Thing(Base):
        pass

    obj = Thing()
    obj.token = 1
    with contextlib.suppress(TypeError):  # not every class supports other attributes
        Thing.__bases__ = (Other,)
    del obj
    for _ in range(3):
        obj = Thing()
        assert not hasattr(obj, "token")
        obj.token = 1
        del obj
