"""`BufferPool`: memory of exactly the requested size, which returns to the pool when its last view is released."""

import ctypes
import gc
import io
import os
import queue
import random
import re
import signal
import socket
import sys
import threading
import weakref
from array import array

import effort
import limits
import pytest
from conftest import load
from helpers import on_another_thread, run_python
from hypothesis import given, settings
from hypothesis import strategies as st

KIB = 1024

SHOWS = {
    "slice": lambda view: view[2:7],
    "slice of a slice": lambda view: view[::2][1:],
    "cast": lambda view: view.cast("I"),
    "read-only": lambda view: view.toreadonly(),
    "another memoryview": memoryview,
    "ctypes": lambda view: (ctypes.c_char * 4).from_buffer(view),
    "what lends it": lambda view: view.obj,
    "iterator": iter,
}


@pytest.fixture
def pool(containers):
    return containers.BufferPool(max_bytes=64 * KIB, name="test")


def adds_up(pool):
    stats = pool.stats()
    ends = stats.recycled + stats.discarded + stats.escaped + stats.collected + stats.detached
    assert stats.hits + stats.misses == stats.taken == stats.live + ends
    assert stats.parked == len(pool)
    assert pool.parked_bytes <= pool.max_bytes
    return stats


@pytest.mark.parametrize("nbytes", [0, 1, 63, 64, 65, 1000, 4096, 100_001])
def test_a_view_is_just_as_large_as_was_asked_for(pool, nbytes):
    for _ in range(2):
        view = pool.take(nbytes)
        assert (view.nbytes, view.format, view.itemsize, view.ndim) == (nbytes, "B", 1, 1)
        assert not view.readonly
        assert view.c_contiguous
        text = bytes(index % 251 for index in range(nbytes))
        view[:] = text
        assert view == text
        del view


@pytest.mark.needs_pool
@pytest.mark.parametrize("show", SHOWS)
def test_memory_comes_home_with_the_last_view(pool, show):
    view = pool.take(64)
    other = SHOWS[show](view)
    del view
    assert (len(pool), pool.stats().live) == (0, 1)
    assert pool.take(64).obj is not other
    assert len(pool) == 1, "that was other memory"
    pool.clear()
    del other
    assert (len(pool), adds_up(pool).live) == (1, 0)


@pytest.mark.needs_pool
def test_memory_comes_home_at_the_end_of_a_block(pool):
    with pool.take(10) as view:
        view[:] = b"0123456789"
        part = view[3:]
    assert len(pool) == 0
    assert part == b"3456789"
    part.release()
    assert (len(pool), adds_up(pool).recycled) == (1, 1)
    with pytest.raises(ValueError, match="released"):
        view[0]


@pytest.mark.needs_pool
def test_memory_serves_what_fits_into_its_size_class(pool):
    pool.take(1000)
    assert pool.take(513)[:].nbytes == 513
    assert (pool.stats().hits, len(pool), pool.parked_bytes) == (1, 1, 1024)
    pool.take(512)
    pool.take(1025)
    assert (pool.stats().misses, len(pool), pool.parked_bytes) == (3, 3, 1024 + 512 + 2048)


@limits.skip_if("no-pool")
def test_what_was_used_last_is_used_again_first(pool):
    first, second = pool.take(100), pool.take(100)
    first[:1], second[:1] = b"1", b"2"
    del first
    del second
    assert bytes(pool.take(100)[:1]) == b"2"


@pytest.mark.needs_pool
@pytest.mark.parametrize("nbytes", [1, 64, 100, 5000])
def test_zero(pool, nbytes):
    pool.take(nbytes)[:] = b"x" * nbytes
    assert pool.take(nbytes, zero=True) == bytes(nbytes)
    assert pool.stats().hits == 1
    pool.clear()
    assert pool.take(nbytes, zero=True) == bytes(nbytes)


@pytest.mark.needs_pool
def test_large_blocks_are_made_to_measure_and_die(containers):
    pool = containers.BufferPool(max_bytes=64 * KIB, max_cap=4 * KIB)
    for nbytes in (4 * KIB + 1, 5000, 70_000, 1_000_000):
        view = pool.take(nbytes)
        assert view.nbytes == nbytes
        assert nbytes <= memoryview(view.obj).nbytes <= nbytes * 9 / 8
        del view
    assert (len(pool), pool.stats().discarded_large) == (0, 4)
    pool.take(4 * KIB)
    assert (len(pool), adds_up(pool).recycled) == (1, 1)


