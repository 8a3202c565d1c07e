"""max="auto": the depth of a pool follows the most objects in use at once, and falls with the load."""

import threading
from importlib import import_module

import limits
import pytest
from cli_runner import run
from helpers import run_python

pytestmark = pytest.mark.needs_pool

PEAK = 6_000
BURST = 600


def made(pooled, **limits):
    class Followed:
        pass

    return pooled.poolable(max="auto", **limits)(Followed)


def load(cls, count, rounds=1):
    for _ in range(rounds):
        out = [cls() for _ in range(count)]
        out.clear()


@pytest.fixture(params=["local", "global"])
def cls(pooled, request):
    cls = made(pooled, scope=request.param)
    yield cls
    pooled.pool_of(cls).resize(max=0)  # so that no trimming thread stays


def test_the_depth_reaches_the_peak(cls, pooled):
    load(cls, PEAK, rounds=3)
    stats = pooled.pool_of(cls).stats()
    assert PEAK / 2 <= stats.parked <= PEAK * 2
    assert stats.misses <= PEAK * 2


def test_the_depth_falls_with_the_load(cls, pooled):
    load(cls, PEAK, rounds=3)
    for _ in range(3):
        pooled.trim()
        load(cls, 100, rounds=3)
    pool = pooled.pool_of(cls)
    assert 100 <= pool.stats().parked < 500
    load(cls, PEAK, rounds=2)
    assert pool.stats().parked >= PEAK / 2


def test_the_trimming_thread_ends_windows(cls, pooled):
    trimming = import_module("pooled._pool.trimming")
    load(cls, PEAK)
    start = trimming.CLOCK()
    for window in range(1, 4):
        trimming._keeper.look(start + window * (trimming.AUTO_WINDOW + 1))
        load(cls, 100, rounds=2)
    trimming._keeper.trimmed = trimming.CLOCK()
    assert 100 <= pooled.pool_of(cls).stats().parked < 500


def test_its_depth_is_shown(cls, pooled):
    pool = pooled.pool_of(cls)
    assert pool.depth == 0
    load(cls, BURST, rounds=2)
    assert BURST <= pool.depth <= BURST * 2
    assert f"max=auto depth={pool.depth} " in repr(pool)
    maxima = {figures.max for figures in import_module("pooled._report.metrics").figures()}
    assert pool.depth in maxima
    assert 1 << 20 not in maxima
    for _ in range(2):
        pooled.trim()
        load(cls, 100, rounds=2)
    pooled.trim()
    assert 100 <= pool.depth < 300
    pool.resize(max=7)
    assert pool.depth == 7


def test_objects_in_use_return_after_a_clear(cls, pooled):
    kept = [cls() for _ in range(200)]
    load(cls, 100)
    pool = pooled.pool_of(cls)
    assert pool.clear() == 100
    kept.clear()
    assert pool.stats().parked >= 200


@pytest.fixture
def look(pooled, monkeypatch):
    """Check the pools, as the trimming thread does, which rests meanwhile."""
    trimming = import_module("pooled._pool.trimming")
    monkeypatch.setattr(trimming._keeper, "wake", lambda: None)
    monkeypatch.setattr(trimming._keeper, "look", lambda now: 0)  # its thread may still run, from an earlier test
    keeper = trimming.Keeper()
    yield lambda: keeper.look(keeper.trimmed)
    pooled.configure(budget=None)


@pytest.fixture
def weight(cls, pooled):
    """The bytes of an object."""
    load(cls, 64)
    pool = pooled.pool_of(cls)
    nbytes, count = pool._store.weigh()
    pool.clear()
    return nbytes / count


def test_the_depth_stays_within_the_budget(cls, pooled, weight, look):
    pool = pooled.pool_of(cls)
    load(cls, 150, rounds=2)
    pooled.configure(budget=int(weight * 200))
    for _ in range(3):
        look()
        load(cls, BURST, rounds=2)
        assert 100 <= pool.stats().parked <= pool.depth <= 200
    pooled.configure(budget=int(weight * 50))
    look()
    assert 25 <= pool.stats().parked <= pool.depth <= 50
    load(cls, BURST)
    assert pool.stats().parked <= 50
    pooled.configure(budget=None)
    load(cls, BURST, rounds=2)
    assert pool.stats().parked == BURST


