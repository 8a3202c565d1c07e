"""The cases of memory: NumPy arrays that are filled, and buffers to read into."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import timeit
from collections.abc import Iterator, Mapping
from typing import Final

import attrs
import numpy as np

from benchmarks._measuring import Result, compare, compare_timers
from pooled.containers import BufferPool
from pooled.contrib.numpy import ArrayPool

MIB: Final = 1 << 20

RETURNED: Final = {"MALLOC_MMAP_THRESHOLD_": str(MIB), "NUMPY_MADVISE_HUGEPAGE": "0"}
"""With this, glibc returns the pages of each array to the system. Otherwise its threshold grows to 32 MiB."""

RETURNED_HUGE: Final = {"MALLOC_MMAP_THRESHOLD_": str(MIB)}
"""The same with the huge pages that NumPy requests if the system has them: 8 faults per array instead of 4096."""


def arrays(pairs: int) -> Iterator[Result]:
    """Make, fill and drop an array of 16 MiB; make and drop a small one."""
    yield _filled("16 MiB, pages returned", RETURNED, pairs, wanted=8.0)
    yield _filled("16 MiB, huge pages returned", RETURNED_HUGE, pairs)
    yield _filled("16 MiB, the allocator's default", {}, pairs, wanted=0.95)
    pool = ArrayPool()
    names = {"take": pool.take, "empty": np.empty}
    yield compare("8 KiB, not filled", "take(1024)", "empty(1024)", names, pairs=pairs)


def _filled(case: str, environ: Mapping[str, str], pairs: int, *, wanted: float | None = None) -> Result:
    """Compare in a new process: the allocator reads its settings once, and adapts to earlier allocations."""
    process = subprocess.run(  # noqa: S603 (it is this very module)
        [sys.executable, "-m", __name__, str(pairs)],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Result(**{**json.loads(process.stdout), "case": case, "wanted": wanted})


def fill(pairs: int) -> Result:
    """Compare pooled arrays of 16 MiB with those of `numpy.empty`, each filled and dropped, in this process."""
    pool = ArrayPool()
    count = 16 * MIB // np.dtype(float).itemsize
    names = {"take": pool.take, "empty": np.empty, "count": count}
    ours, theirs = (timeit.Timer(f"{make}(count).fill(1.0)", globals=names).timeit for make in ("take", "empty"))
    return compare_timers("fill", ours, theirs, pairs=pairs)


def buffers(pairs: int) -> Iterator[Result]:
    """Make a buffer and drop it. The cost of a `bytearray` grows with its size, that of a pooled buffer does not."""
    for kib in (4, 64, 256, 1024, 4096):
        pool = BufferPool()
        names = {"take": pool.take, "n": kib << 10}
        yield compare(f"{kib:,} KiB against bytearray", "take(n)", "memoryview(bytearray(n))", names, pairs=pairs)


if __name__ == "__main__":
    print(json.dumps(attrs.asdict(fill(int(sys.argv[1])))))
