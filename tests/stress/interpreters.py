"""Subinterpreters: the package works there, or raises ImportError; nothing crashes."""

import sys

from .programs import run_program
from .scenario import Run, UnsupportedError, gil_is_on, scenario

INSIDE = """
try:
    import pooled
    from pooled.containers import List, Dict, Set
except ImportError as error:
    assert "interpreter" in str(error), error
else:
    @pooled.poolable
    class Thing:
        def __init__(self, value): self.value = value
    for number in range(100):
        thing = Thing(List([number]))
        assert vars(thing).keys() == {"value"} and thing.value == [number]
        Dict(a=thing)
        del thing
    kept = [Thing(1), List([2])]
    kept.append(kept)
    stats = pooled.pool_of(Thing).stats()
    assert stats.live == 1 and stats.hits > 0, stats
"""

RUNNERS = {
    "_testcapi": """
import _testcapi
def run_inside(code):
    assert _testcapi.run_in_subinterp(code) == 0, "it raised"
""",
    "its own lock": """
import _interpreters
def run_inside(code):
    number = _interpreters.create("isolated")
    failed = _interpreters.exec(number, code)
    assert failed is None, failed
    _interpreters.destroy(number)
""",
    "a shared lock": """
import _interpreters
def run_inside(code):
    number = _interpreters.create("legacy")
    failed = _interpreters.exec(number, code)
    assert failed is None, failed
    _interpreters.destroy(number)
""",
    "before 3.13": """
import _xxsubinterpreters as _interpreters
def run_inside(code):
    number = _interpreters.create()
    failed = _interpreters.run_string(number, code)
    assert failed is None, failed
    _interpreters.destroy(number)
""",
    "left open": """
import _interpreters, warnings
warnings.simplefilter("ignore", RuntimeWarning)  # from 3.14 on they are asked to be closed
def run_inside(code):
    for how in ("legacy", "isolated"):
        failed = _interpreters.exec(_interpreters.create(how), code)
        assert failed is None, failed
""",
}

USES = {
    "one": "run_inside(INSIDE)",
    "one after another": "for _ in range(COUNT): run_inside(INSIDE); some()",
    "in threads": """
threads = [threading.Thread(target=run_inside, args=(INSIDE,)) for _ in range(COUNT)]
for thread in threads: thread.start()
some()
for thread in threads: thread.join()
""",
    "while the main one is busy": """
stop = threading.Event()
def churn():
    while not stop.is_set(): some()
thread = threading.Thread(target=churn)
thread.start()
for _ in range(COUNT): run_inside(INSIDE)
stop.set(); thread.join()
""",
}


def can_be_made_meanwhile() -> bool:
    """Whether an interpreter can be created, and import a module, while a thread of another one runs.

    On 3.11 and on free-threaded 3.13, even `import json` deadlocks there.
    """
    return sys.version_info >= (3, 14) or (sys.version_info >= (3, 12) and gil_is_on())


def available() -> list[str]:
    found = []
    for name, code in RUNNERS.items():
        try:
            exec(code, {})
        except ImportError:
            continue
        found.append(name)
    return found


@scenario()
def other_interpreters(run: Run) -> None:
    """The package is imported and used in interpreters of each available kind."""
    runners = available()
    if not runners:
        raise UnsupportedError("no-subinterpreters")
    count = 1 + run.share(4)
    for title, use in USES.items():
        if title == "while the main one is busy" and not can_be_made_meanwhile():
            continue
        for name in runners:
            if name == "_testcapi" and "busy" in title and sys.version_info < (3, 13):
                continue  # its interpreters also deadlock on 3.12
            try:
                run_program(f"INSIDE = {INSIDE!r}; COUNT = {count}\n{RUNNERS[name]}\n{use}")
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from None
            run.operations += 1
