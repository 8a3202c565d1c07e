"""Trimming: parked objects that were not needed are freed; those in use stay."""

import _thread
import gc
import threading
from importlib import import_module

import limits
import pytest
from helpers import run_python


@pytest.fixture
def configured(pooled):
    """Restore the settings that `configure` changes."""
    yield pooled.configure
    pooled.configure(budget=None, gc_trim=False, idle_trim=0)


@pytest.fixture(autouse=True)
def nobody_keeps_looking(pooled):
    """Stop the trimming thread after the test, because its classes may outlive it."""
    made_classes.clear()
    yield
    for cls in made_classes:
        pooled.pool_of(cls).resize(idle_trim=0)
    made_classes.clear()


made_classes = []


def parked(cls, pooled):
    return pooled.pool_of(cls).stats().parked


def burst(cls, count):
    out = [cls() for _ in range(count)]
    out.clear()


def made(pooled, **limits):
    @pooled.poolable(max=1000, **limits)
    class Trimmed:
        pass

    made_classes.append(Trimmed)
    return Trimmed


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_what_a_burst_left_goes_by_halves(pooled, scope):
    cls = made(pooled, scope=scope)
    burst(cls, 100)
    pool = pooled.pool_of(cls)
    assert pool.trim() == 0  # the first call only starts the measurement
    assert [pool.trim() for _ in range(4)] == [50, 25, 13, 6]
    assert pool.stats().parked == 6
    stats = pool.stats()
    assert stats.taken == stats.recycled == 100


@pytest.mark.needs_pool
def test_what_is_in_use_stays(pooled):
    cls = made(pooled)
    pool = pooled.pool_of(cls)
    burst(cls, 100)
    pool.trim()
    for _ in range(5):
        burst(cls, 60)
        pool.trim()
    assert 60 <= pool.stats().parked <= 63
    burst(cls, 60)
    assert pool.stats().misses == 100


@pytest.mark.needs_pool
def test_prefilled_objects_are_not_taken_at_once(pooled):
    cls = made(pooled)
    pool = pooled.pool_of(cls)
    assert pool.prefill(40) == 40
    assert pool.trim() == 0
    assert pool.stats().parked == 40


@pytest.mark.needs_pool
def test_all_pools_at_once(pooled):
    first, second = made(pooled), made(pooled, scope="global")
    for cls in (first, second):
        burst(cls, 8)
    pooled.trim()
    assert pooled.trim() >= 8
    assert (parked(first, pooled), parked(second, pooled)) == (4, 4)


@pytest.mark.needs_pool
def test_other_threads_are_trimmed_too(pooled):
    cls = made(pooled)
    ready, done = threading.Event(), threading.Event()

    def work():
        burst(cls, 10)
        ready.set()
        done.wait()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    burst(cls, 4)
    pool = pooled.pool_of(cls)
    pool.trim()
    died = pool.trim()
    left = pool.stats().parked
    done.set()
    thread.join()
    assert (died, left) == (7, 7)


@pytest.mark.needs_pool
def test_full_collections_trim(pooled, configured, free_threaded):
    cls = made(pooled)
    burst(cls, 100)
    configured(gc_trim=0.0)
    gc.collect()
    gc.collect()
    assert parked(cls, pooled) == 50
    gc.collect(1)
    left = 25 if free_threaded else 50  # without a GIL, every collection is a full one
    assert parked(cls, pooled) == left
    configured(gc_trim=False)
    gc.collect()
    assert parked(cls, pooled) == left


def test_collections_that_nobody_asked_for_trim(pooled, configured):
    cls = made(pooled)
    burst(cls, 100)
    configured(gc_trim=0.0)
    kept = []
    while parked(cls, pooled) == 100 and len(kept) < 5_000:
        kept.append([[] for _ in range(1_000)])
    assert parked(cls, pooled) < 100


@pytest.mark.needs_pool
def test_not_at_every_collection(pooled, configured):
    cls = made(pooled)
    burst(cls, 100)
    configured(gc_trim=3600.0)
    for _ in range(4):
        gc.collect()
    assert parked(cls, pooled) >= 50  # at most one of the collections trimmed


