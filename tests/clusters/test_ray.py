"""`pooled.contrib.ray` on a local cluster of several processes."""

import pickle

import limits
import pytest
from cluster_programs import run_program
from conftest import ENGINES

for _package in ("ray", "tinycss2"):
    limits.require(_package)

from pooled.contrib.ray import ClusterStats, cluster_report, cluster_stats, forget_stats, worker_setup


@pytest.mark.long
@pytest.mark.parametrize("chosen", ENGINES)
def test_the_workload_has_the_same_output(chosen):
    settings = {"POOLED_ENGINE": chosen, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    plain, _ = run_program("ray_program.py", "plain", **settings)
    output, report = run_program("ray_program.py", "pooled", **settings)
    assert output == plain
    assert " (ended)" in report


@pytest.mark.parametrize("function", [cluster_stats, cluster_report, forget_stats])
def test_ray_is_not_initialized(function):
    with pytest.raises(RuntimeError, match="call ray.init first"):
        function()


def test_what_the_two_modules_share():
    from pooled.contrib import _cluster_stats

    assert ClusterStats is _cluster_stats.ClusterStats


def test_the_hook_is_pickled_by_its_name():
    hook = pickle.loads(pickle.dumps(worker_setup({"defaults": {"max": 3}}, interval=2)))
    assert hook.__name__ == "pooled.contrib.ray.worker_setup"


@pytest.mark.parametrize("interval", [0, -1, "1"])
def test_an_invalid_interval(interval):
    with pytest.raises((TypeError, ValueError), match="interval="):
        worker_setup(interval=interval)
