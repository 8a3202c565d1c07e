"""`ArrayPool`: ordinary arrays, whose memory returns to the pool when its last view is released."""

import copy
import ctypes
import gc
import itertools
import pickle
import queue
import random
import threading

import effort
import limits
import pytest
from helpers import on_another_thread, run_python
from hypothesis import given, settings
from hypothesis import strategies as st

np = limits.require("numpy")

MIB = 1 << 20

SHAPES = [(), 0, 1, 7, (3,), [2, 3], (4, 0, 2), (1, 2, 3, 4), np.int64(5), (np.int8(2), 3)]

SHOWS = {
    "slice": lambda a: a[1:],
    "element's view": lambda a: a[0, 0:1],
    "reshape": lambda a: a.reshape(-1),
    "transpose": lambda a: a.T,
    "view of another dtype": lambda a: a.view(np.uint8),
    "memoryview": memoryview,
    "array of a memoryview": lambda a: np.asarray(memoryview(a)),
    "iterator": lambda a: a.flat,
    "diagonal": lambda a: a.diagonal(),
    "frombuffer": lambda a: np.frombuffer(a, np.int8),
    "subclass": lambda a: a.view(np.ma.MaskedArray),
}


@pytest.fixture
def pool(arrays):
    return arrays.ArrayPool(max_bytes=MIB, name="test")


def adds_up(pool):
    stats = pool.stats()
    ends = stats.recycled + stats.discarded + stats.escaped + stats.collected + stats.detached
    assert stats.hits + stats.misses == stats.live + ends
    assert stats.parked == len(pool)
    assert pool.parked_bytes <= pool.max_bytes
    return stats


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    "dtype",
    [float, "f4", np.int8, bool, complex, "S5", "U3", "M8[ns]", "S", "V3", np.longdouble, [("a", "i1"), ("b", "f8")]],
    ids=str,
)
def test_it_is_what_numpy_makes(pool, dtype):
    for shape, order in itertools.product(SHAPES, ("C", "F")):
        made, expected = pool.take(shape, dtype, zero=True, order=order), np.zeros(shape, dtype, order)
        assert type(made) is np.ndarray
        assert (made.shape, made.dtype, made.strides) == (expected.shape, expected.dtype, expected.strides)
        assert made.tobytes() == expected.tobytes()
        for flag in ("aligned", "writeable", "c_contiguous", "f_contiguous"):
            assert getattr(made.flags, flag) == getattr(expected.flags, flag), flag
        if made.size:
            ctypes.memset(made.ctypes.data, 255, made.nbytes)
        del made
    assert pool.stats().hits > pool.stats().misses


def test_dtypes_with_parts_and_shapes(pool):
    made = pool.take((2, 3), np.dtype((np.int16, (4,))), zero=True)
    assert (made.shape, made.dtype) == ((2, 3, 4), np.int16)
    record = pool.take(4, [("x", "f4", (2,)), ("name", "S7")], zero=True)
    assert record["x"].shape == (4, 2)
    record["name"] = b"abc"
    assert record[3]["name"] == b"abc"


def test_the_default_is_float(pool):
    assert pool.take(3).dtype == np.float64


@pytest.mark.needs_pool
@pytest.mark.parametrize("show", SHOWS)
def test_memory_comes_home_with_the_last_view(pool, show):
    made = pool.take((3, 4))
    other = SHOWS[show](made)
    del made
    assert (len(pool), pool.stats().live) == (0, 1)
    del other
    assert (len(pool), adds_up(pool).live) == (1, 0)
    pool.take((3, 4))
    assert pool.stats().hits == 1


@pytest.mark.needs_pool
def test_memory_serves_any_dtype_and_shape_that_fits(pool):
    pool.take(1000, np.float64)
    assert pool.take((20, 100), np.float32).shape == (20, 100)
    assert pool.take(8192, np.uint8).shape == (8192,)
    assert (pool.stats().hits, len(pool), pool.parked_bytes) == (2, 1, 8192)
    pool.take(1025, np.float64)
    assert (pool.stats().misses, pool.parked_bytes) == (2, 8192 + 12288)


@pytest.mark.needs_pool
def test_zero(pool):
    pool.take(1000).fill(3)
    assert not pool.take(1000, zero=True).any()
    assert pool.stats().hits == 1
    pool.clear()
    assert not pool.take(100_000, zero=True).any()