@pytest.mark.needs_pool
def test_the_budget(containers):
    pool = containers.BufferPool(max_bytes=10 * KIB)
    views = [pool.take(KIB) for _ in range(12)]
    while views:
        views.pop()
        adds_up(pool)
    assert (len(pool), pool.parked_bytes) == (10, 10 * KIB)
    assert (pool.stats().recycled, pool.stats().discarded_full) == (10, 2)
    assert pool.take(2 * KIB).nbytes == 2 * KIB
    assert pool.stats().discarded_full == 3
    del views[:]
    three = [pool.take(KIB) for _ in range(3)]
    pool.take(2 * KIB)
    assert (pool.parked_bytes, adds_up(pool).discarded_full) == (9 * KIB, 3)
    del three
    assert (pool.parked_bytes, adds_up(pool).discarded_full) == (10 * KIB, 5)


@pytest.mark.needs_pool
def test_a_budget_of_nothing_pools_nothing(containers):
    pool = containers.BufferPool(max_bytes=0)
    for nbytes in (0, 1, 64, 100, 10_000):
        pool.take(nbytes)
    assert adds_up(pool).discarded_full == 5
    assert (len(pool), pool.prefill(10, 3), pool.parked_bytes) == (0, 0, 0)


@pytest.mark.needs_pool
def test_sizes_that_nobody_asks_for_any_more_make_way(containers):
    pool = containers.BufferPool(max_bytes=4 * KIB)
    pool.prefill(KIB, 4)
    for _ in range(1000):
        pool.take(2 * KIB)
    assert (pool.stats().hits, pool.parked_bytes) == (0, 4 * KIB)
    pool.take(2 * KIB)
    assert pool.take(2 * KIB).nbytes == 2 * KIB
    assert (pool.stats().hits, pool.parked_bytes) == (1, 4 * KIB)
    assert len(pool) == 3, "no more of them than had to"
    for _ in range(1100):
        pool.take(2 * KIB)
        pool.take(KIB)
    assert len(pool) == 3, "what is in use stays"
    adds_up(pool)


@pytest.mark.needs_pool
def test_prefill(pool):
    assert pool.prefill(1000, 3) == 3
    assert (len(pool), pool.parked_bytes, pool.stats().taken) == (3, 3 * KIB, 0)
    views = [pool.take(1000) for _ in range(4)]
    assert (pool.stats().hits, pool.stats().misses) == (3, 1)
    assert pool.prefill(10_000, 100) == 4
    del views
    assert (pool.parked_bytes, adds_up(pool).discarded_full) == (64 * KIB, 4)
    assert pool.prefill(70_000, 1) == 0, "it is larger than the budget"


@pytest.mark.needs_pool
def test_prune_begins_with_what_was_not_asked_for_the_longest(containers):
    pool = containers.BufferPool(max_bytes=100 * KIB)
    pool.prefill(KIB, 20)
    pool.prefill(2 * KIB, 20)
    pool.take(KIB)
    assert (pool.prune(), pool.parked_bytes) == (5, 50 * KIB), "a tenth of max_bytes"
    assert [pool.prune() for _ in range(5)] == [5, 5, 5, 10, 1]
    assert pool.clear() == 9
    assert pool.prune() == 0
    pool.prefill(KIB, 5)
    assert (pool.prune(), pool.parked_bytes) == (1, 4 * KIB), "a hundredth, where no more than a tenth is parked"


@pytest.mark.needs_pool
def test_clear(pool):
    kept = pool.take(10)
    pool.prefill(100, 5)
    assert (pool.clear(), len(pool), pool.parked_bytes, pool.clear()) == (5, 0, 0, 0)
    del kept
    assert (len(pool), adds_up(pool).live) == (1, 0)


