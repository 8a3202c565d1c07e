"""The workloads of the benchmarks: the results are the same with and without pools, for any collector settings."""

import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NAMES = ("messages", "async_messages", "scheduler", "log_lines", "particles", "etl", "buffers", "server")
SHORT = ("messages", "etl")


@functools.cache
def measured(name, side, collector="default"):
    """Run a workload with or without pools, at a small scale."""
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.workloads", name, side, collector, "7", "0.01", "2", "6"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    return json.loads(process.stdout)


@pytest.mark.parametrize(
    "name", [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in NAMES]
)
def test_the_same_comes_out(name):
    plain, pooled = measured(name, "plain"), measured(name, "pooled")
    assert plain["digest"] == pooled["digest"] != 0
    assert len(plain["seconds"]) == len(pooled["seconds"]) >= 6
    assert min(plain["seconds"]) >= 0
    assert plain["peak"] > 1 << 20


@pytest.mark.parametrize("collector", ["freeze", "threshold", "off"])
def test_settings_of_the_collector_change_nothing_else(collector):
    plain = measured("etl", "plain", collector)
    assert plain["digest"] == measured("etl", "pooled")["digest"]
    assert collector != "off" or plain["collections"] == [0, 0, 0]
