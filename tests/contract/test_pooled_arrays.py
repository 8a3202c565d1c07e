"""`pooled_arrays`: NumPy takes the memory of arrays from a pool, and the arrays are as ever."""

import asyncio
import contextvars
import copy
import gc
import inspect
import pickle
import threading
import tracemalloc

import limits
import pytest
from helpers import on_another_thread

np = limits.require("numpy")

MIB = 1 << 20

NAME = np._core.multiarray.get_handler_name if hasattr(np, "_core") else np.core.multiarray.get_handler_name


@pytest.fixture
def pooled_arrays(arrays):
    limits.require("pooled._memory.arrays")
    return arrays.pooled_arrays


def is_served(nbytes=MIB):
    """Whether the memory of a new array comes from a pool."""
    return NAME(np.empty(nbytes, np.uint8)) == "pooled"


@pytest.mark.needs_pool
def test_memory_returns_and_is_used_again(pooled_arrays):
    with pooled_arrays() as memory:
        first = np.empty(MIB, np.uint8)
        address = first.ctypes.data
        del first
        assert memory.parked_bytes >= MIB
        assert np.empty(MIB, np.uint8).ctypes.data == address
        stats = memory.stats()
        assert (stats.hits, stats.misses, stats.recycled) == (1, 1, 2)


@pytest.mark.needs_pool
def test_an_expression_reuses_its_temporaries(pooled_arrays):
    one = np.ones(MIB)
    with pooled_arrays() as memory:
        for _ in range(10):
            result = np.sqrt(one * one + one) - one
        stats = memory.stats()
    assert np.allclose(result, 2**0.5 - 1)
    assert stats.misses <= 4
    assert stats.hits >= 15


@pytest.mark.parametrize("size", [1, 100, 1000, 4095, 32767])
def test_small_arrays_are_numpys_own(pooled_arrays, size):
    with pooled_arrays() as memory:
        made = np.ones(size, np.uint8)
        assert made.all()
        del made
        assert memory.stats().taken == 0


def test_arrays_above_the_limit_are_numpys_own(pooled_arrays):
    with pooled_arrays("1MiB") as memory:
        del_me = [np.ones(MIB + 1, np.uint8), np.zeros(2 * MIB, np.uint8)]
        assert all(each.any() == (i == 0) for i, each in enumerate(del_me))
        assert memory.stats().taken == 0
        with pytest.raises(MemoryError):
            np.empty(1 << 60, np.uint8)


@pytest.mark.needs_pool
def test_the_limit_holds_for_all_sizes_together(pooled_arrays):
    with pooled_arrays(4 * MIB) as memory:
        kept = [np.empty(size, np.uint8) for size in range(100_000, 900_000, 20_000)]
        del kept
        assert 0 < memory.parked_bytes <= 4 * MIB
        assert memory.stats().parked < 40


@pytest.mark.needs_pool
def test_a_new_size_drives_out_one_that_was_not_used_for_longer(pooled_arrays):
    with pooled_arrays(4 * MIB) as memory:
        del_me = [np.empty(MIB, np.uint8) for _ in range(4)]
        del del_me[:]
        np.empty(3 * MIB, np.uint8)
        before = memory.stats().hits
        np.empty(3 * MIB, np.uint8)
        assert memory.stats().hits == before + 1