@pytest.mark.needs_pool
def test_resize(pool):
    pool.prefill(KIB, 30)
    pool.prefill(8 * KIB, 3)
    pool.take(KIB)
    pool.resize(max_cap=4 * KIB)
    assert (len(pool), pool.max_bytes, pool.max_cap) == (30, 64 * KIB, 4 * KIB)
    pool.take(8 * KIB)
    assert pool.stats().discarded_large == 1
    pool.resize(max_bytes=10 * KIB)
    assert (pool.parked_bytes, pool.max_bytes, pool.max_cap) == (10 * KIB, 10 * KIB, 4 * KIB)
    pool.resize(max_bytes=20 * KIB, max_cap=10**30)
    assert pool.prefill(16 * KIB, 5) == 0
    pool.clear()
    assert (pool.prefill(16 * KIB, 5), pool.max_cap) == (1, 10**30)
    pool.resize()
    assert (pool.max_bytes, len(pool)) == (20 * KIB, 1)
    adds_up(pool)


@pytest.mark.needs_pool
def test_a_block_made_to_measure_is_no_use_to_a_larger_budget(pool):
    view = pool.take(65 * KIB)
    pool.resize(max_bytes=KIB * KIB)
    del view
    assert (len(pool), adds_up(pool).discarded_large) == (0, 1)


@pytest.mark.needs_pool
def test_names_and_representation(containers):
    pool = containers.BufferPool(max_bytes=1000, max_cap=500, name="mine")
    pool.prefill(100, 2)
    assert repr(pool) == "<BufferPool mine max_bytes=1000 max_cap=500 parked_bytes=256>"
    pool = containers.BufferPool()
    assert (pool.name, pool.max_cap, bool(pool)) == ("BufferPool", pool.max_bytes, True)


@pytest.mark.needs_pool
def test_the_report_has_it(pooled, containers):
    pool = containers.BufferPool(name="reported")
    view = pool.take(10)
    table = pooled.stats()
    assert table["reported"] == pool.stats()
    assert re.search(r"(?m)^reported +0 +1 ", str(table))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda cls: cls(max_bytes=-1), ValueError, "max_bytes=-1: expected 0 or more"),
        (lambda cls: cls(max_bytes="10"), TypeError, "max_bytes='10': expected an int"),
        (lambda cls: cls(max_bytes=True), TypeError, "max_bytes=True: expected an int"),
        (lambda cls: cls(max_cap=1.5), TypeError, "max_cap=1.5: expected an int"),
        (lambda cls: cls(name=3), TypeError, "name=3: expected a string, got int"),
        (lambda cls: cls().resize(max_bytes=-1), ValueError, "max_bytes=-1"),
        (lambda cls: cls().resize(max_cap="1"), TypeError, "max_cap='1'"),
        (lambda cls: cls().take(-1), ValueError, "nbytes=-1: expected 0 or more"),
        (lambda cls: cls().take("10"), TypeError, "nbytes='10': expected an int of 0 or more, got str"),
        (lambda cls: cls().take(True), TypeError, "nbytes=True: expected an int"),
        (lambda cls: cls().take(1 << 70), ValueError, "nbytes=1180591620717411303424: .* at most"),
        (lambda cls: cls().prefill(10, -1), ValueError, "n=-1"),
        (lambda cls: cls().prefill(1.0, 1), TypeError, r"nbytes=1\.0"),
    ],
)
def test_errors_say_what_is_wrong(containers, call, error, text):
    with pytest.raises(error, match=text):
        call(containers.BufferPool)


def test_errors_change_nothing(pool):
    for nbytes, error in ((-1, ValueError), ("1", TypeError), (sys.maxsize, MemoryError), (1 << 61, MemoryError)):
        with pytest.raises(error):
            pool.take(nbytes)
    with pytest.raises(ValueError, match="max_cap"):
        pool.resize(max_bytes=5, max_cap=-1)
    assert (pool.stats().taken, pool.max_bytes, pool.max_cap) == (0, 64 * KIB, 64 * KIB)


def test_whatever_can_be_a_size_is_one(pool):
    class Eight:
        def __index__(self):
            return 8

    assert pool.take(Eight()).nbytes == 8


def test_a_view_keeps_its_memory_when_the_pool_is_gone(containers):
    pool = containers.BufferPool()
    pool.prefill(10, 1)
    death = weakref.ref(pool)
    view = pool.take(10)
    view[:] = b"0123456789"
    del pool
    assert view == b"0123456789"
    del view
    assert death() is None


@pytest.mark.needs_pool
def test_what_the_collector_finds_is_not_used_again(pool):
    class Cycle:
        def __init__(self):
            self.me, self.view = self, pool.take(10)

    Cycle()
    gc.collect()
    assert (len(pool), adds_up(pool).collected) == (0, 1)


