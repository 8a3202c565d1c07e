"""Compares a search service with and without pools: `make demo`. It takes less than a minute.

Two processes hold the same catalogue and answer the same requests, in alternation. One of them pools its offers. Every
answer has to be the same. Times are processor time, so other programs on the machine do not count.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import multiprocessing
import shutil
import statistics
import sys
import textwrap
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import attrs
from _shop import Offer, Shop, requests

import pooled

BAR = "\N{FULL BLOCK}"
SIDES = ("not pooled", "pooled")


@attrs.frozen
class Size:
    """The size of the work: the products of the catalogue, the offers and the requests of a round, and the rounds."""

    products: int
    offers: int
    requests: int
    rounds: int


@attrs.define
class Pauses:
    """What the garbage collector costs: its collections by generation, and the seconds of all and of the longest."""

    collections: list[int] = attrs.field(factory=lambda: [0, 0, 0])
    seconds: float = 0.0
    longest: float = 0.0
    _start: float = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Record the start or the end of a collection; a callback of `gc`."""
        if phase == "start":
            self._start = time.process_time()
            return
        took = time.process_time() - self._start
        self.collections[min(info["generation"], 2)] += 1
        self.seconds += took
        self.longest = max(self.longest, took)


@attrs.frozen
class Round:
    """One round of one side: the seconds of each request, a digest of the answers, and the pauses so far."""

    seconds: list[float]
    digest: str
    pauses: Pauses


def serve(connection: Connection, size: Size, pooling: bool) -> None:
    """The main function of a process: answer a round of requests for each seed that arrives."""
    make_offer = pooled.poolable(max=size.offers)(Offer) if pooling else Offer
    shop = Shop(size.products, size.offers, make_offer)
    warm_up(shop)
    pauses = Pauses()
    gc.collect()
    gc.callbacks.append(pauses)
    while (seed := connection.recv()) is not None:
        connection.send(answer_all(shop, requests(seed, size.requests), pauses))
    stats = pooled.pool_of(make_offer).stats() if pooling else None
    connection.send(f"{stats.hits:,} offers reused, {stats.misses:,} created" if stats else "")


def warm_up(shop: Shop) -> None:
    """Answer some requests before the time counts, as a service does before it gets traffic."""
    for request in requests(0, 20):
        shop.answer(request)


def answer_all(shop: Shop, asked: Iterator[str], pauses: Pauses) -> Round:
    """Answer these requests, and measure each."""
    digest, seconds = hashlib.sha256(), []
    for request in asked:
        start = time.process_time()
        answer = shop.answer(request)
        seconds.append(time.process_time() - start)
        digest.update(answer.encode())
    return Round(seconds, digest.hexdigest(), pauses)


def compare(size: Size) -> tuple[list[list[Round]], str]:
    """Run both sides in alternation; return the rounds of each, and the statistics of the pool."""
    context = multiprocessing.get_context("spawn")
    sides: list[tuple[Connection, list[Round]]] = []
    for pooling in (False, True):
        here, there = context.Pipe()
        context.Process(target=serve, args=(there, size, pooling), daemon=True).start()
        there.close()  # so that the end of the process ends the connection
        sides.append((here, []))
    for number in range(size.rounds):
        order = (0, 1) if number % 2 else (1, 0)
        for place, side in enumerate(order):
            show_progress(
                (2 * number + place) / (2 * size.rounds), f"round {number + 1} of {size.rounds}, {SIDES[side]}"
            )
            connection, rounds = sides[side]
            connection.send(number + 1)
            rounds.append(connection.recv())
    show_progress(1.0, "")
    for connection, _ in sides:
        connection.send(None)
    said = [connection.recv() for connection, _ in sides]
    return [rounds for _, rounds in sides], said[1]


def columns() -> int:
    """Return the width of the terminal."""
    return shutil.get_terminal_size().columns


def print_wrapped(text: str, indent: int = 0) -> None:
    """Print text that fits the terminal, with all lines but the first indented."""
    print(textwrap.fill(text, min(88, columns() - 1), subsequent_indent=" " * indent), flush=True)


