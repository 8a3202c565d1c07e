"""Pools on the workers of a Dask cluster: `PooledPlugin` configures them, `cluster_stats` adds up their statistics.

Both use mechanisms of Dask: worker plugins, `Client.run`, and the events of the scheduler.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from pooled.contrib._cluster_stats import ClusterStats, added_up, process_stats
from pooled.contrib._worker_config import Config, WorkerConfig, instrumented

try:
    from distributed import WorkerPlugin
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.dask needs distributed, which is not installed: pip install 'pooled-objects[dask]'"
    ) from _error

if TYPE_CHECKING:
    from distributed import Client, Worker

__all__ = ["ClusterStats", "PooledPlugin", "cluster_report", "cluster_stats", "gather_stats"]

_TOPIC: Final = "pooled"
"""The topic of the events that hold the last statistics of workers that ended."""


class PooledPlugin(WorkerPlugin):
    """Configures the pools of each worker, and makes classes poolable there.

    Call `client.register_plugin(PooledPlugin(...))`. Dask runs the plugin in the existing workers and, before their
    first task, in workers that start later. The name of the plugin is "pooled": registering another one replaces the
    configuration. Classes that are already poolable keep their limits until the worker restarts. The environment of a
    worker takes precedence, as over a configuration file. pooled has to be installed where the workers run.

    Args:
        config: the sections of a configuration file as a mapping, such as `{"instrument": {"shop:Order": {"max":
            64}}}`, or the path of the file. It is read and checked at once, so workers do not need the file. None keeps
            the configuration of the workers; the plugin then only keeps the last statistics of workers that end.

    Raises:
        TypeError: `config` is neither a mapping nor a path.
        ConfigurationError: the file cannot be read, or an entry is invalid.
    """

    name = "pooled"

    def __init__(self, config: Config = None) -> None:
        self._config = WorkerConfig(config)

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 (Dask passes it)
        """Apply the configuration in the process of a worker. Dask calls it.

        Raises:
            ImportError: a module that the worker has imported lacks a class, or its objects cannot be recycled.
        """
        self._config.put_in_force()

    def teardown(self, worker: Worker) -> None:
        """Send the last statistics of a worker to the scheduler. Dask calls it when the worker ends."""
        worker.log_event(_TOPIC, {"worker": worker.address, **_process_stats()})


def cluster_stats(client: Client) -> ClusterStats:
    """Add up the statistics of all pools over the workers of a cluster.

    It includes the last statistics of workers that were closed or retired, if they had the plugin. It does not include
    those of workers that were killed. Workers that are threads of one process count as one process.

    Raises:
        TypeError: the client is asynchronous; await `gather_stats(client)`.
        ImportError: a worker has no pooled.
    """
    if client.asynchronous:
        raise TypeError(f"client={client!r}: it is asynchronous; await gather_stats(client)")
    gathered: ClusterStats = client.sync(gather_stats, client)
    return gathered


async def gather_stats(client: Client) -> ClusterStats:
    """Do what `cluster_stats` does, for an asynchronous client."""
    # In a coroutine, both return awaitables, whatever kind of client it is.
    alive = await client.run(_process_stats)
    events = await client.get_events(_TOPIC)  # None if there was none
    return added_up(_answers(alive, list(events or ())))


def cluster_report(client: Client) -> str:
    """Report the statistics of all pools, added up over the workers of a cluster: `str(cluster_stats(client))`."""
    return str(cluster_stats(client))


def _answers(
    alive: Mapping[str, dict[str, Any]], events: Iterable[tuple[float, dict[str, Any]]]
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    for worker, sent in alive.items():
        yield worker, sent, False
    for _, sent in sorted(events, key=itemgetter(0), reverse=True):  # the last event of a process counts
        yield sent["worker"], sent, True


def _process_stats() -> dict[str, Any]:
    return process_stats(instrumented())