@pytest.mark.usefixtures("look")  # no check weighs the objects meanwhile
def test_a_new_pool_keeps_to_the_budget_at_once(pooled):
    pooled.configure(budget=1 << 18)
    try:
        cls = made(pooled)
        load(cls, BURST)
        assert pooled.pool_of(cls).stats().parked < BURST
    finally:
        pooled.configure(budget=None)
    pooled.pool_of(cls).resize(max=0)


def test_fixed_pools_leave_the_rest_of_the_budget(cls, pooled, weight, look):
    @pooled.poolable(max=BURST)
    class Fixed:
        pass

    for each in (cls, Fixed):
        load(each, 100, rounds=2)
    pooled.configure(budget=int(weight * 300))
    look()
    load(cls, BURST, rounds=2)
    load(Fixed, 100)
    look()
    assert pooled.pool_of(Fixed).stats().parked == 100
    assert 90 <= pooled.pool_of(cls).stats().parked <= 210
    pooled.pool_of(Fixed).clear()


def test_objects_in_use_keep_their_room(cls, pooled):
    kept = [cls() for _ in range(200)]
    load(cls, 100)
    for _ in range(3):
        pooled.trim()  # nothing is taken: all that is parked goes
    assert pooled.pool_of(cls).stats().parked == 0
    kept.clear()
    assert pooled.pool_of(cls).stats().parked >= 100


@limits.skip_if("last-drop-elsewhere")
def test_a_thread_that_only_drops_parks_nothing(pooled):
    cls = made(pooled)
    handed = [cls() for _ in range(1_000)]
    parked = []

    def drop():
        handed.clear()
        parked.append(pooled.pool_of(cls).stats().parked)

    thread = threading.Thread(target=drop)
    thread.start()
    thread.join()
    pooled.pool_of(cls).resize(max=0)
    assert parked == [0]


def test_prefill_makes_room(cls, pooled):
    assert pooled.pool_of(cls).prefill(300) == 300
    assert len(pooled.pool_of(cls)) == 300


def test_resize_between_a_number_and_auto(cls, pooled):
    pool = pooled.pool_of(cls)
    assert pool.policy.max == "auto"
    pool.resize(max=10)
    load(cls, 100)
    assert pool.stats().parked == 10
    pool.resize(max="auto")
    load(cls, 100, rounds=2)
    assert pool.stats().parked == 100


def test_room_is_kept_while_max_is_a_number(cls, pooled):
    pool = pooled.pool_of(cls)
    load(cls, 100)
    pool.resize(max=3)
    load(cls, 3)
    pool.resize(max="auto")
    assert pool.depth == pool.stats().parked == 3
    load(cls, 100)  # 97 misses, and the room of before
    assert pool.stats().parked == 100


def test_only_misses_make_room(cls, pooled):
    pool = pooled.pool_of(cls)
    for _ in range(5):
        assert pool.try_take() is None
        assert pool.clear() == 0
    made = [cls() for _ in range(3)]
    orphans = [pooled.orphan(cls) for _ in range(5)]
    made.clear()
    orphans.clear()
    assert pool.stats().parked == 3


def test_a_prune_frees_a_part_of_the_depth(cls, pooled):
    pool = pooled.pool_of(cls)
    load(cls, 200)
    assert 2 <= pool.prune() <= 40
    assert pool.stats().parked >= 160


def test_a_pool_of_a_function_follows_too(pooled):
    pool = pooled.GlobalPool(list, max="auto", reset=list.clear)
    for _ in range(2):
        out = [pool.take() for _ in range(300)]
        out.clear()
    assert len(pool) == 300
    pool.resize(max=0)


