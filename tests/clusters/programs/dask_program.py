"""`python dask_program.py plain|pooled`: runs the workload on a local Dask cluster, and prints its digest.

With pools, it writes a report to standard error, and another after one worker has ended.
"""

import sys
import time

from dask.distributed import Client, LocalCluster
from sheets import CONFIG, change, digest

WORKERS = 2
TASKS = 30


def work(client):
    print(digest(client.gather(client.map(change, range(TASKS)))))


def report(client):
    import pooled
    from pooled.contrib.dask import PooledPlugin, cluster_report, cluster_stats

    before = cluster_stats(client)
    print(before, file=sys.stderr)
    assert "2 processes\n" in cluster_report(client)
    assert (len(before.processes), before.ended) == (WORKERS, frozenset())
    if pooled.engine == "native":  # the other one does not reach classes that the main module imported from theirs
        assert all(pools["tinycss2.ast:HashToken"].hits for pools in before.processes.values())
    assert before["sheets:Sheet"].taken == TASKS

    first, *_ = before.processes
    client.retire_workers([first])
    while len(client.scheduler_info()["workers"]) == WORKERS:
        time.sleep(0.05)
    after = cluster_stats(client)
    print(after, file=sys.stderr)
    assert (after.ended, after.processes[first].keys()) == ({first}, before.processes[first].keys())
    assert (after.processes.keys(), after.total.taken) == (before.processes.keys(), before.total.taken)

    try:
        client.register_plugin(PooledPlugin({"instrument": {"sheets:Sheets": {}}}))
    except ImportError as error:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    with (
        LocalCluster(processes=True, n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        if sys.argv[1] == "plain":
            work(client)
        else:
            from pooled.contrib.dask import PooledPlugin

            client.register_plugin(PooledPlugin(CONFIG))
            work(client)
            report(client)
