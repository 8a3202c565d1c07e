"""One case of `pooled_arrays`, in a process of its own: `python -m benchmarks._array_work HOW WORK MIB STATE PAIRS`.

It prints pairs, pooled and not, of what a step took: seconds, or page faults.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks._measuring import CLOCK, take_pairs
from pooled.contrib.numpy import install, pooled_arrays

Step: TypeAlias = Callable[[], object]

MIB: Final = 1 << 20
LIMIT: Final = "1GiB"
SAMPLE: Final = 0.05
"""The approximate duration of a sample, in seconds."""

WARM: Final = 10
STEADY: Final = 20


# The work. Each function takes the size of an array in MiB, and returns two steps: with a pool, and without.


def expression(mib: float) -> tuple[Step, Step]:
    """Three temporaries, of which NumPy itself reuses one."""
    a, b = _operands(mib)

    def step() -> object:
        return np.sqrt(a * b + a) - b

    return step, step


def two_buffers(mib: float) -> tuple[Step, Step]:
    """The expression, against the same expression written with two buffers."""
    a, b = _operands(mib)
    one, two = np.empty_like(a), np.empty_like(a)

    def rewritten() -> object:
        np.multiply(a, b, out=one)
        np.add(one, a, out=two)
        np.sqrt(two, out=one)
        return np.subtract(one, b, out=two)

    return lambda: np.sqrt(a * b + a) - b, rewritten


def one_buffer(mib: float) -> tuple[Step, Step]:
    """The expression, against the same expression with each operation in place."""
    a, b = _operands(mib)
    only = np.empty_like(a)

    def rewritten() -> object:
        np.multiply(a, b, out=only)
        np.add(only, a, out=only)
        np.sqrt(only, out=only)
        return np.subtract(only, b, out=only)

    return lambda: np.sqrt(a * b + a) - b, rewritten


def zeros_touched(mib: float) -> tuple[Step, Step]:
    """Zeros, all of which are overwritten."""
    count = int(mib * MIB) // 8

    def step() -> None:
        np.zeros(count).fill(1.0)

    return step, step


def zeros_untouched(mib: float) -> tuple[Step, Step]:
    """Zeros, none of which are overwritten."""
    count = int(mib * MIB) // 8

    def step() -> object:
        return np.zeros(count)

    return step, step


def zeros_of_three(_: float) -> tuple[Step, Step]:
    """One of the smallest arrays."""
    return _same(lambda: np.zeros(3))


def arange_of_ten(_: float) -> tuple[Step, Step]:
    """A slightly larger array."""
    return _same(lambda: np.arange(10))


def sum_of_ten(_: float) -> tuple[Step, Step]:
    """An operation on ten elements."""
    a, b = np.ones(10), np.ones(10)
    return _same(lambda: a + b)


def sum_of_200(_: float) -> tuple[Step, Step]:
    """An operation on more than NumPy's own cache of small blocks holds."""
    a, b = np.ones(200), np.ones(200)
    return _same(lambda: a + b)


def groupby(_: float) -> tuple[Step, Step]:
    """Means, sums and deviations of 500,000 rows in 1,000 groups."""
    frame, _ = _frames()
    return _same(lambda: frame.groupby("key")[["value", "weight"]].agg(["mean", "sum", "std"]))


def merge(_: float) -> tuple[Step, Step]:
    """500,000 rows joined with a table of 1,000, and a column computed of both."""
    frame, table = _frames()
    return _same(lambda: frame.merge(table, on="key").eval("total = value * weight + rate"))


def signal_filters(_: float) -> tuple[Step, Step]:
    """A band pass, a smoothing filter and an envelope of 2 ** 19 samples."""
    signal: Any = importlib.import_module("scipy.signal")
    samples = np.random.default_rng(1).normal(size=1 << 19)
    sections = signal.butter(4, [0.1, 0.3], "bandpass", output="sos")
    window = signal.windows.hann(101)

    def step() -> object:
        passed = signal.sosfilt(sections, samples - samples.mean())
        smooth = signal.fftconvolve(passed, window, mode="same")
        return np.abs(signal.hilbert(smooth)) / np.sqrt(smooth**2 + 1.0)

    return step, step


def ndimage(_: float) -> tuple[Step, Step]:
    """Edges of an image of 1024 by 1024."""
    module: Any = importlib.import_module("scipy.ndimage")
    image = np.random.default_rng(2).random((1024, 1024))
    return _same(lambda: np.hypot(module.sobel(module.gaussian_filter(image, 2.0), 0), module.sobel(image, 1)))


def pca(_: float) -> tuple[Step, Step]:
    """Ten components of 20,000 rows by 100 columns."""
    decomposition: Any = importlib.import_module("sklearn.decomposition")
    rows = np.random.default_rng(3).normal(size=(20_000, 100))
    return _same(lambda: decomposition.PCA(10).fit_transform(rows))


