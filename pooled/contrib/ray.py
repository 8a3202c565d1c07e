"""Pools in the worker processes of Ray: `worker_setup` configures them, `cluster_stats` adds up their statistics.

`worker_setup` returns a hook for `ray.init(runtime_env={"worker_process_setup_hook": ...})`. Ray has no way to run a
function in each worker. So each worker writes its statistics to the key-value store of the cluster, and `cluster_stats`
reads them there.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from pooled._policy import check_seconds
from pooled.contrib._cluster_stats import ClusterStats, added_up, process_stats
from pooled.contrib._worker_config import Config, WorkerConfig, instrumented

try:
    import ray
    from ray.experimental import internal_kv
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.ray needs ray, which is not installed: pip install 'pooled-objects[ray]'"
    ) from _error

__all__ = ["ClusterStats", "cluster_report", "cluster_stats", "forget_stats", "worker_setup"]

_NAMESPACE: Final = "pooled"
"""The namespace of the keys: `JOB/asked` holds the last question of `cluster_stats`, `JOB/of/PROCESS` an answer."""

_PAUSE: Final = 0.05
"""Seconds between two checks for answers."""


def worker_setup(config: Config = None, *, interval: float = 1.0) -> Callable[[], None]:
    """Make a `worker_process_setup_hook` that configures pools in the worker processes of a job.

    Ray calls it in each worker process, for tasks and for actors, before their code is imported. The environment of a
    worker takes precedence, as over a configuration file. pooled has to be installed where the workers run.

    Args:
        config: the sections of a configuration file as a mapping, such as `{"instrument": {"shop:Order": {"max":
            64}}}`, or the path of the file. It is read and checked at once, so workers do not need the file. None keeps
            the configuration of the workers; the hook then only writes the statistics.
        interval: the seconds after which a process writes its statistics again if they have changed. The counts of the
            last interval before its end can be lost, because Ray ends idle processes without notice.

    Returns:
        The hook, a function without arguments that can be pickled. If it fails, Ray ends the worker and its tasks raise
        an error that has the traceback.

    Raises:
        TypeError: `config` is neither a mapping nor a path, or `interval` is not a number.
        ConfigurationError: the file cannot be read, or an entry is invalid.
        ValueError: `interval` is not above 0.
    """
    seconds = check_seconds("interval", interval)
    if not seconds:
        raise ValueError("interval=0: expected more than 0 seconds between two writes of the statistics")
    return _Setup(WorkerConfig(config), seconds)


class _Setup:
    """The hook. A function inside `worker_setup` would be pickled with its code; this is pickled by its name."""

    def __init__(self, config: WorkerConfig, interval: float) -> None:
        self.__name__ = "pooled.contrib.ray.worker_setup"  # Ray shows it
        self._config, self._interval = config, interval

    def __call__(self) -> None:
        self._config.put_in_force()
        worker = f"{ray.util.get_node_ip_address()} pid {os.getpid()}"
        arguments = (_job(), worker, self._interval)
        threading.Thread(target=_answer, args=arguments, name="pooled statistics", daemon=True).start()


def _answer(job: str, worker: str, interval: float) -> None:
    """Write the statistics of this process whenever they have changed, or `cluster_stats` asks for them."""
    wait = threading.Event().wait
    written: dict[str, Any] = {}
    while True:
        with suppress(Exception):  # the cluster ends, or does not answer for a moment
            asked = _get(f"{job}/asked")
            sent = {"worker": worker, "asked": asked, **process_stats(instrumented())}
            if sent != written:
                _put(f"{job}/of/{sent['process']}", sent)
                written = sent
        wait(interval)


_silent: Final[set[str]] = set()
"""The keys of processes that did not answer and have probably ended. No later call waits for them."""


def cluster_stats(*, timeout: float = 10.0) -> ClusterStats:
    """Add up the statistics of all pools over the worker processes of this job.

    Call it where the job was started, after `ray.init` with the hook of `worker_setup`. It asks all processes and waits
    for their answers, which takes up to an interval of theirs. It includes the last statistics of processes that ended.

    Args:
        timeout: the most seconds to wait. A process that has not answered by then counts as ended; the next call does
            not wait for it.

    Raises:
        TypeError, ValueError: `timeout` is not a number of seconds.
        RuntimeError: Ray was not initialized.
    """
    until = time.monotonic() + check_seconds("timeout", timeout)
    job = _job()
    question = uuid.uuid4().hex
    _put(f"{job}/asked", question)
    answers: dict[str, Any] = {}
    while True:
        for key in sorted(_keys(f"{job}/of/")):
            if key not in answers or answers[key]["asked"] != question:
                sent = _get(key)
                if sent is not None:  # else `forget_stats` was called on another thread
                    answers[key] = sent
        late = {key for key, sent in answers.items() if sent["asked"] != question}
        if late <= _silent or time.monotonic() >= until:
            break
        time.sleep(_PAUSE)
    _silent.difference_update(answers.keys() - late)
    _silent.update(late)
    return added_up((sent["worker"], sent, key in late) for key, sent in answers.items())


def cluster_report(*, timeout: float = 10.0) -> str:
    """Report the statistics of all pools, added up over the worker processes of this job: `str(cluster_stats())`."""
    return str(cluster_stats(timeout=timeout))


def forget_stats() -> None:
    """Delete the statistics of this job from the store, for example at its end. Running processes write theirs again.

    The store keeps about one kilobyte for each process and each ten pools until the cluster ends.
    """
    internal_kv._internal_kv_del(f"{_job()}/", del_by_prefix=True, namespace=_NAMESPACE)


def _job() -> str:
    if not ray.is_initialized():
        raise RuntimeError("Ray is not initialized; call ray.init first, with the hook of worker_setup")
    job: str = ray.get_runtime_context().get_job_id()
    return job


def _put(key: str, value: Any) -> None:
    internal_kv._internal_kv_put(key, json.dumps(value), namespace=_NAMESPACE)


def _get(key: str) -> Any:
    content = internal_kv._internal_kv_get(key, namespace=_NAMESPACE)
    return None if content is None else json.loads(content)


def _keys(prefix: str) -> list[str]:
    return [key.decode() for key in internal_kv._internal_kv_list(prefix, namespace=_NAMESPACE)]
