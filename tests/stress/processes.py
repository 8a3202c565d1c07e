"""`multiprocessing`: pooled objects are equal after a round trip to another process, for each start method."""

import multiprocessing
import os

from .picklable import echo, samples
from .scenario import Run, UnsupportedError, scenario


def through(run: Run, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        raise UnsupportedError(f"no-{method}")
    context = multiprocessing.get_context(method)
    with context.Pool(2) as workers:
        while True:
            numbers = [run.rng.randrange(1000) for _ in range(8)]
            sent = [samples(number) for number in numbers]
            for expected, (came_back, process, _) in zip(sent, workers.map(echo, sent), strict=True):
                assert process != os.getpid()
                for one, other in zip(expected, came_back, strict=True):
                    assert one == other, (one, other)
                    assert one.__class__ is other.__class__
                    run.operations += 1
            if not run.going():
                break
        workers.close()
        workers.join()


@scenario()
def processes_forked(run: Run) -> None:
    """Objects of each kind cross to forked processes and back."""
    through(run, "fork")


@scenario()
def processes_spawned(run: Run) -> None:
    """The same with spawned processes."""
    through(run, "spawn")


@scenario()
def processes_from_a_server(run: Run) -> None:
    """The same with processes of a fork server."""
    through(run, "forkserver")