@pytest.mark.needs_pool
def test_a_view_that_comes_back_to_life_shares_its_memory_with_nobody(pool):
    saved = []

    class Phoenix:
        def __init__(self):
            self.me, self.view = self, pool.take(10)

        def __del__(self):
            saved.append(self.view)

    Phoenix()
    gc.collect()
    (view,) = saved
    view[:] = b"saved data"
    for _ in range(3):
        pool.take(10)[:] = b"other data"
    assert view == b"saved data"
    saved.clear()
    del view
    assert (adds_up(pool).live, adds_up(pool).collected) == (0, 1)


@pytest.mark.needs_pool
def test_memory_that_somebody_found_another_way_to_is_not_used_again(pool):
    view = pool.take(10)
    found = gc.get_referents(view.obj)
    del view
    assert (len(pool), adds_up(pool).escaped) == (0, 1)
    del found


@pytest.mark.needs_pool
def test_copies_of_what_lends_memory_have_their_own(pool, unraisable):
    view = pool.take(10)
    view[:] = b"0123456789"
    lease = view.obj
    mine = type(lease)()
    copied = bytearray(memoryview(lease))
    del view, lease, mine
    gc.collect()
    assert copied[:10] == b"0123456789"
    assert (len(pool), adds_up(pool).live, unraisable) == (1, 0, [])


@pytest.mark.needs_pool
def test_reading_from_a_socket(pool):
    text = os.urandom(100_000)
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sender:
        connection, _ = server.accept()
        thread = threading.Thread(target=lambda: (sender.sendall(text), sender.shutdown(socket.SHUT_WR)))
        thread.start()
        with connection:
            while True:
                view = pool.take(4000)
                count = connection.recv_into(view)
                if not count:
                    break
                received += view[:count]
        thread.join()
    assert received == text
    del view
    stats = adds_up(pool)
    assert (stats.live, stats.parked) == (0, 2), "one is dropped just after the next was taken"
    assert stats.hits == stats.taken - 2


@pytest.mark.needs_pool
def test_reading_from_a_file(pool, tmp_path):
    text = os.urandom(50_000)
    path = tmp_path / "file"
    path.write_bytes(text)
    parts = []
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(view := pool.take(4096)):
            parts.append(view[:count])
    del view
    assert b"".join(parts) == text
    assert pool.stats().live == len(parts) == 13
    parts.clear()
    assert adds_up(pool).live == 0


def test_other_users_of_the_buffer_protocol(pool):
    view = pool.take(16)
    view[:] = b"0123456789abcdef"
    assert bytes(view) == bytearray(view) == b"".join([view]) == b"0123456789abcdef"
    assert io.BytesIO(view).read(3) == b"012"
    assert array("B", view).tobytes() == view
    assert re.match(rb"\d+", view).group() == b"0123456789"
    del view
    gc.collect()  # re keeps the last match
    assert adds_up(pool).live <= 1


Step = st.tuples(
    st.sampled_from(["take", "view", "drop view", "drop all", "prune", "clear", "resize"]),
    st.integers(0, 3000),
    st.integers(0, 50),
)


@pytest.mark.needs_pool
@given(st.lists(Step, max_size=60), st.integers(0, 8000), st.integers(0, 4096))
@settings(deadline=None, max_examples=effort.examples(150))
def test_any_sequence_gives_what_a_model_foretells(containers, steps, max_bytes, max_cap):
    pool = containers.BufferPool(max_bytes=max_bytes, max_cap=max_cap)
    held = []  # (views of one block, its size, what was written to it)
    parked = {}  # number of blocks, by size
    expected = dict.fromkeys(("hits", "misses", "recycled", "discarded_full", "discarded_large"), 0)

    def in_all():
        return sum(size * count for size, count in parked.items())

    def release(size):
        if max_bytes and (size is None or size > min(max_bytes, max_cap)):
            outcome = "discarded_large"
        elif size is None or in_all() + size > max_bytes:
            outcome = "discarded_full"
        else:
            outcome = "recycled"
            parked[size] = parked.get(size, 0) + 1
        expected[outcome] += 1

    for what, number, which in steps:
        if what == "take":
            size = max(64, 1 << (number - 1).bit_length()) if number else 64
            if size > min(max_bytes, max_cap):
                size = None  # allocated with the exact size
            hit = parked.get(size, 0) > 0
            if hit:
                parked[size] -= 1
            expected["hits" if hit else "misses"] += 1
            view = pool.take(number)
            text = os.urandom(number)
            view[:] = text
            held.append(([view], size, text))
            del view
        elif what == "view" and held:
            views, _, _ = held[which % len(held)]
            views.append(views[0][:])
        elif what == "drop view" and held:
            views, size, _ = held[which % len(held)]
            views.pop()
            if not views:
                del held[which % len(held)]
                release(size)
        elif what == "drop all" and held:
            views, size, _ = held.pop(which % len(held))
            views.clear()
            release(size)
        elif what == "clear":
            assert pool.clear() == sum(parked.values())
            parked.clear()
        for views, _, text in held:
            assert all(view == text for view in views)
        stats = adds_up(pool)
        assert {name: getattr(stats, name) for name in expected} == expected
        assert (stats.live, pool.parked_bytes) == (len(held), in_all())


