"""Where memory is short, the engine gives back what is parked and tries once more, before it raises MemoryError."""

import limits
import pytest
from conftest import load


@pytest.fixture
def fails(pooled):
    """A function that calls another while these allocations fail, and returns the class of the error."""
    if pooled.engine != "native":
        limits.skip("native-only")
    testcapi = limits.require("_testcapi")

    def run(function, start, stop):
        error = None
        testcapi.set_nomemory(start, stop)
        try:
            function()
        except MemoryError as raised:
            error = type(raised)
        finally:
            testcapi.remove_mem_hooks()
        return error

    return run


def settles(is_done):
    """Whether this is true once pending calls have run."""
    sum(number for number in range(1000))
    return is_done()


@pytest.mark.needs_pool
@limits.skip_if("no-memory-for-cells")
@pytest.mark.parametrize("times", [1, 1000])
def test_an_object_is_allocated_at_the_second_try(pooled, fails, times):
    @pooled.poolable
    class Thing:
        __slots__ = ("value",)

    @pooled.poolable
    class Idle:
        pass

    pool = pooled.pool_of(Idle)
    pool.prefill(3)
    assert fails(Thing, 1, 1 + times) is (None if times == 1 else MemoryError)
    assert settles(lambda: len(pool) == 0), "all pools were trimmed"
    stats = pooled.pool_of(Thing).stats()
    assert (stats.live, stats.recycled) == (0, int(times == 1))


@pytest.mark.needs_pool
@limits.skip_if("no-memory-for-cells")
def test_the_memory_of_arrays_and_buffers_is_given_back(pooled, containers, arrays, fails):
    pools = [arrays.ArrayPool(), containers.BufferPool()]
    for pool in pools:
        assert pool.prefill(1 << 16, 2) == 2
    load(POOLED_ENGINE="native")  # another copy of the package has pools of its own

    for start in range(20):  # which allocation is that of the object depends on the free lists

        @pooled.poolable
        class Thing:
            pass

        fails(Thing, start, start + 1)
        if settles(lambda: [pool.parked_bytes for pool in pools] == [0, 0]):
            return
    pytest.fail(f"{[pool.parked_bytes for pool in pools]} bytes are parked")


@pytest.mark.needs_pool
@limits.skip_if("no-memory-for-cells")
def test_a_smaller_limit_holds_where_there_is_no_memory_to_enforce_it(pooled, fails, scope):
    @pooled.poolable(scope=scope)
    class Thing:
        pass

    pool = pooled.pool_of(Thing)
    for start in range(100):
        pool.resize(max=9)
        pool.prefill(9)
        fails(lambda: pool.resize(max=4), start, 0)
        pool.resize(max=4)
        assert len(pool) <= 4


@pytest.fixture(params=["local", "global"])
def scope(request):
    return request.param


@pytest.mark.needs_pool
@limits.skip_if("no-memory-for-cells")
def test_a_chain_is_dropped_without_any_memory(pooled, fails):
    @pooled.poolable
    class Link:
        __slots__ = ("next",)

        def __init__(self, following):
            self.next = following

    chain = None
    for _ in range(5000):
        chain = Link(chain)
    held = [chain]
    del chain
    assert fails(held.clear, 0, 0) is None
    assert pooled.pool_of(Link).stats().live == 0
