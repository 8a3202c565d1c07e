"""Cases of the reference engine alone: references besides the proxy, and a fork in the middle of a drop."""

import os
import threading
import weakref

import limits
import pytest
from conftest import load
from helpers import on_another_thread


@pytest.fixture(scope="module")
def pooled():
    return load(POOLED_ENGINE="reference")["pooled"]


def test_what_escaped_is_counted_as_such_even_if_the_pool_is_full(pooled):
    measured = []

    @pooled.poolable(max=0, capacity="capacity")
    class Thing:
        def itself(self):
            return self

        def capacity(self):
            measured.append(self)
            return 0

    thing = Thing()
    bare = thing.itself()
    del thing
    assert (pooled.pool_of(Thing).stats().escaped, measured) == (1, [])
    assert isinstance(bare, Thing)


def test_an_object_that_watches_itself_dies_as_it_was(pooled):
    last_words = []

    @pooled.poolable
    class Watched:
        def __init__(self):
            self.value = 7
            self.me = weakref.ref(self)

        def __del__(self):
            last_words.append(self.value)

    Watched()
    stats = pooled.pool_of(Watched).stats()
    assert (last_words, stats.discarded_refused, stats.parked) == ([7], 1, 0)


def test_a_metaclass_that_calls_in_its_own_way_is_refused(pooled):
    class Singletons(type):
        def __call__(cls):
            return super().__call__()

    class Only(metaclass=Singletons):
        pass

    with pytest.raises(TypeError, match=r"Singletons has a __call__ of its own.*use GlobalPool\(Only"):
        pooled.poolable(Only)
    assert type(Only()) is Only


@limits.skip_if("no-fork")
def test_a_thread_of_the_child_does_not_inherit_drops_under_way(pooled):
    blocked, free = threading.Event(), threading.Event()

    @pooled.poolable(reset="reset")
    class Node:
        def __init__(self, next_node=None):
            self.next = next_node

        def reset(self):
            if self.next is None and threading.current_thread().name == "other":
                blocked.set()
                free.wait()
            self.next = None

    def drop_a_chain(length):
        chain = None
        for _ in range(length):
            chain = Node(chain)
        chain = None

    # The other thread stops in the deepest of ten nested drops; a thread of the child gets the same identifier.
    other = threading.Thread(target=drop_a_chain, args=(10,), name="other")
    other.start()
    blocked.wait()
    child = os.fork()
    if not child:
        free.set()
        on_another_thread(drop_a_chain, 5)
        os._exit(0 if pooled.pool_of(Node).stats().live == 10 else 1)
    free.set()
    other.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pooled.pool_of(Node).stats().live == 0


def test_a_weak_reference_does_not_lead_to_an_object_that_is_being_emptied(pooled):
    seen = []

    @pooled.poolable(reset="reset")
    class Thing:
        def __init__(self):
            self.value = 1

        def reset(self):
            try:
                seen.append(ref().value)
            except ReferenceError:
                seen.append("gone")

    thing = Thing()
    ref = weakref.ref(thing)
    del thing
    assert (seen, ref()) == (["gone"], None)
    assert pooled.pool_of(Thing).stats().recycled == 1
