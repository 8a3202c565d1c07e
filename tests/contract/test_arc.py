"""Shared, counted cells: `Arc` and `TArc`."""

import copy
import pickle
import threading
import weakref

import limits
import pytest


@pytest.fixture(params=["Arc", "TArc"])
def handle(arc, request):
    return getattr(arc, request.param)


@pytest.fixture
def cells(pooled, arc):
    return pooled.GlobalPool(arc.Cell, max=4)


def test_handles_count_themselves(handle, cells):
    for pool in (None, cells):
        one = handle(pool, "value")
        assert (one.strong_count(), one.get()) == (1, "value")
        two = one.clone()
        assert type(two) is handle
        assert (one.strong_count(), two.strong_count(), two.get()) == (2, 2, "value")
        many = [two.clone() for _ in range(10)]
        assert one.strong_count() == 12
        del two, many
        assert one.strong_count() == 1


def test_only_a_sole_handle_may_change_the_value(handle, cells):
    one = handle(cells, [1])
    one.get_mut().append(2)
    two = one.clone()
    assert one.get_mut() is None
    assert two.get_mut() is None
    del one
    assert two.get_mut() == [1, 2]


def test_handles_know_their_clones(handle, cells):
    one = handle(cells, "value")
    assert one.ptr_eq(one.clone())
    assert not one.ptr_eq(handle(cells, "value"))


@pytest.mark.needs_pool
def test_the_cell_is_recycled_with_the_last_handle_and_the_value_let_go(handle, cells):
    class Value:
        pass

    value = Value()
    death = weakref.ref(value)
    one = handle(cells, value)
    two = one.clone()
    del value, one
    assert (death() is not None, len(cells)) == (True, 0)
    del two
    assert (death(), len(cells)) == (None, 1)
    again = handle(cells, 5)
    assert (again.get(), cells.stats().hits) == (5, 1)


@limits.skip_if("no-pool")
def test_a_pooled_value_goes_to_its_own_pool(pooled, containers, handle, cells):
    lists = pooled.GlobalPool(containers.List)
    one = handle(cells, lists.take())
    del one
    assert (len(cells), len(lists)) == (1, 1)


def test_without_a_pool(pooled, arc, handle):
    before = pooled.pool_of(arc.Cell).stats()
    handle(None, 1)
    assert pooled.pool_of(arc.Cell).stats() == before


def test_weak_references(arc, cells):
    one = arc.Arc(cells, 1)
    ref = weakref.ref(one)
    assert ref() is one
    del one
    assert ref() is None
    with pytest.raises(TypeError):
        weakref.ref(arc.TArc(cells, 1))


def test_copies_share_and_pickles_do_not(handle, cells):
    one = handle(cells, [1])
    assert copy.copy(one).ptr_eq(one)
    for again in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again.get() == [1]
        assert not again.ptr_eq(one)
    assert repr(one) == f"{handle.__name__}([1])"


def test_threads(handle, cells):
    one = handle(cells, "value")
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        for _ in range(500):
            assert one.clone().get() == "value"

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert one.strong_count() == 1


def test_only_pools_of_cells_will_do(pooled, handle):
    for pool in (pooled.GlobalPool(list), 5, pooled.GlobalPool(handle)):
        with pytest.raises(TypeError, match=r"pool=.*: expected a pool of cells, GlobalPool\(Cell\)"):
            handle(pool, 1)