@pytest.mark.needs_pool
def test_no_memory_has_two_owners(containers, free_threaded):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    threads, rounds = 4, 800
    pool = containers.BufferPool(max_bytes=20 * KIB)
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
                text = f"{number} {turn} ".encode() * 10
                view = pool.take(rng.choice((100, 1000, 5000)))
                view[: len(text)] = text[: view.nbytes]
                held.append((view[: len(text)], text[: view.nbytes]))
                del view
            elif what < 0.8:
                del held[rng.randrange(len(held))]
            else:
                try:
                    crossing.put_nowait(held.pop())
                except queue.Full:
                    held.append(crossing.get())
            faults.extend(bytes(view[:20]) for view, text in held[-4:] if view != text)
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
    assert (stats.live, stats.escaped) == (0, 0)
    if not free_threaded:  # free-threaded CPython may free objects of other threads during a collection
        assert stats.collected == 0


@pytest.mark.needs_pool
def test_memory_comes_home_from_any_thread(pool):
    views = [pool.take(100) for _ in range(3)]
    on_another_thread(views.clear)
    assert (len(pool), adds_up(pool).recycled) == (3, 3)
    assert on_another_thread(lambda: pool.take(100).nbytes) == 100
    assert pool.stats().hits == 1


@pytest.mark.needs_pool
def test_finalizers_may_use_the_pool_while_it_is_at_work(pool):
    class Trash:
        def __init__(self):
            self.me = self
            self.views = [pool.take(100), pool.take(1000)]

        def __del__(self):
            self.views.pop()
            pool.take(100)[:4] = b"gone"
            pool.stats()

    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(300):
            Trash()
            view = pool.take(100)
            view[:4] = b"here"
            pool.prefill(200, 1)
            pool.prune()
            assert view[:4] == b"here"
    finally:
        gc.set_threshold(*thresholds)
    del view
    gc.collect()
    stats = adds_up(pool)
    assert (stats.live, stats.escaped) == (0, 0)
    assert stats.taken == 300 * 4


@pytest.mark.needs_pool
def test_an_interrupt_anywhere_leaves_the_pool_at_work(containers, unraisable):
    """A signal handler may raise after any call, in a finalizer too."""
    files = {module.__file__ for name, module in sys.modules.items() if name.startswith("pooled._memory.")}
    points = interrupted = stop = 0

    def profile(frame, event, _arg):
        nonlocal points, interrupted
        if frame.f_code.co_filename in files and event in ("call", "return", "c_return"):
            points += 1
            if points == stop:
                interrupted += 1
                raise KeyboardInterrupt

    while True:
        pool = containers.BufferPool(max_bytes=4 * KIB)
        pool.prefill(100, 1)
        stop, points, before = stop + 1, 0, interrupted
        sys.setprofile(profile)
        try:
            view = pool.take(100)
            del view
            pool.stats()
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        view = None
        for _ in range(5):
            on_another_thread(lambda pool=pool: pool.take(1000, zero=True).nbytes)
        assert pool.stats().hits >= 4, f"interrupted at point {stop}"
        assert pool.parked_bytes <= pool.max_bytes
        if interrupted == before:
            break
    assert interrupted > 30