def until(condition):
    """Wait until a condition holds, for a minute at most."""
    pause = threading.Event()
    for _ in range(6000):
        if condition():
            return True
        pause.wait(0.01)
    return False


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_idle_pools_give_everything_back(pooled, scope):
    cls = made(pooled, scope=scope, idle_trim=0.05)
    assert pooled.pool_of(cls).policy.idle_trim == 0.05
    busy = made(pooled, scope=scope)
    for each in (cls, busy):
        burst(each, 100)
    assert until(lambda: parked(cls, pooled) == 0)
    assert parked(busy, pooled) == 100
    burst(cls, 10)
    assert until(lambda: parked(cls, pooled) == 0)


def test_an_idle_trim_longer_than_a_system_can_wait(pooled, monkeypatch):
    failed = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    seldom = pooled.GlobalPool(list, idle_trim=1e11)
    assert seldom.policy.idle_trim == 1e11
    cls = made(pooled, idle_trim=0.02)
    burst(cls, 10)
    assert until(lambda: parked(cls, pooled) == 0)
    pooled.pool_of(cls).resize(idle_trim=0)  # only the other pool is left to wait for
    burst(cls, 10)
    pooled.pool_of(cls).resize(idle_trim=0.02)
    assert until(lambda: parked(cls, pooled) == 0)
    assert failed == []


def test_idle_trim_can_be_changed(pooled):
    cls = made(pooled)
    burst(cls, 10)
    pooled.pool_of(cls).resize(idle_trim=0.02)
    assert until(lambda: parked(cls, pooled) == 0)
    pooled.pool_of(cls).resize(idle_trim=0)
    assert pooled.pool_of(cls).policy.idle_trim == 0


@pytest.mark.needs_pool
def test_a_budget_for_all_pools(pooled, configured):
    @pooled.poolable(max=1000, max_cap=1 << 30)
    class Large(bytearray):
        pass

    small = made(pooled)
    burst(small, 10)
    out = [Large(1 << 20) for _ in range(8)]
    out.clear()
    before = parked(Large, pooled)
    configured(budget="3MiB")
    if before:  # otherwise this engine, or this Python, does not keep the capacity of a parked bytearray
        weight, count = pooled.pool_of(Large)._store.weigh()
        assert until(lambda: parked(Large, pooled) * weight / count <= 3 << 20)
    configured(budget=0)
    assert until(lambda: parked(Large, pooled) == parked(small, pooled) == 0)
    configured(budget=None)
    burst(small, 10)
    assert parked(small, pooled) == 10


