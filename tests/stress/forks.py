"""`fork` while threads use pools: both processes continue to use them."""

import faulthandler
import gc
import os
import threading
import warnings
from collections.abc import Callable
from random import Random

import pooled

from .object_kinds import Kind, check_at_rest, check_token, kinds, use
from .scenario import Run, UnsupportedError, scenario

# CPython warns about fork() while threads run, which is the subject of these scenarios.
FORK_WARNING = "This process .* is multi-threaded, use of fork"


def in_a_child(work: Callable[[], None]) -> None:
    """Fork, run a function in the child, and check that it exits without an error within a minute."""
    child = os.fork()
    if not child:
        status = 1
        try:
            faulthandler.dump_traceback_later(60, exit=True)
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {os.waitstatus_to_exitcode(status)}"


def use_all(tried: list[Kind], first: int) -> None:
    for number, kind in enumerate(tried):
        for again in range(3):
            use(kind, first + number * 3 + again)


def check_child(old: list[Kind], held: list[tuple[Kind, object, int]]) -> None:
    """Checks in the child: the objects of the parent, old and new pools, threads, clean-up."""
    for kind, obj, token in held:
        check_token(kind, obj, token)
    held.clear()
    del obj
    use_all(old, 1)
    fresh = kinds(max=5, scope="local") + kinds(max=5, scope="global")
    use_all(fresh, 1)
    thread = threading.Thread(target=use_all, args=(old + fresh, 5000))
    thread.start()
    thread.join()
    gc.collect()
    for kind in fresh:
        check_at_rest(kind, parked=5)
        assert kind.pool.stats().hits > 0, kind.name
    pooled.stats()
    pooled.prune()
    pooled.clear()
    assert all(len(kind.pool) == 0 for kind in old + fresh)
    use_all(old, 1)


@scenario()
def fork_under_load(run: Run) -> None:
    """A process forks repeatedly while its threads are busy; it and its children use the pools."""
    if not hasattr(os, "fork"):
        raise UnsupportedError("no-fork")
    warnings.filterwarnings("ignore", FORK_WARNING, DeprecationWarning)
    tried = kinds(max=10, scope="local") + kinds(max=10, scope="global")
    stop = threading.Event()
    faults: list[BaseException] = []

    def churn(seed: int) -> None:
        rng = Random(seed)
        try:
            while not stop.is_set():
                use(rng.choice(tried), rng.randrange(1, 1 << 40))
                run.operations += 1
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=churn, args=(run.rng.randrange(1 << 32),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        while run.going():
            held = []
            for kind in tried:
                obj, token = kind.make(), run.rng.randrange(1, 1 << 40)
                kind.fill(obj, token)
                held.append((kind, obj, token))
            in_a_child(lambda held=held: check_child(tried, held))
            for kind, obj, token in held:
                check_token(kind, obj, token)
            del kind, obj, held
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not faults, faults
    for kind in tried:
        check_at_rest(kind)


@scenario()
def fork_while_emptying(run: Run) -> None:
    """`reset`, the `__del__` of a part, and the callback of a weak reference fork: both processes finish the drop."""
    if not hasattr(os, "fork"):
        raise UnsupportedError("no-fork")
    warnings.filterwarnings("ignore", FORK_WARNING, DeprecationWarning)
    parent, children = os.getpid(), []

    def fork() -> None:
        if os.getpid() == parent:
            children.append(os.fork())

    class Forks:
        def __del__(self):
            fork()

    @pooled.poolable(reset="reset")
    class Resetting:
        def reset(self):
            fork()

    for kind in kinds(max=5, scope="local") + kinds(max=5, scope="global"):
        children.clear()
        if kind.name in ("attributes", "slots", "reset", "keep"):
            obj = kind.make()
            kind.fill(obj, 1)
            obj.token = Forks()
            del obj
        else:
            pooled.take(Resetting)
        status = 1
        try:
            use(kind, 5)
            pooled.take(Resetting) if children and children[-1] else None
            status = 0
        finally:
            if os.getpid() != parent:
                os._exit(status)
        for child in children:
            assert os.waitpid(child, 0)[1] == 0, kind.name
            run.operations += 1
