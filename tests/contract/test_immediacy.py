"""Contract line 2: an object is reset and parked when its last reference is dropped, on the thread that drops it."""

import threading
import weakref

import limits
import pytest
from helpers import on_another_thread


@pytest.fixture
def thing(pooled):
    def make(**limits):
        @pooled.poolable(**limits, reset="reset")
        class Thing:
            events = []

            def __init__(self):
                self.value = 0

            def reset(self):
                self.events.append(threading.current_thread().name)

        return Thing

    return make


@pytest.mark.needs_pool
def test_at_the_last_reference_and_not_before(pooled, thing):
    cls = thing()
    pool = pooled.pool_of(cls)
    obj = cls()
    alias = [obj]
    del obj
    assert (cls.events, len(pool)) == ([], 0)
    alias.clear()
    assert (cls.events, len(pool)) == ([threading.current_thread().name], 1)


def test_weak_references_are_dead_by_then(pooled, thing):
    cls = thing()
    called = []
    obj = cls()
    ref = weakref.ref(obj, lambda _: called.append(len(cls.events)))
    assert ref() is not None
    del obj
    assert ref() is None
    assert len(called) == 1


@limits.skip_if("no-pool")
def test_in_the_middle_of_an_expression(pooled, thing):
    cls = thing()
    assert (cls().value, len(cls.events)) == (0, 1)


@pytest.mark.needs_pool
def test_a_local_pool_takes_what_is_dropped_on_its_thread(pooled, thing, free_threaded):
    cls = thing()
    pool = pooled.pool_of(cls)
    box = [cls()]

    def drop():
        box.clear()
        return cls.events.copy(), len(pool)

    events, parked = on_another_thread(drop)
    if not free_threaded:  # CPython may drop the last reference on the thread that created the object
        assert (events, parked) == (["other"], 1)
    assert pool.stats().recycled == 1
    assert len(pool) == 1 - parked


@pytest.mark.needs_pool
def test_a_global_pool_gets_back_what_it_gave(pooled, thing, free_threaded):
    cls = thing(scope="global")
    pool = pooled.pool_of(cls)
    box = [cls()]
    on_another_thread(box.clear)
    if not free_threaded:
        assert cls.events == ["other"]
    assert len(pool) == 1
    assert on_another_thread(lambda: pooled.take(cls).value) == 0
    assert pool.stats().hits == 1