@pytest.mark.needs_pool
@pytest.mark.parametrize("dtype", ["f8", "i1", "S7", "U3", "O", "M8[ns]", [("a", "i1"), ("b", "f8")]], ids=str)
def test_zeros_are_zero(pooled_arrays, dtype):
    with pooled_arrays() as memory:
        for number in range(40):
            used = np.empty(MIB, np.uint8)
            used[:] = 255
            del used
            zeros = np.zeros(MIB // np.dtype(dtype).itemsize, dtype)
            assert zeros.tobytes() == bytes(zeros.nbytes) or dtype == "O"
            if number % 3:
                zeros[:] = np.ones(1, np.uint8).astype(dtype) if not isinstance(dtype, list) else (1, 2)
            del zeros
        assert memory.stats().hits > 0


@pytest.mark.needs_pool
def test_zeros_that_nobody_writes_to_take_no_memory(pooled_arrays):
    with pooled_arrays() as memory:
        for _ in range(20):
            np.zeros(8 * MIB, np.uint8)
        assert memory.parked_bytes == 0
        assert memory.stats().discarded_refused == 20


@pytest.mark.needs_pool
@pytest.mark.parametrize(("nbytes", "times"), [(MIB, 300), (32 * MIB, 6)])
def test_zeros_that_are_written_to_use_the_same_block_again(pooled_arrays, nbytes, times):
    with pooled_arrays("1GiB") as memory:
        for _ in range(times):
            np.zeros(nbytes, np.uint8).fill(1)
        assert memory.parked_bytes <= nbytes
        assert memory.stats().hits >= times - 2


def test_resizing_keeps_the_content(pooled_arrays):
    with pooled_arrays():
        grown = np.arange(10_000)
        for size in (20_000, 20_100, 200_000, 199_000, 5_000, 100, 50_000):
            common = min(size, len(grown))
            before = grown[:common].copy()
            grown.resize(size, refcheck=False)
            assert (grown[:common] == before).all()
            assert not grown[common:].any()


def test_growing_within_a_block_stays_in_place(pooled_arrays):
    with pooled_arrays():
        grown = np.ones(MIB + 1, np.uint8)
        address = grown.ctypes.data
        grown.resize(MIB + 100_000, refcheck=False)
        assert grown.ctypes.data == address


def test_arrays_outlive_the_block(pooled_arrays):
    with pooled_arrays() as memory:
        inside = np.arange(MIB)
        view = inside[5:]
    del inside
    assert view[0] == 5
    assert memory.parked_bytes == 0
    del view
    assert memory.parked_bytes == 0
    assert not is_served()


def test_arrays_made_before_are_freed_inside(pooled_arrays):
    before = [np.ones(size) for size in (1, 100, 10_000, MIB)]
    with pooled_arrays() as memory:
        assert all(each.all() for each in before)
        del before
        assert memory.stats().taken == 0


@pytest.mark.needs_pool
def test_addresses_are_aligned(pooled_arrays):
    with pooled_arrays():
        assert {np.empty(size, np.uint8).ctypes.data % 64 for size in range(40_000, MIB, 33_333)} == {0}


def test_the_result_of_a_copy_a_pickle_and_an_ndarray_method(pooled_arrays):
    with pooled_arrays():
        made = np.arange(100_000)
        for other in (
            copy.deepcopy(made),
            pickle.loads(pickle.dumps(made)),
            made[::-1][::-1],
            np.frombuffer(made, made.dtype),
        ):
            assert (other == made).all()
        assert made.flags.owndata
        assert (np.sort(made[::-1]) == made).all()
        assert (np.argsort(made) == made).all()


def test_objects_in_arrays_are_released(pooled_arrays):
    class Thing:
        pass

    with pooled_arrays():
        things = np.empty(10_000, object)
        things[:] = thing = Thing()
        del things
        again = np.empty(10_000, object)
        assert not any(value is thing for value in again)
        assert not [each for each in gc.get_referrers(thing) if isinstance(each, np.ndarray)]


# Contexts.


@pytest.mark.needs_pool
def test_it_nests(pooled_arrays):
    with pooled_arrays() as outer:
        with pooled_arrays() as inner:
            np.empty(MIB)
            with inner:
                np.empty(MIB)
            np.empty(MIB)
            assert (outer.stats().taken, inner.stats().taken) == (0, 3)
        np.empty(MIB)
        assert (outer.stats().taken, inner.stats().taken) == (1, 3)
    assert not is_served()


def test_an_exception_ends_it(pooled_arrays):
    with pytest.raises(KeyError), pooled_arrays():
        raise KeyError
    assert not is_served()


@pytest.mark.needs_pool
def test_other_threads_are_not_served(pooled_arrays):
    with pooled_arrays():
        assert not on_another_thread(is_served)
        assert is_served()


def test_the_context_that_was_copied_passes_through_afterwards(pooled_arrays):
    with pooled_arrays() as memory:
        inside = contextvars.copy_context()
    taken = memory.stats().taken
    made = inside.run(np.ones, MIB)
    assert made.all()
    del made
    assert (memory.stats().taken, memory.parked_bytes) == (taken, 0)


@pytest.mark.needs_pool
def test_tasks_that_overlap(pooled_arrays):
    async def work(memory, entered, leave):
        with memory:
            entered.set()
            await leave.wait()
            assert is_served()
        assert not is_served()

    async def main():
        memory, events = pooled_arrays(), [asyncio.Event() for _ in range(4)]
        first = asyncio.create_task(work(memory, events[0], events[1]))
        await events[0].wait()
        second = asyncio.create_task(work(memory, events[2], events[3]))
        await events[2].wait()
        events[1].set()
        await first
        assert not is_served()
        events[3].set()
        await second
        assert not is_served()

    asyncio.run(main())


@pytest.mark.needs_pool
def test_a_decorated_function(pooled_arrays):
    memory = pooled_arrays()

    @memory
    def served(number, *, other=2):
        "Says whether."
        return is_served(), number, other

    assert served(1, other=3) == (True, 1, 3)
    assert (served.__doc__, served.__name__) == ("Says whether.", "served")
    assert not is_served()
    assert served(1)[0]
    assert memory.stats().hits == 1, "memory stays for the next call"


@pytest.mark.needs_pool
def test_a_decorated_generator_does_not_leak_to_its_caller(pooled_arrays):
    @pooled_arrays()
    def generate():
        try:
            received = yield is_served()
            with pytest.raises(KeyError):
                yield received, is_served()
            yield is_served()
        finally:
            ended.append(is_served())
        return "result"

    ended = []
    assert inspect.isgeneratorfunction(generate)
    steps = generate()
    assert next(steps)
    assert not is_served()
    assert steps.send("sent") == ("sent", True)
    assert steps.throw(KeyError())
    assert not is_served()
    with pytest.raises(StopIteration) as stopped:
        next(steps)
    assert stopped.value.value == "result"
    steps = generate()
    next(steps)
    steps.close()
    assert ended == [True, True]
    assert not is_served()


@pytest.mark.needs_pool
def test_a_decorated_coroutine_does_not_leak_to_other_tasks(pooled_arrays):
    @pooled_arrays()
    async def work():
        for _ in range(3):
            assert is_served()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), 0.001)
        return is_served()

    async def main():
        assert inspect.iscoroutinefunction(work)
        assert await asyncio.gather(work(), work()) == [True, True]
        assert await work()
        assert not is_served()

    asyncio.run(main())


