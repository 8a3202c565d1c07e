"""Contract line 7: an object in garbage is never handed out while anything can reach it."""

import gc
import weakref

import pytest


@pytest.mark.needs_pool
def test_a_cycle_is_freed_rather_than_recycled(pooled):
    @pooled.poolable
    class Node:
        pass

    node = Node()
    node.me = node
    ref = weakref.ref(node)
    del node
    assert pooled.pool_of(Node).stats().live == 1
    gc.collect()
    stats = pooled.pool_of(Node).stats()
    assert (stats.collected, stats.recycled, stats.parked, stats.live) == (1, 0, 0, 0)
    assert ref() is None


@pytest.mark.needs_pool
def test_an_object_that_hangs_on_a_cycle(pooled):
    @pooled.poolable
    class Leaf:
        pass

    class Holder:
        pass

    holder = Holder()
    holder.me = holder
    holder.leaf = Leaf()
    del holder
    gc.collect()
    stats = pooled.pool_of(Leaf).stats()
    assert stats.live == 0
    assert (stats.collected, stats.recycled) in ((1, 0), (0, 1))
    assert Leaf() is not None


@pytest.mark.needs_pool
def test_a_finalizer_that_saves_the_cycle_saves_the_object(pooled):
    saved = []

    @pooled.poolable
    class Leaf:
        def __init__(self):
            self.value = 0

    class Holder:
        def __del__(self):
            saved.append(self)

    holder = Holder()
    holder.me = holder
    holder.leaf = Leaf()
    holder.leaf.value = 7
    del holder
    gc.collect()
    other = Leaf()
    other.value = 8
    assert saved[0].leaf.value == 7
    saved[0].me = None
    saved.clear()
    assert pooled.pool_of(Leaf).stats().live == 1


@pytest.mark.needs_pool
@pytest.mark.parametrize("take_at_once", [False, True])
def test_what_a_finalizer_drops_may_be_finalized_next(pooled, take_at_once):
    taken = []

    @pooled.poolable(reset="reset")
    class Connection:
        def __init__(self):
            self.open = True

        def reset(self): ...

        def __del__(self):
            self.open = False

    class User:
        def __del__(self):
            del self.connection
            if take_at_once:
                taken.append(pooled.take(Connection))

    user = User()
    user.me, user.connection = user, Connection()
    del user
    gc.collect()
    taken.append(pooled.take(Connection))
    assert all(connection.open for connection in taken)
    assert pooled.pool_of(Connection).stats().live == len(taken)


def test_what_was_lent_to_a_cycle_is_not_handed_out(pooled):
    class Connection:
        def __init__(self):
            self.open = True

        def __del__(self):
            self.open = False

    pool = pooled.GlobalPool(Connection, reset=lambda connection: None)

    class User:
        pass

    user = User()
    user.me, user.loan = user, pool.borrow()
    user.connection = user.loan.__enter__()
    del user
    gc.collect()
    connection = pool.take()
    assert connection.open


@pytest.mark.needs_pool
def test_del_runs_when_an_object_really_dies(pooled):
    died = []

    @pooled.poolable(max=1)
    class Thing:
        def __del__(self):
            died.append("died")

    for _ in range(3):
        Thing()
    assert died == []
    one, two = Thing(), Thing()
    del one
    assert died == []
    del two
    assert died == ["died"], "it did not fit into the pool"
    pooled.pool_of(Thing).clear()
    assert died == ["died"] * 2


def test_del_of_a_collected_object_runs_once(pooled):
    died = []

    @pooled.poolable
    class Node:
        def __del__(self):
            died.append(self.name)

    node = Node()
    node.name, node.me = "n", node
    del node
    gc.collect()
    assert died == ["n"]


@pytest.mark.usefixtures("mortal_classes")
def test_a_class_can_be_collected_with_its_pool(pooled):
    @pooled.poolable
    class Thing:
        pass

    Thing()
    ref, pool = weakref.ref(Thing), weakref.ref(pooled.pool_of(Thing))
    del Thing
    gc.collect()
    assert (ref(), pool()) == (None, None)
