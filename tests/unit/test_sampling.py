"""Sampling: a thread records all pools, in bounded memory, until it is stopped."""

import gc
import subprocess
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import limits
import pytest
from helpers import run_python

import pooled
from pooled._report.sampling import lifetimes
from pooled.containers import BufferPool


def wait_for(sampling, count):
    """Wait until there are this many samples."""
    done = threading.Event()
    while len(sampling.samples) < count and sampling.is_running:
        done.wait(0.001)


def test_it_sees_what_pools_do_over_time():
    @pooled.poolable(max=100)
    class Sampled:
        pass

    name = pooled.pool_of(Sampled).name
    with pooled.sample(0.001) as sampling:
        assert sampling.is_running
        out = [Sampled() for _ in range(10)]
        wait_for(sampling, len(sampling.samples) + 2)
        out.clear()
    assert not sampling.is_running
    samples = sampling.samples
    assert isinstance(sampling, pooled.Sampling)
    assert isinstance(samples[0], pooled.Sample)
    assert [sample.seconds for sample in samples] == sorted(sample.seconds for sample in samples)
    assert {10, 0} <= {sample.pools[name].live for sample in samples}
    assert (samples[0].pools[name].parked, samples[-1].pools[name].parked) == (0, 10)
    sampling.stop()
    assert sampling.samples == samples


def test_the_lifetime_of_objects_follows_from_samples():
    @pooled.poolable
    class Held:
        pass

    with pooled.sample(0.001) as sampling:
        began = time.monotonic()
        out = [Held() for _ in range(4)]
        wait_for(sampling, len(sampling.samples) + 20)
        out.clear()
        held = time.monotonic() - began
    gap = max(after.seconds - before.seconds for before, after in pairwise(sampling.samples))
    assert lifetimes(sampling.samples)[pooled.pool_of(Held).name] == pytest.approx(held, abs=2 * gap)
    assert lifetimes(sampling.samples[:9]) == {}, "too few"


def test_what_is_kept_is_bounded_and_covers_the_whole_time():
    with pooled.sample(0.001, keep=8) as sampling:
        first = sampling.samples[0]
        while sampling.interval < 0.004:
            threading.Event().wait(0.001)
        assert len(sampling.samples) <= 8
    assert sampling.interval >= 0.004
    assert sampling.samples[0] is first
    assert "over" in repr(sampling)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (
            {"interval": 0},
            ValueError,
            "interval=0: expected a finite number of seconds, 0.001 or more; 1.0 is often enough",
        ),
        ({"interval": -1.0}, ValueError, "interval=-1.0"),
        ({"interval": float("nan")}, ValueError, "interval=nan"),
        ({"interval": float("inf")}, ValueError, "interval=inf"),
        ({"interval": 10**400}, ValueError, "0: expected a finite number of seconds, 0.001 or more"),
        ({"interval": 10**5000}, ValueError, "interval=<int of 16610 bits>: expected a finite number"),
        ({"interval": None}, TypeError, "interval=None: expected seconds as a number, got NoneType"),
        ({"interval": "1"}, TypeError, "interval='1': expected seconds as a number, got str"),
        ({"interval": True}, TypeError, "interval=True"),
        ({"interval": 1, "keep": 1}, ValueError, "keep=1: expected 2 or more"),
        ({"interval": 1, "keep": 2.0}, TypeError, "keep=2.0"),
    ],
)
def test_bad_arguments(arguments, error, said):
    threads = threading.active_count()
    with pytest.raises(error, match=said.replace(".", r"\.")):
        pooled.sample(**arguments)
    assert threading.active_count() == threads


@pytest.mark.parametrize("keep", [2, 3, 8])
def test_the_last_sample_stays_when_others_go(keep):
    pool = pooled.GlobalPool(list, name="seen last")
    for rounds in range(1, 2 * keep + 2):
        with pooled.sample(0.001, keep=keep) as sampling:
            wait_for(sampling, 1)
            while rounds > keep and sampling.interval < 0.002:
                threading.Event().wait(0.001)
            pool.take()
        assert 2 <= len(sampling.samples) <= keep
        assert sampling.samples[-1].pools["seen last"] == pool.stats()


def test_pools_that_do_nothing_take_little_memory():
    pools = [pooled.GlobalPool(list, name="idle") for _ in range(200)]
    for pool in pools:
        pool.take()
    with pooled.sample(0.001) as sampling:
        wait_for(sampling, 2)
        tracemalloc.start()
        try:
            seen = len(sampling.samples)
            wait_for(sampling, seen + 20)
            taken = tracemalloc.get_traced_memory()[0] / (len(sampling.samples) - seen)
        finally:
            tracemalloc.stop()
    assert taken / len(pooled.stats()) < 120


@pytest.mark.parametrize("interval", [1e11, 1e300, 10**300], ids="{:.0e}".format)
def test_an_interval_longer_than_a_system_can_wait(interval, monkeypatch):
    failed = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    with pooled.sample(interval) as sampling:
        wait_for(sampling, 1)
        threading.Event().wait(0.05)  # time for its thread to fail
        assert sampling.is_running
    assert failed == []
    assert len(sampling.samples) == 2


