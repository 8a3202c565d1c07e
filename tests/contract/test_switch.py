"""Contract lines 3 and 12: `disable` and `enable` turn pooling off and on in a running process; no count is lost."""

import threading

import pytest


@pytest.fixture
def off(pooled):
    """Pooling is off during the test."""
    pooled.disable()
    yield
    pooled.enable()


@pytest.fixture(autouse=True)
def on_again(pooled):
    yield
    pooled.enable()


def define(pooled, **limits):
    @pooled.poolable(max=8, **limits)
    class Thing:
        def __init__(self, value=0):
            self.value = value

    return Thing


def adds_up(stats):
    ended = stats.recycled + stats.discarded_full + stats.escaped + stats.collected + stats.detached
    assert stats.taken + stats.inserted == stats.live + ended
    return stats


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
@pytest.mark.parametrize("by_class", [False, True])
def test_nothing_is_parked_while_it_is_off(pooled, scope, by_class):
    cls = define(pooled, scope=scope)
    target = (cls,) if by_class else ()
    other = define(pooled)
    other()
    kept = [cls(value) for value in range(3)]
    kept.pop()
    pool = pooled.pool_of(cls)
    assert len(pool) == 1
    pooled.disable(*target)
    assert (len(pool), pool.policy.max, pool.prefill(3)) == (0, 8, 0)
    assert len(pooled.pool_of(other)) == by_class
    kept.pop()
    for value in range(4):
        assert cls(value).value == value
        pooled.take(cls)
    assert len(pool) == 0
    assert adds_up(pool.stats()) == pooled.Stats(misses=11, recycled=1, discarded_full=9)
    pooled.enable(*target)
    kept.pop()
    assert len(pool) == 1
    assert cls(5).value == 5
    assert adds_up(pool.stats()) == pooled.Stats(hits=1, misses=11, recycled=3, discarded_full=9, parked=1)


def test_parked_objects_of_other_threads_are_freed(pooled):
    cls = define(pooled)
    parked, ended = threading.Event(), threading.Event()

    def park():
        cls()
        parked.set()
        ended.wait(60)

    thread = threading.Thread(target=park)
    thread.start()
    assert parked.wait(60)
    pooled.disable()
    assert pooled.pool_of(cls).stats().parked == 0
    ended.set()
    thread.join()


@pytest.mark.needs_pool
def test_the_switch_of_a_class_and_that_of_all_are_two(pooled):
    cls, other = define(pooled), define(pooled)

    def parks(cls):
        cls()
        return len(pooled.pool_of(cls)) == 1

    pooled.disable(cls)
    assert (parks(cls), parks(other)) == (False, True)
    pooled.disable()
    pooled.enable(cls)
    assert (parks(cls), parks(other)) == (False, False)
    pooled.enable()
    assert (parks(cls), parks(other)) == (True, True)
    pooled.disable(cls)
    pooled.disable()
    pooled.enable()
    assert (parks(cls), parks(other)) == (False, True)
    pooled.pool_of(cls).resize(max=3)
    assert not parks(cls)
    pooled.enable(cls)
    assert parks(cls)
    assert pooled.pool_of(cls).policy.max == 3


@pytest.mark.needs_pool
def test_pools_that_are_made_while_it_is_off(pooled, containers, off):
    cls = define(pooled)
    pools = [pooled.pool_of(cls), pooled.LocalPool(cls, max=3), pooled.GlobalPool(list)]
    memory = containers.BufferPool(max_bytes=1 << 12)
    cls()
    for pool in pools[1:]:
        pool.take()
    memory.take(100)
    assert [len(pool) for pool in (*pools, memory)] == [0] * 4
    pooled.enable()
    cls()
    for pool in pools[1:]:
        pool.take()
    memory.take(100)
    assert [len(pool) for pool in (*pools, memory)] == [1] * 4


@pytest.mark.needs_pool
def test_memory_is_freed(pooled, containers):
    memory = containers.BufferPool(max_bytes=1 << 12)
    view = memory.take(1000)
    memory.take(100)
    assert memory.parked_bytes
    pooled.disable()
    assert (memory.parked_bytes, memory.max_bytes, memory.max_cap) == (0, 1 << 12, 1 << 12)
    memory.resize(max_bytes=1 << 13)
    del view
    memory.take(100)
    assert (memory.parked_bytes, memory.max_bytes) == (0, 1 << 13)
    pooled.enable()
    memory.take(100)
    assert memory.parked_bytes
    assert memory.stats().live == 0


def test_a_class_that_is_not_poolable(pooled):
    for function in (pooled.disable, pooled.enable):
        with pytest.raises(TypeError, match="cls=<class 'int'>: expected a poolable class"):
            function(int)


@pytest.mark.needs_pool
def test_it_is_turned_off_and_on_all_the_time(pooled):
    """Objects are taken and dropped on some threads, while another one turns pooling off and on."""
    classes = [define(pooled, scope=scope) for scope in ("local", "global")]
    barrier, stop, errors = threading.Barrier(4), threading.Event(), []

    def work():
        kept = []
        try:
            barrier.wait(60)
            for i in range(3000):
                obj = classes[i % 2](i)
                kept.append(obj)
                assert vars(obj) == {"value": i}
                del obj
                del kept[: -(i % 7) or None]
        except BaseException as error:
            errors.append(error)

    def turn():
        barrier.wait(60)
        while not stop.is_set():
            for target in ((), classes[:1]):
                pooled.disable(*target)
                pooled.enable(*target)

    workers = [threading.Thread(target=work) for _ in range(3)]
    turning = threading.Thread(target=turn)
    for thread in (*workers, turning):
        thread.start()
    for thread in workers:
        thread.join()
    stop.set()
    turning.join()
    assert not errors
    for cls in classes:
        stats = adds_up(pooled.pool_of(cls).stats())
        assert (stats.taken, stats.live) == (3 * 1500, 0)
