"""One run: `python -m benchmarks.alternatives._run PROGRAM KIND COLLECTOR SCALE WARM COUNT`; it prints JSON."""

from __future__ import annotations

import gc
import json
import sys
from typing import Any

from benchmarks.alternatives._makers import KINDS
from benchmarks.alternatives._programs import PROGRAMS
from benchmarks.workloads._measured import Collections, peak


def set_collector(setting: str) -> None:
    """Set the garbage collector as people do once a program has started."""
    gc.collect()
    if setting == "frozen":
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
    elif setting == "off":
        gc.disable()


def run(program: str, kind: str, collector: str, *, scale: float, warm: int, count: int) -> dict[str, Any]:
    operations = PROGRAMS[program](KINDS[kind], scale)
    for _ in range(warm):
        next(operations)
    set_collector(collector)
    seconds, digest = [], 0
    with Collections() as collections:
        for _ in range(count):
            taken, came_out = next(operations)
            seconds.append(taken)
            digest = (digest * 1_000_003 + came_out) & 0xFFFF_FFFF_FFFF_FFFF
    return {"seconds": seconds, "digest": digest, "collections": collections.counts, "peak": peak()}


def main(program: str, kind: str, collector: str, scale: str, warm: str, count: str) -> None:
    """Print the results of a run."""
    print(json.dumps(run(program, kind, collector, scale=float(scale), warm=int(warm), count=int(count))))


if __name__ == "__main__":
    main(*sys.argv[1:])
