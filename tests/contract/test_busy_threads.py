"""Contract lines 3, 9 and 12: a global pool knows of every parked object, whichever thread dropped it.

Without a GIL, a thread that uses a global pool often has a part of its parked objects at hand. Others cannot take
these, but all that concerns the whole pool sees them.
"""

import contextlib
import os
import queue
import threading

import effort
import limits
import pytest

OFTEN = 200
"""Takes and drops until a thread has objects at hand."""


@pytest.fixture
def thing(pooled):
    def make(**options):
        @pooled.poolable(scope="global", **options)
        class Thing:
            pass

        return Thing

    return make


def use_often(cls):
    for _ in range(OFTEN):
        cls()


@contextlib.contextmanager
def busy_threads(cls, count, drops):
    """Threads that have used a pool often, have dropped as many objects at once, and wait."""
    ready, done = threading.Barrier(count + 1), threading.Event()

    def work():
        use_often(cls)
        things = [cls() for _ in range(drops)]
        ready.wait()  # so that no thread takes what another has dropped
        things.clear()
        ready.wait()
        done.wait()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    ready.wait()
    ready.wait()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.needs_pool
def test_length_and_statistics_see_what_threads_have(pooled, thing):
    cls = thing()
    pool = pooled.pool_of(cls)
    with busy_threads(cls, 3, 100):
        made = pool.stats().misses
        assert made >= 300
        assert len(pool) == pool.stats().parked == made
    assert len(pool) == pool.stats().parked == made
    things = [cls() for _ in range(made)]
    assert (pool.stats().misses, pool.stats().live) == (made, made)
    del things


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    ("act", "left"),
    [
        (lambda pool: pool.clear(), lambda count: 0),
        (lambda pool: pool.prune(), lambda count: count - 102),
        (lambda pool: pool.resize(max=60), lambda count: 60),
        (lambda pool: (pool.trim(), pool.trim()), lambda count: count // 2),
    ],
    ids=["clear", "prune", "resize", "trim"],
)
def test_what_concerns_the_pool_reaches_what_threads_have(pooled, thing, act, left):
    cls = thing()
    pool = pooled.pool_of(cls)
    with busy_threads(cls, 3, 100):
        expected = left(len(pool))
        act(pool)
        assert len(pool) == expected
        things = [cls() for _ in range(expected)]
        assert len(pool) == 0
        del things
    assert len(pool) == pool.stats().parked == expected


@pytest.mark.needs_pool
def test_try_take_gets_what_another_thread_dropped(pooled, thing):
    cls = thing()
    with busy_threads(cls, 1, 20):
        things = [pooled.try_take(cls) for _ in range(len(pooled.pool_of(cls)))]
        assert len(things) >= 20
        assert None not in things
        assert pooled.try_take(cls) is None


@pytest.mark.needs_pool
@pytest.mark.parametrize("most", [0, 1, 100, 300, 1024])
def test_max_is_strict_whatever_threads_do(pooled, thing, most):
    cls = thing(max=most)
    pool = pooled.pool_of(cls)
    seen = []
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        for turn in range(effort.pick(short=4, long=40)):
            things = [cls() for _ in range(OFTEN + 61 * turn % 300)]
            del things[::2]
            seen.append(len(pool))
            del things
            seen.append(len(pool))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = pool.stats()
    assert max(seen) <= most
    assert stats.parked == len(pool) <= most
    assert stats.live == 0
    things = [cls() for _ in range(2 * most)]
    things.clear()
    assert len(pool) == most


@pytest.mark.needs_pool
def test_max_is_strict_while_it_changes(pooled, thing):
    cls = thing(max=1024)
    pool = pooled.pool_of(cls)
    done = threading.Event()

    def work():
        while not done.is_set():
            things = [cls() for _ in range(90)]
            del things

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(effort.pick(short=30, long=300)):
            most = (1024, 40, 300, 0)[turn % 4]
            pool.resize(max=most)
            assert len(pool) <= most
            assert pool.stats().parked <= most
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert pool.stats().live == 0


@pytest.mark.needs_pool
def test_a_thread_that_only_takes_gets_what_another_drops(pooled, thing):
    cls = thing()
    count = effort.pick(short=2000, long=20_000)
    crossing = queue.Queue(maxsize=20)

    def consume():
        for _ in range(count):
            crossing.get()

    consumer = threading.Thread(target=consume)
    consumer.start()
    for _ in range(count):
        crossing.put(cls())
    consumer.join()
    stats = pooled.pool_of(cls).stats()
    assert (stats.taken, stats.live) == (count, 0)
    assert stats.misses <= 400


@pytest.mark.needs_pool
@limits.skip_if("no-fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_has_what_threads_had(pooled, thing):
    cls = thing()
    pool = pooled.pool_of(cls)
    with busy_threads(cls, 2, 100):
        made = len(pool)
        child = os.fork()
        if child == 0:
            things = [cls() for _ in range(made)]
            os._exit(0 if (len(pool), pool.stats().misses, len(things)) == (0, made, made) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert len(pool) == made


@pytest.mark.needs_pool
def test_depth_follows_the_load_of_all_threads(pooled, thing):
    cls = thing(max="auto")
    pool = pooled.pool_of(cls)
    with busy_threads(cls, 2, 400):
        assert 672 <= len(pool) <= pool.depth <= pool.stats().misses
        assert pool.stats().live == 0
    pool.resize(max=10)
    assert (len(pool), pool.depth) == (10, 10)