@pytest.mark.needs_pool
def test_busy_pools_give_last_for_the_budget(pooled, configured, monkeypatch):
    trimming = import_module("pooled._pool.trimming")
    monkeypatch.setattr(trimming._keeper, "wake", lambda: None)
    monkeypatch.setattr(trimming._keeper, "look", lambda now: 0)  # its thread may still run, from an earlier test
    keeper = trimming.Keeper()
    busy, idle = made(pooled, idle_trim=3600), made(pooled)
    monkeypatch.setattr(trimming, "_all_stores", lambda: [pooled.pool_of(cls)._store for cls in (busy, idle)])
    for cls in (busy, idle):
        burst(cls, 100)
    configured(budget="1GiB")
    assert keeper.look(0.0) == 0
    burst(busy, 150)
    weight, count = pooled.pool_of(busy)._store.weigh()
    configured(budget=weight * 160 // count)
    assert keeper.look(1.0) in (90, 91)
    assert parked(busy, pooled) == 150


@pytest.mark.needs_pool
def test_an_object_taken_while_pools_are_weighed_does_not_escape(pooled, configured, monkeypatch):
    @pooled.poolable
    class Takes:
        def __sizeof__(self):
            Takes()
            return 100

    trimming = import_module("pooled._pool.trimming")
    monkeypatch.setattr(trimming, "_all_stores", lambda: [pooled.pool_of(Takes)._store])
    burst(Takes, 3)
    configured(budget=1 << 40)
    trimming.Keeper().look(0.0)
    stats = pooled.pool_of(Takes).stats()
    assert (stats.escaped, stats.live) == (0, 0)
    assert stats.parked >= 3


@pytest.mark.needs_pool
def test_a_finalizer_may_trim(pooled):
    class Trims:
        def __del__(self):
            if trims:
                trims.pop()()

    @pooled.poolable(max=1000, reset="reset")
    class Holds:
        def __init__(self):
            self.held = Trims()

        def reset(self):
            pass

    pool = pooled.pool_of(Holds)
    trims = []
    burst(Holds, 100)
    pool.trim()
    trims.append(pool.trim)
    pool.trim()
    assert pool.stats().parked == 25  # half, and half of the rest
    pool.clear()


@pytest.mark.needs_pool
def test_errors_while_trimming_reach_nobody(pooled, unraisable):
    class Dies:
        def __del__(self):
            raise ValueError("at the end")

    @pooled.poolable(max=1000, reset="reset")
    class Holds:
        def __init__(self):
            self.held = Dies()

        def reset(self):
            pass

    burst(Holds, 4)
    pool = pooled.pool_of(Holds)
    assert pool.trim() == 0
    assert pool.trim() == 2
    assert len(unraisable) == 2
    assert pool.clear() == 2
    assert len(unraisable) == 4


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"idle_trim": -1}, ValueError, "idle_trim=-1: expected a finite number of seconds, 0 or more; 0 means never"),
        ({"idle_trim": "1"}, TypeError, "idle_trim='1': expected seconds as a number, got str"),
        ({"idle_trim": float("nan")}, ValueError, "idle_trim=nan"),
        ({"idle_trim": 10**400}, ValueError, "0: expected a finite number of seconds, 0 or more; 0 means never"),
        ({"idle_trim": 10**5000}, ValueError, "idle_trim=<int of 16610 bits>: expected a finite number of seconds"),
        ({"budget": "much"}, ValueError, "budget='much': expected bytes as in '256MiB', '1.5GiB' or '500MB'"),
        ({"budget": "9" * 400}, ValueError, "budget='9999"),
        ({"budget": -1}, ValueError, "budget=-1: expected 0 bytes or more"),
        ({"budget": 1.5}, TypeError, "budget=1.5: expected bytes as an int"),
        (
            {"gc_trim": -2.0},
            ValueError,
            "gc_trim=-2.0: expected a finite number of seconds, 0 or more; False turns it off",
        ),
        ({"gc_trim": 10**400}, ValueError, "0: expected a finite number of seconds"),
        ({"gc_trim": "often"}, TypeError, "gc_trim='often'"),
    ],
)
def test_bad_settings(pooled, arguments, error, said):
    with pytest.raises(error, match=said.replace(".", r"\.")):
        pooled.configure(**arguments)
    if "idle_trim" in arguments:
        with pytest.raises(error, match=said.replace(".", r"\.")):
            made(pooled, **arguments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (0, 0),
        (1000, 1000),
        ("1000", 1000),
        ("2 KiB", 2048),
        ("1.5GiB", 3 << 29),
        ("5mb", 5_000_000),
        ("9007199254740993", 2**53 + 1),
    ],
)
def test_how_bytes_are_written(pooled, configured, text, expected):
    configured(budget=text)
    assert import_module("pooled._config").current.budget == expected


def test_classes_can_be_made_at_exit(engine):
    code = """
import os
import pooled

class Ends:
    def __del__(self, pooled=pooled, write=os.write):
        @pooled.poolable(idle_trim=1)
        class Late:
            pass
        late = Late()
        del late
        write(1, b"made")

ends = Ends()
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "made")


def test_without_threads_nothing_is_trimmed_and_nothing_fails(pooled, monkeypatch):
    def start(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", start)
    keeper = import_module("pooled._pool.trimming").Keeper()
    keeper.wake()
    monkeypatch.undo()
    cls = made(pooled, idle_trim=0.02)
    burst(cls, 10)
    keeper.wake()
    assert until(lambda: parked(cls, pooled) == 0)


@limits.skip_if("no-fork")
def test_after_a_fork_idle_pools_are_still_trimmed(engine):
    code = """
import gc, os, threading, warnings
warnings.simplefilter("ignore")
import pooled

@pooled.poolable(idle_trim=0.02)
class Trimmed:
    pass

def idle():
    out = [Trimmed() for _ in range(10)]
    out.clear()
    pause = threading.Event()
    for _ in range(3000):
        if not pooled.pool_of(Trimmed).stats().parked:
            return 0
        gc.collect(0)  # the thread of the parent may start only then
        pause.wait(0.01)
    return 1

assert idle() == 0
child = os.fork()
if not child:
    os._exit(idle())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), idle())
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "0 0\n")
