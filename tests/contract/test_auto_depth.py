"""max="auto": the depth of a pool follows the most objects in use at once, and falls with the load."""

import threading
from importlib import import_module

import limits
import pytest

pytestmark = pytest.mark.needs_pool

PEAK = 6_000


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


def test_a_pool_of_a_function_follows_too(pooled):
    pool = pooled.GlobalPool(list, max="auto", reset=list.clear)
    for _ in range(2):
        out = [pool.take() for _ in range(300)]
        out.clear()
    assert len(pool) == 300
    pool.resize(max=0)


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
