"""`python ray_program.py plain|pooled`: runs the workload on a local Ray cluster, and prints its digest.

With pools, it writes a report to standard error, and another after the process of an actor has ended.
"""

import os
import sys

import ray
from sheets import CONFIG, change, digest

TASKS = 30


@ray.remote(num_cpus=0)
class Changer:
    """An actor, whose process ends with it."""

    def change(self, numbers):
        return [change(number) for number in numbers]


def work():
    """Change the even ones in tasks, and the odd ones in an actor."""
    changer = Changer.remote()
    odd = changer.change.remote(range(1, TASKS, 2))
    even = [ray.remote(num_cpus=0.5)(change).remote(number) for number in range(0, TASKS, 2)]
    print(digest(sorted([*ray.get(even), *ray.get(odd)], key=lambda sheet: sheet.number)))
    return changer


def report(changer):
    from pooled.contrib.ray import cluster_report, cluster_stats, forget_stats

    before = cluster_stats(timeout=60)
    print(before, file=sys.stderr)
    assert len(before.processes) > 1
    assert before["sheets:Sheet"].taken == TASKS
    assert before["tinycss2.ast:HashToken"].hits > 0

    ray.kill(changer)
    after = cluster_stats(timeout=5)
    print(after, file=sys.stderr)
    assert after.processes.keys() >= before.processes.keys()
    assert len(after.ended) > len(before.ended)  # Ray also ends processes that are idle
    assert after.total.taken == before.total.taken
    assert " ended\n" in cluster_report(timeout=60)  # nobody waits for an answer of the actor
    forget_stats()


if __name__ == "__main__":
    environment = {"env_vars": {"POOLED_ENGINE": os.environ.get("POOLED_ENGINE", "")}}
    if sys.argv[1] == "pooled":
        from pooled.contrib.ray import worker_setup

        environment["worker_process_setup_hook"] = worker_setup(CONFIG, interval=0.2)
    ray.init(runtime_env=environment, log_to_driver=False)  # RAY_ADDRESS names a cluster that runs already
    changer = work()
    if sys.argv[1] == "pooled":
        report(changer)
    ray.shutdown()
