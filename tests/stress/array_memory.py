"""Arrays of NumPy whose memory is parked: no two share it, zeros are zero, and memory returns when it is freed."""

import ctypes
import gc
import importlib.util
import os
import queue
import threading
import warnings
from pathlib import Path
from random import Random
from typing import Any

import pooled

from .forks import FORK_WARNING, in_a_child
from .run_threads import run_threads
from .scenario import Run, UnsupportedError, scenario

KIB = 1 << 10
MIB = 1 << 20
LIMITS = ["0", "256KiB", "4MiB", "32MiB", "64MiB"]
MOST_LIVE = 128 * MIB
SLACK = 64 * MIB
"""How much more memory the process may have in the end than after its first turn: the C library keeps some."""
STATM = Path("/proc/self/statm")


class Live:
    """The addresses of arrays that are alive."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: dict[int, int] = {}
        self.nbytes = 0

    def add(self, array: Any) -> None:
        start = array.ctypes.data
        end = start + array.nbytes
        with self._lock:
            for other, other_end in self._ends.items():
                assert end <= other or other_end <= start, f"{start:#x}-{end:#x} and {other:#x}-{other_end:#x}"
            self._ends[start] = end
            self.nbytes += array.nbytes

    def remove(self, array: Any) -> None:
        with self._lock:
            del self._ends[array.ctypes.data]
            self.nbytes -= array.nbytes


class Arrays:
    """Makes, checks and drops arrays. Each is filled with a number of its own."""

    def __init__(self, rng: Random) -> None:
        import numpy

        self.np = numpy
        self.rng = rng
        self.live = Live()

    def length(self) -> int:
        """A number of elements: mostly of 32 KiB to 4 MiB, sometimes of fewer or more."""
        return int(KIB * 2 ** self.rng.choice([self.rng.uniform(5, 12), self.rng.uniform(0, 14)])) // 8

    def make(self) -> tuple[Any, int]:
        number = self.rng.randrange(1, 1 << 62)
        what = self.rng.randrange(4)
        if what == 0:
            array = self.np.zeros(self.length(), self.np.int64)
            assert not array.any(), "zeros"
        elif what == 1:
            array = self.np.full(self.length(), number)
            array = array.copy()
        else:
            array = self.np.empty(self.length(), self.np.int64)
        self.live.add(array)
        if what != 1:
            array.fill(number)
        return array, number

    def resize(self, array: Any, number: int) -> None:
        before, after = len(array), self.length()
        self.live.remove(array)
        array.resize(after, refcheck=False)
        self.live.add(array)
        assert not array[before:].any(), "what resize adds"
        self.check(array[:before], number)
        array.fill(number)

    def check(self, array: Any, number: int) -> None:
        assert array.min() == array.max() == number, f"{number}: {array}"

    def drop(self, array: Any, number: int) -> None:
        self.check(array, number)
        self.live.remove(array)


def work_alone(rng: Random, steps: int) -> None:
    """Make and drop arrays in this thread."""
    arrays = Arrays(rng)
    held: list[tuple[Any, int]] = []
    for _ in range(steps):
        held.append(arrays.make())
        if arrays.live.nbytes > MOST_LIVE // 4 or rng.random() < 0.4:
            arrays.drop(*held.pop(rng.randrange(len(held))))
    for each in held:
        arrays.drop(*each)


class Worker:
    """A thread that hands its arrays to others, and checks and drops those that it gets."""

    def __init__(self, rng: Random, own: int, queues: list["queue.SimpleQueue[Any]"], live: Live) -> None:
        self.rng = rng
        self.arrays = Arrays(rng)
        self.arrays.live = live
        self.queues = queues
        self.own = queues[own]
        self.forks = own == 0 and hasattr(os, "fork")

    def step(self, depth: int = 0) -> None:
        from pooled.contrib.numpy import pooled_arrays

        what = self.rng.random()
        if what < 0.45:
            if self.arrays.live.nbytes < MOST_LIVE:
                self.rng.choice(self.queues).put(self.arrays.make())
        elif what < 0.93:
            self.drop_one()
        elif what < 0.96 and depth < 3:
            with pooled_arrays(self.rng.choice(LIMITS)):
                for _ in range(self.rng.randrange(20)):
                    self.step(depth + 1)
        elif what < 0.965 and self.forks:
            self.fork()
        else:
            self.manage()

    def drop_one(self) -> None:
        try:
            array, number = self.own.get_nowait()
        except queue.Empty:
            return
        if self.rng.random() < 0.2:
            self.arrays.resize(array, number)
        self.arrays.drop(array, number)

    def fork(self) -> None:
        """A child checks an array of the parent, and makes its own; it uses nothing that another thread may lock."""
        held = self.arrays.make()
        seed = self.rng.randrange(1 << 32)

        def child() -> None:
            self.arrays.check(*held)
            held[0].fill(0)
            work_alone(Random(seed), 30)
            pooled.clear()
            work_alone(Random(seed), 10)

        in_a_child(child)
        self.arrays.drop(*held)

    def manage(self) -> None:
        from pooled.contrib.numpy import install

        what = self.rng.randrange(6)
        if what == 0:
            pooled.clear()
        elif what == 1:
            pooled.trim()
        elif what == 2:
            pooled.prune()
        elif what == 3:
            pooled.disable()
            for _ in range(3):
                self.drop_one()
            pooled.enable()
        elif what == 4:
            install(self.rng.choice(LIMITS))
        else:
            assert pooled.stats()["arrays"].parked >= 0


def resident_bytes() -> int:
    """The memory of this process, after the C library has returned what it can."""
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if STATM.exists() else 0


def check_at_rest() -> None:
    """Check that no pool of arrays parks anything after a clear."""
    gc.collect()
    pooled.clear()
    assert pooled.stats()["arrays"].parked == 0, pooled.stats()["arrays"]


@scenario("native")
def arrays_in_threads(run: Run) -> None:
    """Threads allocate arrays, hand them over, resize and free them, while pools are cleared, limited and forked."""
    for name in ("numpy", "pooled._memory.arrays"):
        if importlib.util.find_spec(name) is None:
            raise UnsupportedError(name)
    from pooled.contrib.numpy import install

    warnings.filterwarnings("ignore", FORK_WARNING, DeprecationWarning)
    install("64MiB")
    level = None
    while run.going():
        queues: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in range(4)]
        live = Live()

        def work(rng: Random, number: int, queues: list["queue.SimpleQueue[Any]"] = queues, live: Live = live) -> int:
            worker = Worker(rng, number, queues, live)
            steps = 0
            while steps < 300 and run.going():
                worker.step()
                steps += 1
            return steps

        run_threads(run, len(queues), work)
        last = Worker(run.rng, 0, queues, live)
        for each in queues:
            last.own = each
            while not each.empty():
                last.drop_one()
        assert live.nbytes == 0
        del last
        check_at_rest()
        level = level or resident_bytes()
        assert resident_bytes() - level < SLACK, f"{level:,} bytes of memory became {resident_bytes():,}"
