"""A process that keeps many objects and serves requests: `python -m benchmarks._requests KIND pooled|plain`.

For every number that it reads, one per line, it serves this many requests and prints their times, as JSON.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs

import pooled
from benchmarks._measuring import CLOCK
from benchmarks._subjects import FIELD_CLASSES

HELD = 2_000_000
"""How many other objects the process holds."""

BUILT = 5_000
"""How many objects a request builds."""

REQUESTS = 400
"""How many requests make a round."""


@attrs.frozen
class Served:
    """The results of a round: the seconds of each request, and the number of full collections."""

    seconds: list[float]
    full_collections: int


def in_turn(kind: str, rounds: int) -> list[tuple[Served, Served]]:
    """Run two processes, with and without pools, which serve rounds in turn. Return a pair for every round."""
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(_server(kind, side)) for side in ("pooled", "plain"))
        served = []
        for turn in range(rounds):
            if turn % 2:
                one, two = _ask(ours), _ask(theirs)
            else:
                two, one = _ask(theirs), _ask(ours)
            served.append((one, two))
        for process in (ours, theirs):
            process.communicate()  # the process ends when its input ends
        return served


def _server(kind: str, side: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 (this very program)
        [sys.executable, "-m", "benchmarks._requests", kind, side],
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(process: subprocess.Popen[str]) -> Served:
    assert process.stdin is not None  # noqa: S101 (for the type checker)
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(f"{REQUESTS}\n")
    process.stdin.flush()
    return Served(**json.loads(process.stdout.readline()))


def serve(kind: str, side: str) -> None:
    """Read numbers from standard input, and serve this many requests for each."""
    cls: Any = FIELD_CLASSES[kind]()
    request = _plain_request
    if side == "pooled":
        cls, request = pooled.poolable(max=BUILT)(cls), _pooled_request
    held = [[number] for number in range(HELD)]
    full = _count_full_collections()
    everyone = range(BUILT)
    request(cls, everyone)  # makes the working set
    gc.collect()
    for line in sys.stdin:
        before = len(full)
        seconds = [request(cls, everyone) for _ in range(int(line))]
        print(json.dumps({"seconds": seconds, "full_collections": len(full) - before}), flush=True)
    del held


def _count_full_collections() -> list[None]:
    """A list that grows by one at each full collection."""
    full: list[None] = []

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            full.append(None)

    gc.callbacks.append(count)
    return full


def _pooled_request(cls: type, everyone: range) -> float:
    take = pooled.take
    start = CLOCK()
    batch: list[object] = [take(cls) for _ in everyone]
    del batch
    return CLOCK() - start


def _plain_request(cls: type, everyone: range) -> float:
    start = CLOCK()
    batch: list[object] = [cls() for _ in everyone]
    del batch
    return CLOCK() - start


if __name__ == "__main__":
    serve(*sys.argv[1:])
