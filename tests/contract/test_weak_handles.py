"""Weak references to pools, and what keeps the parked objects of a pool alive."""

import gc
import threading
import tracemalloc
from weakref import WeakSet, ref

import limits
import pytest

OBJECT_POOLS = ["local", "global", "local, of a function", "global, of a function", "of a class written in C"]


def make_pool(pooled, kind):
    """A pool that nothing refers to but the caller."""
    scope, _, of = kind.partition(", ")
    if kind == "of a class written in C":
        return pooled.GlobalPool(list)
    made = {"local": pooled.LocalPool, "global": pooled.GlobalPool}[scope]
    if of:
        return made(list, reset=list.clear)
    return made(pooled.poolable(type("Thing", (), {})))


@pytest.mark.parametrize("kind", [*OBJECT_POOLS, "memory", "arrays"])
def test_a_weak_reference_does_not_keep_a_pool(pooled, containers, request, kind):
    if kind == "memory":
        pool = containers.BufferPool()
    elif kind == "arrays":
        pool = request.getfixturevalue("arrays").ArrayPool()
    else:
        pool = make_pool(pooled, kind)
    weak, collected = ref(pool), []
    called = ref(pool, collected.append)
    assert weak() is pool
    assert set(WeakSet([pool])) == {pool}
    taken = pool.take(100) if kind in ("memory", "arrays") else pool.take()
    take = pool.take
    del pool
    assert weak() is not None, "a bound method is a reference to its pool"
    del take
    assert weak() is None, "an object in use is none"
    assert collected == [called]
    del taken


@limits.skip_if("immortal-classes")
@pytest.mark.parametrize("scope", ["local", "global"])
def test_the_pool_of_a_class_lives_as_long_as_the_class(pooled, scope):
    @pooled.poolable(scope=scope)
    class Thing:
        pass

    weak, obj = ref(pooled.pool_of(Thing)), Thing()
    gc.collect()
    assert weak() is pooled.pool_of(Thing)
    del Thing
    gc.collect()
    assert weak() is not None, "an object keeps its class, which keeps its pool"
    del obj
    gc.collect()
    gc.collect()
    assert weak() is None


@pytest.fixture
def died():
    return []


def pool_of_mortals(pooled, kind, died):
    """A pool of objects that append their number to `died` when they are freed."""

    class Mortal:
        def __init__(self):
            self.number = 0

        def __del__(self):
            died.append(1)

    made = {"local": pooled.LocalPool, "global": pooled.GlobalPool}[kind.partition(",")[0]]
    if "function" in kind:
        return made(lambda: Mortal(), reset=lambda obj: None)
    if "not poolable" in kind:
        return made(Mortal, reset=lambda obj: None)
    return made(pooled.poolable(reset=lambda obj: None)(Mortal))


MORTAL_POOLS = [f"{scope}{of}" for scope in ("local", "global") for of in ("", ", of a function", ", not poolable")]


@pytest.mark.needs_pool
@pytest.mark.parametrize("kind", MORTAL_POOLS)
def test_objects_in_use_do_not_keep_the_parked_objects_of_a_dropped_pool(pooled, kind, died):
    pool = pool_of_mortals(pooled, kind, died)
    one, other = pool.take(), pool.take()
    one.number = 7
    del other
    assert (len(pool), died) == (1, [])
    del pool
    assert died == [1]
    assert one.number == 7
    del one
    assert died == [1, 1], "an object of a pool that is gone is freed"


@pytest.mark.needs_pool
@pytest.mark.parametrize("kind", MORTAL_POOLS)
def test_a_dropped_pool_frees_what_other_threads_have_parked(pooled, kind, died):
    pool = pool_of_mortals(pooled, kind, died)
    pools, parked, dropped = [pool], threading.Event(), threading.Event()

    def park():
        pools[0].prefill(2)
        parked.set()
        dropped.wait()

    thread = threading.Thread(target=park)
    thread.start()
    parked.wait()
    pools.clear()
    del pool
    before_the_thread_ended = len(died)
    dropped.set()
    thread.join()
    assert len(died) == 2
    if not limits.FREE_THREADED:  # CPython may leave the last drop of an object to the thread that made it
        assert before_the_thread_ended == 2


@pytest.mark.needs_pool
@pytest.mark.parametrize("kind", MORTAL_POOLS)
def test_a_borrowed_object_of_a_dropped_pool(pooled, kind, died):
    pool = pool_of_mortals(pooled, kind, died)
    pool.prefill(2)
    with pool.borrow() as one:
        del pool
        assert len(died) == 1
        assert one.number == 0
    del one
    gc.collect()  # the reference engine keeps a borrowed object together with the rest of its pool
    assert len(died) == 2


@pytest.mark.needs_pool
def test_a_pool_in_a_cycle(pooled, died):
    pool = pool_of_mortals(pooled, "global, of a function", died)
    weak = ref(pool)
    held = [pool.take(), pool]
    held.append(held)
    pool.prefill(2)
    del pool, held
    gc.collect()
    assert weak() is None
    assert len(died) == 3


@pytest.mark.needs_pool
def test_views_in_use_do_not_keep_the_parked_blocks_of_a_dropped_pool(containers):
    pool = containers.BufferPool(max_bytes=1 << 24)
    tracemalloc.start()
    try:
        view = pool.take(1 << 20)
        view[:5] = b"hello"
        pool.take(1 << 21).release()
        assert pool.parked_bytes == 1 << 21
        before, _ = tracemalloc.get_traced_memory()
        del pool
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        assert before - after > 1 << 20
        assert bytes(view[:5]) == b"hello"
        view.release()
        last, _ = tracemalloc.get_traced_memory()
        assert after - last > 1 << 19
    finally:
        tracemalloc.stop()


def test_a_pool_whose_arguments_are_wrong_says_nothing_more(pooled, containers, unraisable):
    for make in (lambda: pooled.LocalPool(5), lambda: containers.BufferPool(max_bytes=-1), lambda: pooled.Pool(list)):
        with pytest.raises((TypeError, ValueError)):
            make()
    assert unraisable == []
