"""The cases of `pooled_arrays`: unchanged code that makes arrays, with the memory of a pool and with NumPy's own.

Each case runs in processes of its own, because earlier frees decide whether the C library keeps its memory. In such a
process, both sides alternate. `install` cannot be undone, so its sides run in two forks of one process.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import attrs

from benchmarks._measuring import Result, result_of

ROOT: Final = Path(__file__).resolve().parent.parent

ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
"""One thread for each library: processor time also counts threads that wait for one another."""

FRESH: Final = {0.25: 0.97, 1: 1.8, 4: 1.45, 16: 1.25, 64: 1.3, 128: 1.3}
"""The least ratio to reach for the expression in a new process, by the MiB of an array."""

STATES: Final = {"fresh": "fresh process", "freed": "31 MiB freed before", "keeps": "last result kept"}
"""The states of a process, and their names in the tables."""

NOT_SLOWER: Final = 0.97

SMALL: Final = ("np.zeros(3)", "np.arange(10)", "a + b, 10 elements", "a + b, 200 elements")

PROGRAMS: Final = {
    "pandas groupby": "pandas",
    "pandas merge": "pandas",
    "SciPy signal filters": "scipy",
    "SciPy ndimage": "scipy",
    "scikit-learn PCA": "sklearn",
    "image pipeline": "numpy",
}
"""The package that each program needs, by the name of the program."""


def expression(*, quick: bool) -> Iterator[Result]:
    """`np.sqrt(a * b + a) - b` at several sizes, in processes that differ in what they did before."""
    for state, words in STATES.items():
        for mib, aim in FRESH.items():
            wanted = aim if state == "fresh" or mib >= 64 else NOT_SLOWER
            yield _timed(f"{mib:g} MiB, {words}", "expression", mib, state, quick=quick, wanted=wanted)


def by_hand(*, quick: bool) -> Iterator[Result]:
    """The unchanged expression with a pool, against the expression rewritten with `out=`."""
    for mib in (1, 16, 64):
        yield _timed(f"{mib} MiB, against two buffers", "two buffers", mib, quick=quick, wanted=1.0)
        yield _timed(f"{mib} MiB, against one buffer", "one buffer", mib, quick=quick)


def faults(*, quick: bool) -> Iterator[Result]:
    """Page faults in a steady loop: pages that the system has to find and to zero."""
    yield _measured("64 MiB expression", "faults", "expression", 64, "fresh", quick=quick, wanted=100, unit="faults")


def zeros(*, quick: bool) -> Iterator[Result]:
    """Arrays of `numpy.zeros`: some are filled, others are never written to."""
    for mib in (1, 16, 64):
        for use in ("touched", "untouched"):
            yield _timed(f"{mib} MiB, {use}", f"zeros {use}", mib, quick=quick, wanted=0.95)


def small(*, quick: bool) -> Iterator[Result]:
    """Arrays that the pool leaves to NumPy: the cost of the check."""
    for name in SMALL:
        yield _measured(name, "installed", name, 0, "fresh", quick=quick, wanted=0.98)


def programs(*, quick: bool) -> Iterator[Result]:
    """Programs with packages that make arrays of their own, and their geometric mean."""
    done = []
    for name, package in PROGRAMS.items():
        if find_spec(package) is None:
            print(f"  {name}: left out, {package} is not installed")
            continue
        done.append(_timed(name, name, 0, quick=quick, wanted=0.98))
        yield done[-1]
    pooled, other, ratio, low, high = (
        statistics.geometric_mean(getattr(each, figure) for each in done)
        for figure in ("pooled", "other", "ratio", "low", "high")
    )
    yield Result(
        case="geometric mean", pooled=pooled, other=other, ratio=ratio, low=low, high=high, wanted=1.15, unit="ms"
    )


def _timed(
    case: str, work: str, mib: float, state: str = "fresh", *, quick: bool, wanted: float | None = None
) -> Result:
    return _measured(case, "timed", work, mib, state, quick=quick, wanted=wanted, unit="ms")


def _measured(case: str, *arguments: str | float, quick: bool, wanted: float | None = None, unit: str = "ns") -> Result:
    """Measure a case in several processes, with arguments of `_array_work`, and combine all their pairs."""
    pairs: list[tuple[float, float]] = []
    for _ in range(2 if quick else 5):
        process = subprocess.run(  # noqa: S603 (it is a module of this package)
            [sys.executable, "-m", "benchmarks._array_work", *map(str, arguments), "5" if quick else "11"],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        pairs += [(ours, theirs) for ours, theirs in json.loads(process.stdout)]
    result = result_of(case, pairs, wanted=wanted, unit=unit)
    return attrs.evolve(result, note=_fastest(pairs))


def _fastest(pairs: list[tuple[float, float]]) -> str:
    """The ratio of the fastest sample of each side, which a busy machine disturbs least."""
    ours, theirs = (min(side) for side in zip(*pairs, strict=True))
    return f"fastest: {theirs / ours:.2f}"