def test_each_that_stops_it_waits_for_the_last_sample():
    for _ in range(20):
        sampling = pooled.sample(0.001)
        wait_for(sampling, 1)
        together = threading.Barrier(4)

        def stop(sampling=sampling, together=together):
            together.wait()
            sampling.stop()
            return len(sampling.samples)

        with ThreadPoolExecutor(4) as executor:
            counts = [future.result() for future in [executor.submit(stop) for _ in range(4)]]
        assert counts == [len(sampling.samples)] * 4


def test_each_sampling_has_samples_of_its_own():
    with pooled.sample(0.001) as first:
        with pooled.sample(0.001) as second:
            wait_for(first, 3)
            wait_for(second, 3)
        count = len(second.samples)
        wait_for(first, len(first.samples) + 2)
    assert len(second.samples) == count
    assert not any(sampling.is_running for sampling in (first, second))


def test_what_a_pool_does_is_never_taken_for_what_another_did():
    first = pooled.GlobalPool(list, name="twin")
    second = pooled.GlobalPool(list, name="twin")
    memory = BufferPool(name="twin", max_bytes=1)
    second.take()
    names = [name for name in pooled.stats() if name.startswith("twin")]
    assert names == ["twin", "twin#2", "twin#3"]
    del first
    gc.collect()
    assert [name for name in pooled.stats() if name.startswith("twin")] == ["twin#2", "twin#3"]
    assert pooled.stats()["twin#2"] == second.stats()
    third = pooled.GlobalPool(list, name="twin")
    assert pooled.stats()["twin"] == third.stats() == pooled.Stats()
    assert pooled.stats()["twin#2"].misses == 1
    del memory


def test_threads_that_ask_at_once_see_every_pool():
    together = threading.Barrier(4)

    def make():
        pools = []
        together.wait()
        for _ in range(50):
            pools.append(pooled.GlobalPool(list, name="of a crowd"))
            pooled.stats()
        return pools

    with ThreadPoolExecutor(4) as executor:
        pools = [future.result() for future in [executor.submit(make) for _ in range(4)]]
    crowd = {name for name in pooled.stats() if name.startswith("of a crowd")}
    assert len(crowd) == sum(map(len, pools)) == 200
    assert {name for name in pooled.stats() if name.startswith("of a crowd")} == crowd


@limits.skip_if("no-timer-signals")
def test_a_signal_handler_may_ask():
    code = """
import pooled, signal
sampling = pooled.sample(0.001)
asked = []

def ask(*_):
    asked.append(len(sampling.samples))
    if len(asked) < 300:
        signal.setitimer(signal.ITIMER_REAL, 0.0005)

signal.signal(signal.SIGALRM, ask)
ask()
while len(asked) < 300:
    sampling.samples
sampling.stop()
"""
    assert run_python(code) == (0, "")


def test_pools_may_die_meanwhile():
    with pooled.sample(0.001) as sampling:
        for _ in range(20):
            pool = pooled.GlobalPool(list, name="passing")
            pool.take()
            wait_for(sampling, len(sampling.samples) + 1)
            del pool
            gc.collect()
    assert any("passing" in sample.pools for sample in sampling.samples)


@limits.skip_if("no-fork")
def test_a_child_takes_no_samples():
    code = """
import os, pooled, warnings
warnings.simplefilter("ignore")
sampling = pooled.sample(0.001)
while not sampling.samples:
    pass
child = os.fork()
if not child:
    assert not sampling.is_running
    before = len(sampling.samples)
    sampling.stop()
    assert len(sampling.samples) == before
    with pooled.sample(0.001) as another:
        while len(another.samples) < 3:
            pass
    os._exit(0)
_, status = os.waitpid(child, 0)
assert sampling.is_running
sampling.stop()
raise SystemExit(os.waitstatus_to_exitcode(status))
"""
    process = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (process.returncode, process.stderr) == (0, "")


@limits.skip_if("no-fork")
def test_children_that_are_born_while_a_sample_is_taken(tmp_path):
    code = """
import os, pooled, sys, threading, warnings
warnings.simplefilter("ignore")
from pooled.containers import BufferPool
pools = [pooled.LocalPool(list, name=f"pool {number}") for number in range(200)] + [BufferPool(max_bytes=1)]
with pooled.sample(0.001) as sampling:
    while not sampling.samples:
        pass
    for _ in range(20):
        child = os.fork()
        if not child:
            with sampling:
                sampling.samples
                repr(sampling)
            pooled.report(html=sys.argv[1])
            before = len(sampling.samples)
            with pooled.sample(0.001) as own:
                while len(own.samples) < 2:
                    pass
            os._exit(0 if len(sampling.samples) == before and threading.active_count() == 1 else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert sampling.is_running
"""
    assert run_python(code, str(tmp_path / "page.html")) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("engine", ["off", "reference", ""])
def test_any_engine_can_be_sampled(engine):
    code = """
import pooled
pool = pooled.GlobalPool(list, name="sampled")
with pooled.sample(0.001) as sampling:
    out = pool.take()
    pooled.configure(max=3, idle_trim=0.01, budget=1000)
    other = pooled.GlobalPool(list, name="other")
    while not any("other" in sample.pools for sample in sampling.samples):
        pass
assert sampling.samples[-1].pools == pooled.stats()
assert str(sampling.samples[-1].pools) == str(pooled.stats())
"""
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")


def test_an_interpreter_ends_while_it_runs():
    code = "import pooled; sampling = pooled.sample(0.001)"
    process = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (process.returncode, process.stderr) == (0, "")