@limits.skip_if("no-timer-signals")
def test_signal_handlers_may_use_the_pool(pool):
    handled = []

    def handle(_number, _frame):
        view = pool.take(100)
        view[:4] = b"mine"
        handled.append(bytes(view[:4]))

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while len(handled) < 50:
            view = pool.take(100)
            view[:4] = b"main"
            pool.stats()
            assert view[:4] == b"main"
            del view
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert set(handled) == {b"mine"}
    assert adds_up(pool).live == 0


@pytest.mark.needs_pool
@limits.skip_if("no-fork")
def test_it_works_after_a_fork(pool):
    pool.prefill(100, 2)
    view = pool.take(100)
    view[:4] = b"kept"
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            pool.take(1000)
            pool.stats()

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        for _ in range(5):
            child = os.fork()
            if not child:
                status = 1
                try:
                    assert view[:4] == b"kept"
                    before = pool.stats().recycled
                    for _ in range(100):
                        pool.take(1000)
                    assert pool.stats().recycled >= before + 100
                    assert pool.parked_bytes <= pool.max_bytes
                    assert on_another_thread(lambda: pool.take(100).nbytes) == 100
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        worker.join()
    assert view[:4] == b"kept"
    del view
    assert adds_up(pool).live == 0


@pytest.mark.needs_pool
@limits.skip_if("no-fork")
def test_a_child_that_was_forked_while_the_pool_was_at_work_goes_on(containers):
    working, forked = threading.Event(), threading.Event()

    class Slow(containers.BufferPool):
        __slots__ = ()

        def _park(self, size, memory):
            if threading.current_thread().name == "other":
                working.set()
                forked.wait()
            return super()._park(size, memory)

    pool = Slow()
    other = threading.Thread(target=lambda: (pool.take(100), working.set()), name="other")
    other.start()
    working.wait()
    pool.take(5000)  # does not wait for the other thread
    child = os.fork()
    if not child:
        pool.take(5000)
        pool.take(5000)
        os._exit(0 if pool.stats().hits and len(pool) else 1)
    forked.set()
    other.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (len(pool), adds_up(pool).live) == (2, 0), "the other thread saw to what happened meanwhile"


EXIT = """
import atexit, gc, sys, threading
import pooled
from pooled.containers import BufferPool

pool = BufferPool(max_bytes=1 << 20)
in_a_global = pool.take(1000)
sys.modules["somewhere"] = pool.take(10)[3:]
class Cycle: pass
cycle = Cycle(); cycle.me, cycle.view = cycle, pool.take(100)
local = threading.local(); local.view = pool.take(100)

def in_a_daemon(started=threading.Event()):
    while True:
        started.set()
        pool.take(1000)
threading.Thread(target=in_a_daemon, daemon=True).start()
atexit.register(lambda kept=pool.take(5): pool.take(len(kept)))

class Last:
    view = pool.take(10)
    def __del__(self, pool=pool, collect=gc.collect):
        pool.take(10)[:1] = b"x"
        collect()
last = Last()
"""


def test_nothing_happens_at_exit(engine):
    for _ in range(
        effort.pick(short=2, long=6)
    ):  # the daemon keeps dropping while the main thread frees what it dropped: this must terminate
        assert run_python(EXIT, POOLED_ENGINE=engine) == (0, "")


def test_memory_does_not_grow(engine):
    code = """
import gc, sys
from pooled.containers import BufferPool

def churn(rounds):
    pool = BufferPool(max_bytes=1 << 16)
    for number in range(rounds):
        views = [pool.take(size) for size in (10, 1000, 5000 + number % 7)]
        views[0][:3] = b"abc"
    del views, pool
    gc.collect()
    return sys.getallocatedblocks()

churn(500)
before = churn(500)
grown = churn(5000) - before
assert grown < 200, grown
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_without_an_engine_nothing_is_parked():
    modules = load(POOLED_ENGINE="off")
    pooled, containers = modules["pooled"], modules["pooled.containers"]
    pool = containers.BufferPool()
    view = pool.take(10)
    view[:] = b"0123456789"
    assert (view.format, view.nbytes, pool.take(5, zero=True)) == ("B", 10, bytes(5))
    del view
    assert (pool.stats(), len(pool), pool.prefill(10, 3), pool.clear(), pool.prune()) == (pooled.Stats(), 0, 0, 0, 0)
    with pytest.raises(TypeError, match="nbytes='1'"):
        pool.take("1")
