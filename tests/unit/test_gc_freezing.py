"""Freezing by configuration: what is frozen, and when frozen garbage is freed."""

import textwrap

import limits
import pytest
from helpers import run_python

PRELUDE = """
import gc
import os
import sys
import weakref
import pooled
from pooled._gc import frozen

STEADY = {"freeze": "steady", "threshold": [100, 1, 1]}

class Node:
    def __init__(self):
        self.me = self

def is_frozen():
    return gc.get_freeze_count() > 1000

def fulls():
    return sum(each["collections"] for each in gc.get_stats()[0 if "free-threading" in sys.version else 2:])

def allocate():
    "Allocate until there is a full collection."
    before, kept = fulls(), []
    while fulls() == before:
        kept.append([])
"""


def run(code, *args):
    """Run a program that prints nothing if all is well."""
    assert run_python(PRELUDE + textwrap.dedent(code), *args) == (0, "")


@pytest.fixture
def steps():
    """Skip a test of automatic full collections on an interpreter that has none."""
    if limits.applies("no-full-collections"):
        limits.skip("no-full-collections")


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("how", ["time", "growth", "collect", "freeze", "end"])
def test_steady_frees_garbage_among_the_frozen(how):
    run(
        """
        kept = Node()
        watched = weakref.ref(kept)
        pooled.configure(gc=STEADY)
        allocate()
        assert is_frozen()
        del kept
        how = sys.argv[1]
        if how == "time":
            now = frozen.CLOCK()
            frozen.CLOCK = lambda: now + 299
            allocate()
            assert watched() is not None
            frozen.CLOCK = lambda: now + 301
            allocate()
            assert is_frozen()
        elif how == "growth":
            loaded = [[] for _ in range(sys.getallocatedblocks() // 3)]
            allocate()
            allocate()
            assert is_frozen()
        elif how == "collect":
            gc.collect()
            assert is_frozen()
        elif how == "freeze":
            pooled.freeze()
            assert is_frozen()
        else:
            pooled.configure(gc=None)
            assert not is_frozen()
            gc.collect()
        assert watched() is None
        """,
        how,
    )


@pytest.mark.usefixtures("steps")
def test_steady_frees_garbage_made_after_the_freeze():
    run("""
        pooled.configure(gc=STEADY)
        allocate()
        assert is_frozen()
        watched = weakref.ref(Node())
        allocate()
        assert is_frozen()
        assert watched() is None
    """)


@pytest.mark.usefixtures("steps")
def test_steady_freezes_what_was_made_later():
    run("""
        pooled.configure(gc=STEADY)
        allocate()
        first = gc.get_freeze_count()
        later = [Node() for _ in range(sys.getallocatedblocks() // 30)]
        watched = weakref.ref(later[0])
        allocate()
        allocate()
        assert gc.get_freeze_count() > first + len(later) // 2
        now = frozen.CLOCK()
        frozen.CLOCK = lambda: now + 301
        del later
        allocate()
        assert watched() is None
    """)


def test_steady_freezes_only_if_little_was_garbage():
    run("""
        pooled.configure(gc={"freeze": "steady"})
        gc.collect()
        gc.collect()
        assert is_frozen()
        garbage = [Node() for _ in range(30_000)]
        del garbage
        gc.collect()
        assert not is_frozen()
        gc.collect()
        assert is_frozen()
    """)


def test_steady_leaves_alone_what_the_program_freezes():
    run("""
        first, second = Node(), Node()
        pooled.configure(gc={"freeze": "steady"})
        gc.collect()
        gc.freeze()
        watched = weakref.ref(first)
        del first
        for _ in range(3):
            gc.collect()
        assert watched() is not None
        gc.unfreeze()
        gc.collect()
        assert watched() is None
        assert not is_frozen(), "it is left to the program from then on"
    """)


def test_a_program_that_thaws_has_its_way():
    run("""
        pooled.configure(gc={"freeze": "steady"})
        gc.collect()
        gc.collect()
        assert is_frozen()
        gc.unfreeze()
        gc.collect()
        gc.collect()
        assert not is_frozen()
    """)


def test_only_steady_has_a_callback():
    run("""
        before = list(gc.callbacks)
        pooled.configure(gc={"threshold": [50_000, 20, 100], "freeze": "fork"})
        assert gc.callbacks == before
        pooled.configure(gc={"freeze": "steady"})
        pooled.configure(gc={"freeze": "steady"})
        assert len(gc.callbacks) == len(before) + 1
        gc.callbacks.clear()
        pooled.configure(gc={"freeze": None})
        assert gc.callbacks == []
    """)


def test_objects_are_finalized_at_exit():
    code = """
        class Said(Node):
            def __del__(self):
                print("finalized")

        said = Said()
        pooled.configure(gc={"freeze": "steady"})
        gc.collect()
        gc.collect()
        assert is_frozen()
        del said
    """
    assert run_python(PRELUDE + textwrap.dedent(code)) == (0, "finalized\n")


FORKED = """
def forked(child):
    pid = os.fork()
    if not pid:
        try:
            child()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0

def has_frozen():
    assert is_frozen()

def has_not_frozen():
    assert not is_frozen()
"""


@limits.skip_if("no-fork")
def test_a_fork_collects_and_freezes_in_the_child():
    run(
        FORKED
        + """
before = list(gc.callbacks)
pooled.configure(gc={"freeze": "fork"})
kept = Node()
early, watched = weakref.ref(Node()), weakref.ref(kept)

def child():
    global kept
    assert is_frozen()
    assert early() is None, "garbage is not frozen"
    made = weakref.ref(Node())
    del kept
    gc.collect(1)
    assert watched() is not None
    forked(has_frozen)
    assert is_frozen()
    gc.collect()
    assert not is_frozen()
    assert watched() is made() is None
    assert gc.callbacks == before

forked(child)
assert not is_frozen()
assert watched() is kept
assert gc.callbacks == before
pooled.configure(gc=None)
forked(has_not_frozen)
"""
    )


@limits.skip_if("no-fork")
@pytest.mark.usefixtures("steps")
def test_a_child_thaws_when_it_has_doubled():
    run(
        FORKED
        + """
pooled.configure(gc={"freeze": "fork", "threshold": [100, 1, 1]})
kept = Node()
watched = weakref.ref(kept)

def child():
    global kept
    del kept
    allocate()
    assert is_frozen()
    loaded = [[] for _ in range(sys.getallocatedblocks() * 3 // 2)]
    allocate()
    allocate()
    assert watched() is None
    assert not is_frozen()

forked(child)
"""
    )


@limits.skip_if("no-fork")
def test_a_fork_leaves_alone_what_the_program_freezes():
    run(
        FORKED
        + """
pooled.configure(gc={"freeze": "fork"})
gc.freeze()
forked(has_frozen)
assert is_frozen()
gc.unfreeze()
pooled.freeze()
forked(has_frozen)
assert is_frozen()
"""
    )


@limits.skip_if("no-fork")
def test_many_forks_do_not_collect_each_time():
    run(
        FORKED
        + """
pooled.configure(gc={"freeze": "fork"})
from pooled._gc import fork
now = 0.0
def clock():
    global now
    now += 0.1
    return now

fork.CLOCK = clock
before = fulls()
for _ in range(10):
    forked(has_frozen)
assert fulls() == before + 1
gc.disable()
now += 60
forked(has_frozen)
assert fulls() == before + 1
"""
    )