@limits.skip_if("no-memory-for-cells")
def test_without_memory_for_more_room_no_object_is_lost(cls, pooled):
    if pooled.engine == "reference":
        limits.skip("native-only")
    testcapi = limits.require("_testcapi")
    pool = pooled.pool_of(cls)
    for fails in range(8):
        pool.clear()
        out = [cls() for _ in range(BURST)]
        testcapi.set_nomemory(fails, 0)
        try:
            out.clear()
        finally:
            testcapi.remove_mem_hooks()
        stats = pool.stats()
        assert (stats.live, stats.escaped) == (0, 0)
        assert stats.parked <= pool.depth
    pool.clear()
    load(cls, BURST, rounds=2)
    assert pool.stats().parked == BURST


FORKS = """
import os, sys, threading
import pooled

@pooled.poolable(max="auto")
class Order:
    pass

def load():
    orders = [Order() for _ in range(200)]
    orders.clear()

for _ in range(3):
    load()
    child = os.fork()
    if not child:
        load()
        grandchild = os.fork()
        if not grandchild:
            load()
            os._exit(0)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(threading.active_count(), threading.enumerate() == [threading.main_thread()])
"""


@limits.skip_if("no-fork")
def test_forks_and_thread_lists_show_nothing_of_it(engine):
    assert run_python(FORKS, POOLED_ENGINE=engine, PYTHONWARNINGS="always") == (0, "1 True\n")


@limits.skip_if("no-fork")
def test_run_changes_nothing_that_a_forking_program_prints(tmp_path, engine):
    program = tmp_path / "program.py"
    program.write_text(FORKS.replace("import pooled\n", "").replace('@pooled.poolable(max="auto")\n', ""))
    plain = run("-W", "always", program, cwd=tmp_path)
    pools = ("-m", "pooled", "run", "--pool", "__main__:Order,max=auto", "--output", "report.txt")
    pooled = run("-W", "always", *pools, program, cwd=tmp_path, engine=engine)
    assert (plain.returncode, plain.stdout, plain.stderr) == (0, "1 True\n", "")
    assert (pooled.returncode, pooled.stdout, pooled.stderr) == (0, "1 True\n", "")
    assert "__main__:Order" in (tmp_path / "report.txt").read_text()


@limits.skip_if("no-fork")
def test_after_a_fork_windows_end_as_before(engine):
    code = """
import gc, os, time
import pooled
from pooled._pool import trimming

@pooled.poolable(max="auto")
class Order:
    pass

def load(count):
    orders = [Order() for _ in range(count)]
    orders.clear()

def falls():
    gc.collect()  # where the thread waits for a collection
    for _ in range(3000):
        load(10)
        if pooled.pool_of(Order).stats().parked < 100:
            return True
        time.sleep(0.01)
    return False

pooled.configure(gc_trim=False)
trimming.AUTO_WINDOW = 0.05
load(1_000)
child = os.fork()
if not child:
    os._exit(not falls())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), falls())
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "0 True\n")


@pytest.mark.parametrize("value", ["automatic", "", 1.5, True])
def test_other_texts_are_refused(pooled, value):
    with pytest.raises((TypeError, ValueError), match="max="):
        pooled.poolable(max=value)


def test_configured_for_all(pooled):
    assert pooled.configure(max="auto").max == "auto"
    pooled.configure(max=1024)


def test_the_command_line_accepts_auto():
    target, limits = import_module("pooled._cli.arguments").pool("a.b:C,max=auto")
    assert (target, limits.max) == ("a.b:C", "auto")


@pytest.mark.parametrize("setting", ["[defaults]\nmax = 'auto'\n", "[classes.'a:B']\nmax = 'auto'\n"])
def test_the_file_accepts_auto(tmp_path, setting):
    path = tmp_path / "pools.toml"
    path.write_text(setting)
    read = import_module("pooled._config.file").read_file(path, "here")
    assert "auto" in {read.defaults.max, *(limits.max for limits in read.classes.values())}