def show_progress(share: float, text: str) -> None:
    """Draw a bar on a terminal; the last call removes it."""
    if sys.stderr.isatty():
        line = "" if share == 1 else f"[{'#' * round(share * 30):30}] {share:4.0%}  {text}"
        width = min(72, columns() - 1)  # in the last column, some terminals begin a new line
        sys.stderr.write(f"\r{line[:width]:{width}}" + ("\r" if share == 1 else ""))
        sys.stderr.flush()


def percentile_99(rounds: list[Round]) -> float:
    """Return the time in milliseconds that one request in a hundred exceeds."""
    seconds = sorted(second for each in rounds for second in each.seconds)
    return seconds[-1 - len(seconds) // 100] * 1e3


def mean(rounds: list[Round]) -> float:
    """Return the mean time of a request in milliseconds."""
    return statistics.fmean(second for each in rounds for second in each.seconds) * 1e3


def print_bars(title: str, values: list[float]) -> None:
    """Print a bar for each side, with its value in milliseconds."""
    try:
        BAR.encode(sys.stdout.encoding)
        bar = BAR
    except UnicodeEncodeError:
        bar = "#"
    width = max(10, min(48, columns() - 28))
    print(f"\n{title}")
    for side, value in zip(SIDES, values, strict=True):
        print(f"  {side:10}  {bar * max(1, round(width * value / max(values)))} {value:.2f} ms")


def print_pauses(sides: list[list[Round]]) -> None:
    """Print the pauses of the garbage collector of each side."""
    print("\npauses of the garbage collector")
    for side, rounds in zip(SIDES, sides, strict=True):
        pauses = rounds[-1].pauses
        print_wrapped(
            f"  {side:10}  {sum(pauses.collections):,} collections, {pauses.collections[2]:,} of them full;"
            f" {pauses.seconds:.2f} s in all, the longest {pauses.longest * 1e3:.1f} ms",
            indent=14,
        )


def read_arguments() -> Size:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    values: dict[str, Any] = {"products": 400_000, "offers": 4_000, "requests": 80, "rounds": 5}
    for name, value in values.items():
        parser.add_argument(f"--{name}", type=int, default=value, metavar="N", help=f"(default: {value:,})")
    chosen = parser.parse_args()
    for name in values:
        if getattr(chosen, name) < 1:
            parser.error(f"--{name} {getattr(chosen, name)}: expected at least 1")
    return Size(**vars(chosen))


def main() -> None:
    """Compare both sides and print the result. The exit status is 1 if their answers differ."""
    size = read_arguments()
    print_wrapped(
        f"A search service holds {size.products:,} products. For each request it makes {size.offers:,} offers, and "
        f"returns the best ten. {size.requests * size.rounds:,} requests with and without pools, in {size.rounds} "
        "alternating rounds."
    )
    print_wrapped(f"Python {sys.version.split()[0]}, {pooled.engine} engine, processor time.")
    sides, pool = compare(size)
    plain, with_pools = sides
    print_bars("mean time of a request", [mean(plain), mean(with_pools)])
    print_bars("99th percentile", [percentile_99(plain), percentile_99(with_pools)])
    print_pauses(sides)
    print(f"\nthe pool: {pool}")
    if pooled.engine != "native":
        print("Only the native engine makes programs faster: `python -m pooled doctor` says why it does not run.")
    faster = statistics.median(mean([old]) / mean([new]) for old, new in zip(plain, with_pools, strict=True))
    are_equal = [each.digest for each in plain] == [each.digest for each in with_pools]
    print(
        f"pooled: {faster:.2f}\N{MULTIPLICATION SIGN} as fast, p99 {percentile_99(with_pools):.1f} ms instead of "
        f"{percentile_99(plain):.1f} ms, results {'equal' if are_equal else 'differ'}"
    )
    if not are_equal:
        sys.exit(1)


if __name__ == "__main__":
    main()
