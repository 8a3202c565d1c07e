"""Each allocation of take, fill and drop fails once. Nothing crashes, and the pools work afterwards."""

import gc
import sys
from collections.abc import Callable
from typing import Any

import pooled

from .object_kinds import Kind, check_blank, kinds, use
from .scenario import Run, UnsupportedError, scenario

MOST = 400
"""The maximal number of allocations; a sweep ends after several rounds in which no allocation failed."""


def hooks() -> Any:
    if (3, 12) <= sys.version_info < (3, 14):
        raise UnsupportedError("no-memory-for-cells")
    try:
        import _testcapi
    except ImportError as error:
        raise UnsupportedError("_testcapi") from error
    return _testcapi


def fails_somewhere(testcapi: Any, start: int, stop: int, work: Callable[[], None]) -> bool:
    """Run a function while the allocations from `start` to `stop` fail; return whether one did."""
    failed = False
    testcapi.set_nomemory(start, stop)
    try:
        work()
    except MemoryError:
        failed = True
    except SystemError:  # CPython may lose the error itself, also in Python code
        failed = True
    finally:
        testcapi.remove_mem_hooks()
    return failed


def sweep(run: Run, testcapi: Any, kind: Kind, work: Callable[[], None], width: int) -> None:
    """Fail each allocation of `work` together with some of the next, and check the pool after each.

    If all of the next failed, Python 3.11 would raise MemoryError endlessly when it pushes an exception in flight.
    """
    untouched, start = 0, 0
    while untouched < 5 and start < MOST and run.going():
        failed = fails_somewhere(testcapi, start, start + width, work)
        untouched = 0 if failed else untouched + 1
        for token in (start + 1, start + 2):
            use(kind, token)
        check_blank(kind, kind.make())
        run.operations += 1
        start += 1


LIMITS = [{"max": most, "scope": scope} for most in (9, "auto") for scope in ("local", "global")]


def lives(kind: Kind, most: int | str = 9) -> list[Callable[[], None]]:
    def whole():
        obj = kind.make()
        kind.fill(obj, 7)

    def with_several():
        first, second = kind.make(), kind.make()
        kind.fill(first, 7)
        kind.fill(second, 8)

    def anew():
        kind.pool.clear()
        obj = kind.make()
        kind.fill(obj, 7)

    def prefill():
        if kind.name != "Array":  # its constructor requires arguments
            kind.pool.prefill(2)
        kind.pool.prune()

    def resize():
        kind.pool.resize(max=1)
        kind.pool.resize(max=most)

    def trim():
        with_several()
        kind.pool.trim()

    return [whole, with_several, anew, prefill, resize, trim]


@scenario()
def no_memory(run: Run) -> None:
    """`_testcapi.set_nomemory` fails each allocation of take, fill and drop, for each kind; no memory is lost."""
    testcapi = hooks()
    tried = [(kind, limits["max"]) for limits in LIMITS for kind in kinds(**limits)]
    run.rng.shuffle(tried)
    shown, sys.stderr = sys.stderr, None  # MemoryError may be reported as unraisable
    sys.unraisablehook = lambda args: None
    try:
        while run.going():
            for kind, most in tried:
                for work in lives(kind, most):
                    for width in (1, 50):
                        sweep(run, testcapi, kind, work, width)
                kind.pool.clear()
                gc.collect()
                stats = kind.pool.stats()
                assert stats.parked == 0, f"{kind.name}: {stats}"
                if pooled.engine == "native" and kind.name != "function":  # the counts of Python code may be wrong
                    assert stats.live == 0, f"{kind.name}: {stats}"
                if not run.going():
                    break
    finally:
        sys.stderr = shown


IN_PYTHON = {"reset", "function", "Array"}
"""Kinds with hooks in Python: a frame may itself lose memory when an allocation fails."""


@scenario("native")
def no_memory_leaks(run: Run) -> None:
    """Over many sweeps, the number of allocated blocks levels off, for kinds without hooks in Python."""
    testcapi = hooks()
    shown, sys.stderr = sys.stderr, None
    sys.unraisablehook = lambda args: None
    try:
        scope = run.rng.choice(["local", "global"])
        tried = [kind for kind in kinds(max=9, scope=scope) if kind.name not in IN_PYTHON]
        run.rng.shuffle(tried)
        for kind in tried:
            counts = []
            for _ in range(5):
                for work in lives(kind)[:3]:
                    sweep(run, testcapi, kind, work, 1)
                gc.collect()
                counts.append(sys.getallocatedblocks())
            if not run.going():
                break  # the last sweep may be incomplete
            grown = counts[4] - counts[2]
            assert grown < 60, f"{kind.name}: {counts}"
    finally:
        sys.stderr = shown
