"""The reasons why tests are skipped or expected to fail, in one table.

A test refers to a limit by its name: `@limits.skip_if("no-fork")` above a test whose limit can be checked beforehand,
`limits.skip("writes-everything")` where the test itself finds out, `limits.require("numpy")` for a module.

Two kinds of reasons are elsewhere, because they are tables of their own: the tests of CPython that are expected to fail
are in `cpython/differences.py`, and tests of CPython skip themselves.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import attrs

FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()


@attrs.frozen
class Limit:
    """Why a test cannot run. `applies` is the condition; None if only the running test can check it."""

    reason: str
    applies: Callable[[], bool] | None = None


LIMITS = {
    # ---- the operating system ----
    "no-fork": Limit("this system has no fork", lambda: not hasattr(os, "fork")),
    "no-timer-signals": Limit("this system has no timers that send signals", lambda: not hasattr(signal, "setitimer")),
    "no-named-pipes": Limit("this system has no named pipes", lambda: not hasattr(os, "mkfifo")),
    "no-dev-stdout": Limit("this system has no /dev/stdout", lambda: not Path("/dev/stdout").exists()),
    "no-posix-permissions": Limit("this system has no POSIX permissions", lambda: os.name != "posix"),
    "no-symbolic-links": Limit("symbolic links need privileges on this system", lambda: os.name != "posix"),
    "no-statm": Limit(
        "the memory of a process is read in /proc, which is Linux's", lambda: not Path("/proc/self/statm").exists()
    ),
    "writes-everything": Limit("this user may write to every file: root ignores permissions"),
    "no-spawn": Limit(
        "this system cannot spawn processes", lambda: "spawn" not in multiprocessing.get_all_start_methods()
    ),
    "no-forkserver": Limit(
        "this system has no fork server", lambda: "forkserver" not in multiprocessing.get_all_start_methods()
    ),
    # ---- the interpreter ----
    "shows-the-gil": Limit("the pages show what happens with a GIL", lambda: FREE_THREADED),
    "last-drop-elsewhere": Limit(
        "without a GIL, CPython may drop the last reference on the thread that took the object: the producer",
        lambda: FREE_THREADED,
    ),
    "immortal-classes": Limit(
        "free-threaded 3.13 never frees a class once a thread has run, and does not count references to it",
        lambda: FREE_THREADED and sys.version_info < (3, 14),
    ),
    "eager-annotations": Limit(
        "annotations are evaluated immediately before Python 3.14", lambda: sys.version_info < (3, 14)
    ),
    "old-signatures": Limit(
        "CPython 3.11.2 takes the parameters of a class from another of its methods than its later releases do",
        lambda: sys.version_info < (3, 11, 4),
    ),
    "fixed-deallocator": Limit(
        "since Python 3.15, __class__ can only change to a class with the same deallocator",
        lambda: sys.version_info >= (3, 15),
    ),
    "no-full-collections": Limit(
        "the collector of 3.14.0 to 3.14.4 works in steps, none of which is a full collection",
        lambda: not FREE_THREADED and (3, 14) <= sys.version_info < (3, 14, 5),
    ),
    "no-memory-for-cells": Limit(
        "CPython 3.12 and 3.13 crash if a function finds no memory for one of its cells",
        lambda: (3, 12) <= sys.version_info < (3, 14),
    ),
    "no-free-threaded-headers": Limit(
        "before Python 3.13, the headers have nothing for builds without a GIL", lambda: sys.version_info < (3, 13)
    ),
    "no-thread-sanitizer": Limit("this machine has no gcc with the thread sanitizer, or the sources are not here"),
    "no-inlined-init": Limit("Python before 3.13 does not inline __init__", lambda: sys.version_info < (3, 13)),
    "no-monitoring": Limit("there is no sys.monitoring before Python 3.12", lambda: sys.version_info < (3, 12)),
    "no-branch-events": Limit(
        "before Python 3.14, sys.monitoring does not tell coverage which way a branch goes",
        lambda: sys.version_info < (3, 14),
    ),
    "no-monitoring-in-pdb": Limit(
        "before Python 3.14, pdb does not use sys.monitoring", lambda: sys.version_info < (3, 14)
    ),
    "no-trace-of-all-threads": Limit(
        "before Python 3.12, trace functions cannot be set for threads that run", lambda: sys.version_info < (3, 12)
    ),
    "no-subinterpreters": Limit("this interpreter has no module that creates subinterpreters"),
    "no-cpython-tests": Limit("this interpreter is installed without CPython's tests"),
    # ---- the engines ----
    "not-built": Limit("the native engine was not built"),
    "pooled._memory.arrays": Limit("the extension for the memory of arrays was not built"),
    "pooled._gc.recorder": Limit("the extension that records the collector's pauses was not built"),
    "native-only": Limit("the reference engine does not promise this"),
    "reference-only": Limit("no reference to a parked object of the native engine exists"),
    "no-pool": Limit(
        "where nothing is parked, no hook runs",
        lambda: os.environ.get("POOLED_TEST_ENGINES") == "off" or os.environ.get("POOLED_TEST_TOGGLED") == "1",
    ),
    "parked-objects-visible": Limit("the garbage collector tracks parked objects of the reference engine"),
    "no-young-objects": Limit("a build without a GIL has no young objects", lambda: FREE_THREADED),
    "own-deallocator": Limit(
        "to change __class__, CPython compares deallocators of classes and bases, and a poolable class has its own"
    ),
    "hook-in-the-class": Limit(
        "the reference engine puts a __new__ into a class, which hides from methods of builtins that theirs is used"
    ),
    "counted-late": Limit(
        "since Python 3.15, dict.__new__ allocates without tp_alloc, so the pool hears of the object when it ends"
    ),
    "keywords-are-strings": Limit("a poolable class is called in a way that checks keywords before any __init__"),
    "frames-of-the-engine": Limit("a constructor of the reference engine adds frames between a call and __init__"),
    "dropped-and-collected": Limit(
        "without a GIL, a proxy that the collector finds before its owner sees its drop looks as if it were in a cycle"
    ),
    "proxy-has-no-buffer": Limit("a proxy of the reference engine has no buffer before Python 3.12"),
    "proxy-is-no-structure": Limit("a proxy of the reference engine is no ctypes structure"),
    "proxy-keeps-dict": Limit("the __dict__ of a proxy of the reference engine cannot be replaced"),
    "reference-is-slow": Limit("the reference engine takes too long to define this many classes or pools"),
    "capacity-not-kept": Limit("this engine does not keep the capacity of this container"),
    # ---- the parameters of one test ----
    "one-block": Limit("a bounded deque never has room for more than one block"),
    # ---- what is installed ----
    "numpy": Limit("numpy is not installed; there is no build of it for some interpreters"),
    "sortedcontainers": Limit("sortedcontainers is not installed"),
    "cloudpickle": Limit("cloudpickle is not installed"),
    "joblib": Limit("joblib is not installed"),
    "msgspec": Limit("msgspec is not installed; there is no build of it for some interpreters"),
    "cattrs": Limit("cattrs is not installed"),
    "pydantic": Limit("pydantic is not installed; there is no build of it for some interpreters"),
    "parso": Limit("parso is not installed (extra `programs`)"),
    "sqlalchemy": Limit("SQLAlchemy is not installed"),
    "sqlalchemy.orm": Limit("SQLAlchemy is not installed"),
    "distributed": Limit("distributed, of Dask, is not installed (extra `clusters`)"),
    "ray": Limit("Ray is not installed (extra `clusters`); there is no build of it for some interpreters"),
    "tinycss2": Limit("tinycss2 is not installed (extra `clusters`)"),
    "gunicorn": Limit("gunicorn is not installed (extra `guides`)"),
    "uvicorn": Limit("uvicorn is not installed (extra `guides`)"),
    "celery": Limit("Celery is not installed (extra `guides`)"),
    "fastapi": Limit("FastAPI is not installed (extra `guides`)"),
    "django": Limit("Django is not installed (extra `guides`)"),
    "yaml": Limit("PyYAML is not installed (extra `guides`)"),
    "no-promtool": Limit("promtool, of Prometheus, is not installed"),
    "coverage": Limit("coverage is not installed"),
    "no-ctracer": Limit("coverage has no tracer in C for free-threaded builds", lambda: FREE_THREADED),
    "matplotlib": Limit("matplotlib is not installed; there is no build of it for some interpreters"),
    "prometheus_client": Limit("prometheus-client is not installed"),
    "opentelemetry.sdk": Limit("opentelemetry-sdk is not installed"),
    "attrs-converter": Limit("attrs before 24.1 has no Converter", lambda: not hasattr(attrs, "Converter")),
    "xdist": Limit("pytest-xdist is not installed"),
    "mypy": Limit("mypy is not installed (extra `lint`)"),
    "pyright": Limit("pyright is not installed (extra `lint`)"),
    "grimp": Limit("grimp is not installed (extra `lint`)"),
    "tree_sitter": Limit("tree-sitter is not installed (extra `lint`)"),
    "tree_sitter_c": Limit("tree-sitter-c is not installed (extra `lint`)"),
    "build.__main__": Limit("build is not installed (extra `packaging`)"),
    "setuptools": Limit("setuptools 77 or newer is not installed (extra `packaging`)"),
    "twine": Limit("twine is not installed (extra `packaging`)"),
    "check_wheel_contents": Limit("check-wheel-contents is not installed (extra `packaging`)"),
    "playwright.sync_api": Limit("playwright is not installed (extra `browser`)"),
    "no-browser": Limit("Chromium is not installed"),
    "ctypes": Limit("this interpreter was built without ctypes"),
    "pty": Limit("this system has no pseudo-terminals"),
    "_testcapi": Limit("this interpreter is installed without _testcapi"),
}


def applies(name: str) -> bool:
    """Whether the condition of a limit holds on this interpreter and system."""
    condition = LIMITS[name].applies
    assert condition is not None, f"{name}: only the test can tell"
    return condition()


def reason(name: str) -> str:
    return LIMITS[name].reason


def skip_if(name: str):
    """The marker of a test that cannot run where the limit applies."""
    import pytest

    return pytest.mark.skipif(applies(name), reason=reason(name))


def skip(name: str, *, allow_module_level: bool = False) -> NoReturn:
    """Skip the running test, or the whole file."""
    __tracebackhide__ = True  # so that the report names the line of the test
    import pytest

    pytest.skip(reason(name), allow_module_level=allow_module_level)


def require(name: str, minversion: str | None = None) -> ModuleType:
    """Import a module; skip the running test, or the whole file, if it is not installed."""
    __tracebackhide__ = True
    import pytest

    return pytest.importorskip(name, minversion=minversion, reason=reason(name))