def image_pipeline(_: float) -> tuple[Step, Step]:
    """Gamma, contrast, sharpening and grey of a photograph of 1080 by 1920."""
    photograph = np.random.default_rng(4).integers(0, 256, (1080, 1920, 3), np.uint8)

    def step() -> object:
        image = (photograph.astype(np.float32) / 255.0) ** 2
        image = (image - image.mean()) * 1.2 + 0.5
        blurred = (image[:-2] + image[1:-1] + image[2:]) / 3.0
        sharp = np.clip(image[1:-1] * 1.5 - blurred * 0.5, 0.0, 1.0)
        grey = sharp @ np.array([0.299, 0.587, 0.114], np.float32)
        return (grey * 255.0).astype(np.uint8)

    return step, step


WORK: Final[dict[str, Callable[[float], tuple[Step, Step]]]] = {
    "expression": expression,
    "two buffers": two_buffers,
    "one buffer": one_buffer,
    "zeros touched": zeros_touched,
    "zeros untouched": zeros_untouched,
    "np.zeros(3)": zeros_of_three,
    "np.arange(10)": arange_of_ten,
    "a + b, 10 elements": sum_of_ten,
    "a + b, 200 elements": sum_of_200,
    "pandas groupby": groupby,
    "pandas merge": merge,
    "SciPy signal filters": signal_filters,
    "SciPy ndimage": ndimage,
    "scikit-learn PCA": pca,
    "image pipeline": image_pipeline,
}


def _same(step: Step) -> tuple[Step, Step]:
    return step, step


def _operands(mib: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    count = int(mib * MIB) // 8
    return np.ones(count), np.ones(count)


def _frames() -> tuple[Any, Any]:
    pandas: Any = importlib.import_module("pandas")
    random = np.random.default_rng(0)
    count = 500_000
    columns = {"key": random.integers(0, 1000, count), "value": random.random(count), "weight": random.random(count)}
    return pandas.DataFrame(columns), pandas.DataFrame({"key": np.arange(1000), "rate": random.random(1000)})


# How it is measured.


def _timer(step: Step, *, keeps: bool = False) -> Callable[[int], float]:
    """Return a function that runs a number of steps and returns the seconds that they took."""

    def run(rounds: int) -> float:
        kept: object = None
        begin = CLOCK()
        for _ in range(rounds):
            result = step()
            kept = result if keeps else None
            del result
        seconds = CLOCK() - begin
        del kept
        return seconds

    return run


def _rounds_for(*timers: Callable[[int], float]) -> int:
    """Return the number of steps with which the slowest timer fills a sample, after warming up all timers."""
    for timer in timers:
        timer(WARM)
    return max(1, int(SAMPLE / max(timer(3) / 3 for timer in timers)))


def timed(steps: tuple[Step, Step], state: str, pairs: int) -> list[tuple[float, float]]:
    """Seconds of a step, both in this process."""
    if state == "freed":
        np.ones(31 * MIB // 8)
    ours, theirs = (_timer(step, keeps=state == "keeps") for step in steps)
    pooled = pooled_arrays(LIMIT)(ours)  # a decorated function keeps its memory between calls
    return take_pairs(pooled, theirs, pairs=pairs, rounds=_rounds_for(pooled, theirs))


def faults(steps: tuple[Step, Step], _: str, __: int) -> list[tuple[float, float]]:
    """The page faults of a step, after a few steps to warm up. A total of zero counts as one."""

    def counter(step: Step) -> Callable[[int], float]:
        run = _timer(step)

        def count(rounds: int) -> float:
            run(WARM)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            run(rounds)
            return max(1, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

        return count

    ours, theirs = (counter(step) for step in steps)
    return take_pairs(pooled_arrays(LIMIT)(ours), theirs, pairs=1, rounds=STEADY)


def installed(steps: tuple[Step, Step], _: str, pairs: int) -> list[tuple[float, float]]:
    """The seconds of a step in forks of this process: one fork of each pair calls `install`."""
    timers = [_timer(step) for step in steps]
    rounds = _rounds_for(*timers)

    def in_fork(timer: Callable[[int], float], prepare: Callable[[], object]) -> Callable[[int], float]:
        return lambda rounds: _in_fork(lambda: (prepare(), min(timer(rounds) for _ in range(7)))[1])

    ours, theirs = in_fork(timers[0], lambda: install(LIMIT)), in_fork(timers[1], lambda: None)
    return take_pairs(ours, theirs, pairs=pairs, rounds=rounds)


def _in_fork(measure: Callable[[], float]) -> float:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, repr(measure()).encode())
        os._exit(0)
    os.close(writer)
    found = os.read(reader, 100)
    os.close(reader)
    os.waitpid(child, 0)
    return float(found)


HOW: Final = {"timed": timed, "faults": faults, "installed": installed}


def main(how: str, work: str, mib: str, state: str, pairs: str) -> None:
    """Measure, and print the pairs."""
    print(json.dumps(HOW[how](WORK[work](float(mib)), state, int(pairs))))


if __name__ == "__main__":
    main(*sys.argv[1:])
