"""Run a function on threads that start together, and raise their errors."""

import threading
from collections.abc import Callable
from random import Random
from typing import Any

from .scenario import Run


def run_threads(run: Run, count: int, work: Callable[[Random, int], int]) -> None:
    """Run `work(rng, number)`, which returns its number of operations, on threads; raise the first error."""
    barrier = threading.Barrier(count)
    done: list[Any] = []
    seeds = [run.rng.randrange(1 << 32) for _ in range(count)]

    def body(number: int) -> None:
        barrier.wait()
        try:
            done.append(work(Random(seeds[number]), number))
        except BaseException as error:
            done.append(error)

    threads = [threading.Thread(target=body, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [each for each in done if isinstance(each, BaseException)]
    if errors:
        error = errors[0]
        del errors, done[:]
        raise error
    run.operations += sum(done)
