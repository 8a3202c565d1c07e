"""One side of one workload, in this process; it prints what was measured.

`python -m benchmarks.workloads NAME plain|pooled|POOL default|freeze|threshold|off SEED SCALE WARM COUNT`; POOL is the
name of a pool by hand, for the scheduler.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import attrs

from benchmarks.workloads._by_hand import POOLS
from benchmarks.workloads._makers import Makers, Plain, Pooled
from benchmarks.workloads._measured import Measured, measure


def run(name: str, make: Makers, *, seed: int, scale: float, collector: str, warm: int, count: int) -> Measured:  # noqa: PLR0913 (what makes a run)
    """Measure a workload with these makers."""
    module: Any = importlib.import_module(f"benchmarks.workloads.{name}")
    if hasattr(module, "run"):
        measured: Measured = module.run(make, seed=seed, scale=scale, collector=collector, warm=warm, count=count)
        return measured
    return measure(module.work(make, seed, scale), collector=collector, warm=warm, count=count)


def main(name: str, side: str, collector: str, *numbers: str) -> None:
    """Measure, and print what came out as JSON."""
    make = Pooled() if side == "pooled" else Plain(POOLS.get(side))
    seed, scale, warm, count = numbers
    measured = run(
        name, make, seed=int(seed), scale=float(scale), collector=collector, warm=int(warm), count=int(count)
    )
    print(json.dumps(attrs.asdict(measured)))


if __name__ == "__main__":
    main(*sys.argv[1:])
