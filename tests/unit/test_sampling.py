"""Sampling: looks at all pools on a thread of its own, is bounded, and is over when it is told to be."""

import gc
import os
import subprocess
import sys
import threading

import pytest

import pooled


def wait_for(sampling, count):
    """Until it has so many samples."""
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
        wait_for(sampling, 1)
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


def test_what_is_kept_is_bounded_and_covers_the_whole_time():
    with pooled.sample(0.001, keep=8) as sampling:
        while sampling.interval < 0.004:
            threading.Event().wait(0.001)
        assert len(sampling.samples) < 8
    assert sampling.interval >= 0.004
    assert sampling.samples[0].seconds < 0.1
    assert "over" in repr(sampling)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"interval": 0}, ValueError, "interval=0: expected seconds, at least 0.001"),
        ({"interval": -1.0}, ValueError, "interval=-1.0"),
        ({"interval": float("nan")}, ValueError, "interval=nan"),
        ({"interval": float("inf")}, ValueError, "interval=inf"),
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


def test_pools_may_die_meanwhile():
    with pooled.sample(0.001) as sampling:
        for _ in range(20):
            pool = pooled.GlobalPool(list, name="passing")
            pool.take()
            wait_for(sampling, len(sampling.samples) + 1)
            del pool
            gc.collect()
    assert any("passing" in sample.pools for sample in sampling.samples)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
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


def test_an_interpreter_ends_while_it_runs():
    code = "import pooled; sampling = pooled.sample(0.001)"
    process = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (process.returncode, process.stderr) == (0, "")
