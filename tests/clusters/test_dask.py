"""`pooled.contrib.dask` on a local cluster of several processes."""

import asyncio
import os
import pickle
from types import SimpleNamespace

import limits
import pytest
from cluster_programs import run_program
from conftest import ENGINES

for _package in ("distributed", "tinycss2"):
    limits.require(_package)

from pooled.contrib.dask import ClusterStats, PooledPlugin, cluster_report, cluster_stats, gather_stats


@pytest.mark.long
@pytest.mark.parametrize("chosen", ENGINES)
def test_the_workload_has_the_same_output(chosen):
    plain, _ = run_program("dask_program.py", "plain", POOLED_ENGINE=chosen)
    output, report = run_program("dask_program.py", "pooled", POOLED_ENGINE=chosen)
    assert output == plain
    assert report.count("2 processes") == 2
    assert "2 processes, of which 1 ended" in report
    assert report.count(" (ended)") == 1
    assert "config: [instrument.'sheets:Sheets']: there is no 'Sheets' in sheets; did you mean 'Sheet'?" in report


class Client:
    """A client of a cluster with one worker, which is this process, and with events."""

    def __init__(self, *events, asynchronous=False):
        self.events, self.asynchronous = events, asynchronous

    def sync(self, function, *arguments):
        return asyncio.run(function(*arguments))

    async def run(self, function):
        return {"tcp://1": pickle.loads(pickle.dumps(function))()}

    async def get_events(self, topic):
        assert topic == "pooled"
        return self.events or None


def ended_worker(address):
    """The event that the plugin logs when a worker ends; its process is another one."""
    events = []
    worker = SimpleNamespace(address=address, log_event=lambda topic, event: events.append((topic, event)))
    plugin = pickle.loads(pickle.dumps(PooledPlugin()))
    plugin.setup(worker)
    plugin.teardown(worker)
    ((topic, event),) = events
    assert topic == "pooled" == plugin.name
    assert event["process"].split(":")[1] == str(os.getpid())
    return event | {"process": f"that of {address}"}


def test_workers_that_ended():
    event = ended_worker("tcp://2")
    stats = cluster_stats(Client((1.0, event), (2.0, event)))
    assert isinstance(stats, ClusterStats)
    assert (list(stats.processes), stats.ended, stats.notes) == (["tcp://1", "tcp://2"], {"tcp://2"}, ())
    assert stats.total.taken == sum(each.taken for each in stats.values())


def test_no_worker_has_ended():
    assert cluster_report(Client()).startswith("1 process\n\n")


def test_an_asynchronous_client():
    client = Client(asynchronous=True)
    with pytest.raises(TypeError, match=r"it is asynchronous; await gather_stats\(client\)"):
        cluster_stats(client)
    assert list(asyncio.run(gather_stats(client)).processes) == ["tcp://1"]