@pytest.mark.needs_pool
def test_calculations_and_copies_are_ordinary_arrays(pool):
    made = pool.take(5)
    made[:] = range(5)
    for other in (made + 1, made.copy(), copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert type(other) is np.ndarray
        assert other.shape == (5,)
        assert not np.shares_memory(made, other)
    out = pickle.loads(pickle.dumps(made, protocol=5))
    assert (out == made).all()
    del made
    assert (len(pool), adds_up(pool).live) == (1, 0)


@pytest.mark.needs_pool
def test_pickles_out_of_band_keep_the_memory(pool):
    made = pool.take(1000)
    made.fill(7)
    buffers = []
    text = pickle.dumps(made, protocol=5, buffer_callback=buffers.append)
    del made
    assert pool.stats().live == 1
    again = pickle.loads(text, buffers=buffers)
    del buffers
    assert (again == 7).all()
    del again
    assert adds_up(pool).live == 0


REFERRING = [object, "O", [("a", "i4"), ("b", "O")], np.dtype((object, 2))]
if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
    REFERRING.append(np.dtypes.StringDType())


@pytest.mark.parametrize("dtype", REFERRING, ids=str)
def test_dtypes_that_refer_to_objects_are_refused(pool, dtype):
    with pytest.raises(TypeError, match=r"dtype=.*: its elements are references to objects.*use numpy\.empty"):
        pool.take(3, dtype)
    with pytest.raises(TypeError, match="dtype="):
        pool.prefill(3, 1, dtype)
    assert pool.stats().taken == 0


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda pool: pool.take(-1), ValueError, "shape=-1: expected 0 or more"),
        (lambda pool: pool.take((2, -3)), ValueError, "shape=-3: expected 0 or more"),
        (lambda pool: pool.take(1.5), TypeError, r"shape=1\.5: expected an int"),
        (lambda pool: pool.take("3"), TypeError, "shape='3': expected an int"),
        (lambda pool: pool.take((2, None)), TypeError, "shape=None: expected an int"),
        (lambda pool: pool.take((1 << 40, 1 << 40)), ValueError, "shape=.* larger than the address space"),
        (lambda pool: pool.take(3, order="K"), ValueError, "order='K': expected 'C'"),
        (lambda pool: pool.take(3, "no such"), TypeError, "no such"),
        (lambda pool: pool.take(1 << 58), MemoryError, None),
        (lambda pool: pool.prefill(3, -1), ValueError, "n=-1"),
        (lambda pool: type(pool)(max_bytes=-1), ValueError, "max_bytes=-1"),
        (lambda pool: type(pool)(max_cap="x"), TypeError, "max_cap='x'"),
        (lambda pool: type(pool)(name=1), TypeError, "name=1"),
    ],
)
def test_errors_say_what_is_wrong(pool, call, error, text):
    with pytest.raises(error, match=text):
        call(pool)
    assert pool.stats().taken == 0


@pytest.mark.needs_pool
def test_the_budget(arrays):
    pool = arrays.ArrayPool(max_bytes=10_000, max_cap=4096)
    held = [pool.take(512) for _ in range(3)]
    held.clear()
    assert (len(pool), pool.parked_bytes, pool.max_cap) == (2, 8192, 4096)
    pool.take(513)
    stats = adds_up(pool)
    assert (stats.recycled, stats.discarded_full, stats.discarded_large) == (2, 1, 1)
    assert repr(pool) == "<ArrayPool ArrayPool max_bytes=10000 max_cap=4096 parked_bytes=8192>"


@pytest.mark.needs_pool
def test_keeping(pooled, arrays):
    pool = arrays.ArrayPool(max_bytes=MIB, name="kept arrays")
    assert pool.prefill((100, 100), 3) == 3
    size = 81920
    assert (len(pool), pool.parked_bytes) == (3, 3 * size)
    assert pool.prefill((100, 100), 100, np.int8) == (MIB - 3 * size) // 12288
    assert pool.prune() > 0
    pool.resize(max_bytes=1 << 17)
    assert (1 << 17) - size < pool.parked_bytes <= 1 << 17
    assert pool.clear() > 0
    assert len(pool) == 0
    assert pooled.stats()["kept arrays"] == pool.stats()
    assert adds_up(pool).taken == 0


def test_what_the_collector_finds_is_used_again_only_if_nothing_can_reach_it(pool):
    saved = []

    class Phoenix:
        def __init__(self):
            self.me, self.view = self, memoryview(pool.take(10, np.uint8))

        def __del__(self):
            saved.append(self.view)

    Phoenix()
    gc.collect()
    (view,) = saved
    view[:] = b"saved data"
    for _ in range(3):
        pool.take(10, np.uint8).fill(1)
    assert view == b"saved data"
    saved.clear()
    del view
    assert adds_up(pool).live == 0


def test_an_array_keeps_its_memory_when_the_pool_is_gone(arrays):
    pool = arrays.ArrayPool()
    made = pool.take(1000)
    made.fill(3)
    del pool
    gc.collect()
    assert (made == 3).all()


