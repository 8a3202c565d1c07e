"""The batch scheduler of the examples: it makes objects of many parts for every request of every step."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from benchmarks.workloads._by_hand import Hands
from benchmarks.workloads._makers import Makers
from benchmarks.workloads._measured import Collections, Measured, peak, set_collector

REQUESTS = 1_000
"""At full scale."""

CLASSES = (
    "SequenceData",
    "RequestMetadata",
    "ModelInput",
    "ToSample",
    "Sampled",
    "Scheduled",
    "SchedulerOutput",
)


def run(make: Makers, *, seed: int, scale: float, collector: str, warm: int, count: int) -> Measured:
    """Serve the traffic once to warm up, and once measured. An operation is a step, by the processor's time."""
    del warm, count  # the traffic says how many steps there are
    sys.path.append(str(Path(__file__).resolve().parent.parent.parent / "examples"))
    program = importlib.import_module("scheduler")
    makers = _makers(make)
    requests = max(20, int(REQUESTS * scale))
    options = program.Options(seed, requests, 60.0, 12_000, max(1_000, int(300_000 * scale)), no_gc=False)
    program.run(options, makers)
    set_collector(collector)
    blocks = sys.getallocatedblocks()
    with Collections() as collections:
        figures = program.run(options, makers)
    return Measured(
        seconds=figures.each,
        busy=figures.seconds,
        digest=int(figures.digest, 16),
        collections=collections.counts,
        collecting=collections.seconds,
        peak=peak(),
        blocks=(blocks, sys.getallocatedblocks()),
    )


def _makers(make: Makers) -> Any:
    """What the example asks for its objects."""
    metadata = importlib.import_module("_metadata")
    if make.by_hand is None:
        return metadata.Makers(pooling=make.pooling)
    names = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name)[1:]: name for name in CLASSES}
    return Hands(make.by_hand, {name: getattr(metadata, class_name) for name, class_name in names.items()})
