"""Runs a program without pools and with pools, and prints the cost of each."""

from __future__ import annotations

import multiprocessing
import statistics
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeAlias

import attrs
from _metadata import Makers


@attrs.frozen
class Figures:
    """The results and the cost of one run.

    Attributes:
        digest: a digest of all answers, and of everything that the model read.
        steps: the number of steps.
        seconds: the time of all steps together.
        slowest: the longest step, in milliseconds.
        percentile_99: one step in a hundred took longer than this, in milliseconds.
        collections: of the cyclic garbage collector, by generation.
        each: the times of the steps, in seconds, shortest first.
        did: the work of the run, in words.
        pools: the statistics of the pools, in words; empty without pools.
    """

    digest: str
    steps: int
    seconds: float
    slowest: float
    percentile_99: float
    collections: tuple[int, ...]
    each: list[float]
    did: str
    pools: list[str]

    @property
    def per_second(self) -> float:
        """Steps in a second."""
        return self.steps / self.seconds


Run: TypeAlias = Callable[[Makers], Figures]
"""Runs the program once, with the makers of its objects."""


def serve(connection: Connection, run: Run, pooling: bool) -> None:
    """The main function of a child process: run once for every message that arrives, and send the figures."""
    makers = Makers(pooling=pooling)
    while connection.recv():
        connection.send(run(makers))


def in_turn(run: Run, rounds: int) -> tuple[list[Figures], list[Figures]]:
    """Run both ways in turn, each in its own process; return the figures without pools, and with them."""
    context = multiprocessing.get_context("spawn")
    sides: list[tuple[Connection, list[Figures]]] = []
    for pooling in (False, True):
        here, there = context.Pipe()
        context.Process(target=serve, args=(there, run, pooling), daemon=True).start()
        there.close()  # so that the end of the child is the end of the connection
        sides.append((here, []))
    for turn in range(rounds):
        for connection, figures in sides if turn % 2 else reversed(sides):
            connection.send(True)
            figures.append(connection.recv())
    for connection, _ in sides:
        connection.send(False)
    (_, plain), (_, pooled_ones) = sides
    return plain, pooled_ones


def print_side(name: str, figures: list[Figures]) -> None:
    """Print the medians of one side. Times are processor times, which do not include the time of other programs."""
    middle = {
        what: statistics.median(getattr(each, what) for each in figures)
        for what in ("per_second", "slowest", "percentile_99")
    }
    collections = ", ".join(
        f"{statistics.median(each.collections[generation] for each in figures):,.0f}" for generation in range(3)
    )
    print(
        f"{name:10}  steps per second: {middle['per_second']:,.0f}  gc collections: {collections}  "
        f"slowest step: {middle['slowest']:.1f} ms  99th percentile: {middle['percentile_99']:.2f} ms"
    )


def print_ratio(plain: list[Figures], with_pools: list[Figures]) -> None:
    """Print the ratio of the speeds with and without pools: the median over the rounds."""
    ratios = sorted(ours.per_second / theirs.per_second for ours, theirs in zip(with_pools, plain, strict=True))
    middle = statistics.median(ratios)
    print(f"pooled / not pooled, steps per second: {middle:.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")