Step = st.tuples(st.sampled_from(["take", "view", "drop"]), st.integers(1, 400), st.integers(0, 50))


@pytest.mark.needs_pool
@given(st.lists(Step, max_size=50), st.sampled_from([0, 500, 3000, 100_000]))
@settings(deadline=None, max_examples=effort.examples(100))
def test_no_two_arrays_share_memory(arrays, steps, max_bytes):
    pool = arrays.ArrayPool(max_bytes=max_bytes)
    held = []  # (views of one array, the number that fills it)
    for number, (what, size, which) in enumerate(steps):
        if what == "take":
            made = pool.take((size, 2), np.int32, zero=size % 2 == 1)
            assert size % 2 == 0 or not made.any()
            made.fill(number)
            held.append(([made], number))
            del made
        elif what == "view" and held:
            views, _ = held[which % len(held)]
            views.append(views[-1].T if which % 2 else views[0][::-1])
        elif what == "drop" and held:
            views, _ = held[which % len(held)]
            views.pop(which % len(views))
            if not views:
                del held[which % len(held)]
        for views, full_of in held:
            assert all((view == full_of).all() for view in views)
        assert adds_up(pool).live == len(held)


@pytest.mark.needs_pool
def test_no_memory_has_two_owners(arrays):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    threads, rounds = 4, 500
    pool = arrays.ArrayPool(max_bytes=100_000)
    crossing = queue.Queue(maxsize=20)
    barrier = threading.Barrier(threads)
    faults = []

    def work(number):
        rng = random.Random(seed + number)
        held = []
        barrier.wait()
        for turn in range(rounds):
            what = rng.random()
            if what < 0.5 or not held:
                made = pool.take(rng.choice((100, 1000, 3000)), np.int64)
                tag = number * rounds + turn
                made.fill(tag)
                held.append((rng.choice((made, made[1:], made[::-1])), tag))
                del made
            elif what < 0.8:
                del held[rng.randrange(len(held))]
            else:
                try:
                    crossing.put_nowait(held.pop())
                except queue.Full:
                    held.append(crossing.get())
            faults.extend(tag for array, tag in held[-3:] if not (array == tag).all())
            if pool.parked_bytes > pool.max_bytes:
                faults.append(f"{pool.parked_bytes} bytes are parked")

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while not crossing.empty():
        crossing.get()
    assert faults == []
    stats = adds_up(pool)
    assert stats.hits > 0
    assert (stats.live, stats.escaped, stats.collected) == (0, 0, 0)


@pytest.mark.needs_pool
def test_memory_comes_home_from_any_thread(pool):
    made = [pool.take(100) for _ in range(3)]
    on_another_thread(made.clear)
    assert (len(pool), adds_up(pool).recycled) == (3, 3)


EXIT = """
import atexit, sys, threading
import numpy as np
from pooled.contrib.numpy import ArrayPool

pool = ArrayPool()
in_a_global = pool.take(1000)
in_a_view = pool.take((10, 10)).T[1:]
sys.modules["somewhere"] = memoryview(pool.take(10))
class Cycle: pass
cycle = Cycle(); cycle.me, cycle.view = cycle, pool.take(100)

def in_a_daemon(started=threading.Event()):
    while True:
        started.set()
        pool.take(1000).fill(1)
threading.Thread(target=in_a_daemon, daemon=True).start()
atexit.register(lambda kept=pool.take(5): pool.take(len(kept)))
"""


def test_nothing_happens_at_exit(engine):
    for _ in range(effort.pick(short=1, long=3)):
        assert run_python(EXIT, POOLED_ENGINE=engine) == (0, "")


def test_without_numpy_it_says_what_to_install(engine):
    code = """
import sys
sys.modules["numpy"] = None
try:
    import pooled.contrib.numpy
except ImportError as error:
    print(error)
"""
    status, printed = run_python(code, POOLED_ENGINE=engine)
    assert (status, "pip install 'pooled-objects[numpy]'" in printed) == (0, True), printed


def test_without_an_engine_they_are_numpys_own():
    code = """
import sys
sys.modules["pooled._memory.arrays"] = None
import numpy as np
from pooled.contrib.numpy import ArrayPool
pool = ArrayPool(max_cap=100)
pool.resize(max_bytes=1 << 20)
made = pool.take((2, 3), "i4", zero=True, order="F")
assert made.flags.owndata and made.flags.f_contiguous and not made.any(), made
del made
assert pool.stats().taken == len(pool) == pool.parked_bytes == pool.prefill(3, 3) == pool.clear() == pool.prune() == 0
"""
    assert run_python(code, POOLED_ENGINE="off") == (0, "")