@pytest.mark.needs_pool
def test_a_decorated_asynchronous_generator(pooled_arrays):
    @pooled_arrays()
    async def generate():
        try:
            received = yield is_served()
            await asyncio.sleep(0)
            try:
                yield received, is_served()
            except KeyError:
                yield is_served()
        finally:
            ended.append(is_served())

    ended = []

    async def main():
        steps = generate()
        assert await anext(steps)
        assert not is_served()
        assert await steps.asend("sent") == ("sent", True)
        assert await steps.athrow(KeyError())
        await steps.aclose()
        assert ended == [True]
        assert [each async for each in generate()] == [True, (None, True)]
        assert not is_served()

    asyncio.run(main())


@pytest.mark.parametrize("what", [int, 3, "name", type("Local", (), {})])
def test_it_decorates_functions_only(pooled_arrays, what):
    with pytest.raises(TypeError, match="pooled_arrays decorates a function, got "):
        pooled_arrays()(what)


@pytest.mark.parametrize(
    ("value", "error"), [(-1, ValueError), ("1 bit", ValueError), (1.5, TypeError), (None, TypeError)]
)
def test_a_limit_that_is_no_number_of_bytes(pooled_arrays, value, error):
    with pytest.raises(error, match="max_bytes="):
        pooled_arrays(value)


# The other pools.


@pytest.mark.needs_pool
def test_it_is_a_pool_among_the_others(pooled, pooled_arrays):
    with pooled_arrays("8MiB", name="of the model") as memory:
        np.empty(MIB)
        assert pooled.stats()["of the model"] == memory.stats()
        assert memory.parked_bytes > 0
        pooled.clear()
        assert memory.parked_bytes == 0
        np.empty(MIB, np.uint8)
        pooled.trim()
        pooled.trim()
        assert memory.parked_bytes == 0
        np.empty(MIB, np.uint8)
        assert pooled.prune() > 0
        assert "of the model" in str(pooled.report())


@pytest.mark.needs_pool
def test_pooling_that_is_turned_off(pooled, pooled_arrays):
    with pooled_arrays() as memory:
        kept = np.ones(MIB)
        pooled.disable()
        try:
            del kept
            made = np.ones(MIB)
            assert memory.parked_bytes == 0
            assert memory.stats().taken == 1
        finally:
            pooled.enable()
        del made
        np.empty(MIB)
        assert memory.parked_bytes > 0


def test_a_budget_holds_for_arrays_too(pooled, pooled_arrays):
    with pooled_arrays() as memory:
        np.empty(MIB, np.uint8)
        pooled.configure(budget=1000)
        try:
            for _ in range(500):
                if memory.parked_bytes == 0:
                    break
                threading.Event().wait(0.01)
            assert memory.parked_bytes == 0
        finally:
            pooled.configure(budget=None)


def test_tracemalloc_counts_arrays_as_ever(pooled_arrays):
    def traced():
        tracemalloc.start()
        try:
            made = np.ones(MIB), np.zeros(MIB)
            counted = tracemalloc.get_traced_memory()[0]
            del made
            return round(counted / MIB), round(tracemalloc.get_traced_memory()[0] / MIB)
        finally:
            tracemalloc.stop()

    plain = traced()
    with pooled_arrays():
        np.ones(MIB)
        assert traced() == plain == (16, 0)
