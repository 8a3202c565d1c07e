"""Handles on shared values: `Arc`, `TArc` and `Weak`."""

import copy
import gc
import operator
import os
import pickle
import threading
import weakref

import effort
import limits
import pytest
from helpers import on_another_thread


class Value:
    """A value that has an attribute, and weak references."""


@pytest.fixture(params=["Arc", "TArc"])
def handle(arc, request):
    return getattr(arc, request.param)


@pytest.fixture
def cells(pooled, arc):
    return pooled.GlobalPool(arc.Cell, max=4)


@pytest.fixture(params=["own", "none", "cells"])
def pool(request, pooled, arc, cells):
    """Each kind of pool that a cell can come from. That of the class is empty: its cells may have been frozen (gc)."""
    pooled.pool_of(arc.Cell).clear()
    return {"own": None, "none": False, "cells": cells}[request.param]


# ---- handles ----


def test_handles_count_themselves(handle, pool):
    one = handle("value", pool)
    assert (one.strong_count(), one.get()) == (1, "value")
    two = one.clone()
    assert type(two) is handle
    assert (one.strong_count(), two.strong_count(), two.get()) == (2, 2, "value")
    many = [two.clone() for _ in range(10)]
    assert one.strong_count() == 12
    del two, many
    assert one.strong_count() == 1


def test_only_a_sole_handle_may_change_the_value(handle, pool):
    one = handle([1], pool)
    one.get_mut().append(2)
    two = one.clone()
    assert (one.is_unique(), two.is_unique()) == (False, False)
    assert (one.get_mut(), two.get_mut()) == (None, None)
    del one
    assert two.is_unique()
    assert two.get_mut() == [1, 2]


def test_make_mut_copies_what_is_shared(handle, pool):
    one = handle([[1]], pool)
    inner = one.get()[0]
    assert one.make_mut() is one.get()
    two = one.clone()
    two.make_mut().append(2)
    assert (one.get(), two.get()) == ([[1]], [[1], 2])
    assert one.get()[0] is two.get()[0] is inner
    assert (one.strong_count(), two.strong_count(), one.ptr_eq(two)) == (1, 1, False)


@pytest.mark.needs_pool
def test_make_mut_takes_the_new_cell_from_the_same_pool(handle, cells):
    one = handle([1], cells)
    two = one.clone()
    two.make_mut()
    assert cells.stats().live == 2
    del one, two
    assert len(cells) == 2


def test_a_value_that_cannot_be_copied_stays(handle, pool):
    one = handle(threading.Lock(), pool)
    assert one.make_mut() is one.get()
    two = one.clone()
    with pytest.raises(TypeError, match="pickle"):
        two.make_mut()
    assert one.ptr_eq(two)


def test_handles_know_their_clones(handle, cells):
    one = handle("value", cells)
    assert one.ptr_eq(one.clone())
    assert not one.ptr_eq(handle("value", cells))
    assert not one.ptr_eq("value")


def test_a_handle_does_as_its_value(handle):
    one, same, two = handle(1), handle(1, False), handle(2)
    for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        for other in (one, same, two):
            assert compare(one, other) is compare(one.get(), other.get())
    assert hash(one) == hash(same) == hash(1)
    assert {one: "found"}[same] == "found"
    assert (one == 1, one != 1) == (False, True)
    assert handle(nan := float("nan")) != handle(nan)
    with pytest.raises(TypeError, match="not supported between"):
        one < 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(handle([]))
    assert repr(handle(["é"])) == f"{handle.__name__}(['é'])"


def test_an_arc_and_a_tarc_are_not_compared(arc):
    assert arc.Arc(1) != arc.TArc(1)
    with pytest.raises(TypeError, match="not supported between"):
        arc.Arc(1) < arc.TArc(2)


def test_the_result_of_a_comparison_is_that_of_the_values(handle):
    class Odd:
        def __eq__(self, other):
            return "equal"

        def __ne__(self, other):
            raise KeyError("ne")

        __hash__ = None

    assert (handle(Odd()) == handle(Odd())) == "equal"
    with pytest.raises(KeyError, match="ne"):
        handle(Odd()) != handle(Odd())


def test_a_value_that_shows_its_handle(handle):
    class Odd:
        def __repr__(self):
            return f"Odd {self.own!r}"

    value = Odd()
    value.own = handle(value)
    assert repr(value.own) == f"{handle.__name__}(Odd ...)"
    del value.own


# ---- pools ----


@pytest.mark.needs_pool
def test_the_cell_is_recycled_with_the_last_handle_and_the_value_let_go(handle, cells):
    value = Value()
    death = weakref.ref(value)
    one = handle(value, cells)
    two = one.clone()
    del value, one
    assert (death() is not None, len(cells)) == (True, 0)
    del two
    assert (death(), len(cells)) == (None, 1)
    again = handle(5, cells)
    assert (again.get(), cells.stats().hits) == (5, 1)


@limits.skip_if("no-pool")
def test_a_pooled_value_goes_to_its_own_pool(pooled, containers, handle, cells):
    lists = pooled.GlobalPool(containers.List)
    one = handle(lists.take(), cells)
    del one
    assert (len(cells), len(lists)) == (1, 1)


@pytest.mark.needs_pool
def test_by_default_the_cell_is_of_the_pool_of_its_class(pooled, arc, handle):
    pool = pooled.pool_of(arc.Cell)
    before = pool.stats()
    one = handle(1)
    two = one.clone()
    now = pool.stats()
    assert (now.taken - before.taken, now.live - before.live) == (1, 1)
    del one, two
    parked = len(pool)
    three = handle(2)
    assert (pool.stats().hits - now.hits, len(pool)) == (1, parked - 1)
    del three


def test_without_a_pool(pooled, arc, handle):
    before = pooled.pool_of(arc.Cell).stats()
    one = handle([1], False)
    one.clone().make_mut()
    assert pooled.pool_of(arc.Cell).stats() == before


def test_a_pool_may_go_before_its_cells(pooled, arc, handle):
    one = handle([1], pooled.GlobalPool(arc.Cell))
    two = one.clone()
    two.make_mut().append(2)
    assert (one.get(), two.get()) == ([1], [1, 2])


def test_only_pools_of_cells_will_do(pooled, arc, handle):
    class Other(arc.Cell):
        pass

    for pool in (pooled.GlobalPool(list), 5, 0, True, arc.Cell, pooled.GlobalPool(pooled.poolable(Other))):
        with pytest.raises(TypeError, match=r"pool=.*: expected a pool of cells, GlobalPool\(Cell\)"):
            handle(1, pool)


def test_the_former_order_is_an_error_that_says_the_new_one(pooled, handle, cells):
    for args in ((cells, 5), (None, [5]), (cells, None), (cells, cells), (cells,)):
        with pytest.raises(TypeError, match=r"Arc\(value, pool\)"):
            handle(*args)


def test_wrong_arguments(handle):
    for args, kwargs in (((), {}), ((1, None, 2), {}), ((1,), {"value": 2}), ((1,), {"other": 2})):
        with pytest.raises(TypeError, match="argument"):
            handle(*args, **kwargs)
    assert handle(value=1, pool=False).get() == 1


# ---- weak handles ----


def test_weak_handles_do_not_keep_the_value_alive(arc, pool):
    value = Value()
    death = weakref.ref(value)
    one = arc.Arc(value, pool)
    weak = one.downgrade()
    again = weak.clone()
    assert (one.weak_count(), weak.weak_count(), weak.strong_count()) == (2, 2, 1)
    two = weak.upgrade()
    assert two.ptr_eq(one)
    assert (two.get(), weak.strong_count()) == (value, 2)
    assert (weak.ptr_eq(again), weak == again) == (True, False)
    assert repr(weak) == "<Weak alive>"
    del value, one, two
    assert death() is None
    assert (weak.upgrade(), again.upgrade(), weak.clone().upgrade()) == (None, None, None)
    assert (weak.strong_count(), weak.weak_count(), weak.ptr_eq(again)) == (0, 0, False)
    assert repr(weak) == "<Weak dead>"


def test_weak_handles_share_the_value_too(arc, pool):
    one = arc.Arc([1], pool)
    weak = one.downgrade()
    assert (one.is_unique(), one.get_mut()) == (False, None)
    former = one.get()
    assert one.make_mut() is not former
    assert (weak.upgrade(), one.is_unique(), one.get()) == (None, True, [1])
    weak = one.downgrade()
    del weak
    assert one.get_mut() == [1]


@pytest.mark.needs_pool
def test_a_weak_handle_of_an_earlier_life_stays_dead(arc, cells):
    one = arc.Arc(1, cells)
    weak = one.downgrade()
    del one
    two = arc.Arc(2, cells)
    assert cells.stats().hits == 1
    assert (weak.upgrade(), two.weak_count(), two.is_unique()) == (None, 0, True)
    other = two.downgrade()
    assert (weak.ptr_eq(other), other.upgrade().get()) == (False, 2)


def test_a_value_that_dies_cannot_be_upgraded(arc, pool):
    seen = []

    class Dying:
        def __del__(self):
            seen.append(self.weak.upgrade())

    one = arc.Arc(Dying(), pool)
    one.get().weak = one.downgrade()
    del one
    assert seen == [None]


def test_weak_handles_come_from_arcs_only(arc):
    with pytest.raises(TypeError, match="downgrade"):
        arc.Weak()
    with pytest.raises(TypeError, match="downgrade"):
        arc.Weak(arc.Arc(1))
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Own", (arc.Weak,), {})
    assert not hasattr(arc.TArc(1), "downgrade")


def test_copies_of_weak_handles(arc):
    one = arc.Arc([1])
    weak = one.downgrade()
    for again in (copy.copy(weak), copy.deepcopy(weak)):
        assert again.ptr_eq(weak)
    with pytest.raises(TypeError, match="cannot pickle a Weak"):
        pickle.dumps(weak)


def test_weak_references(arc, cells):
    one = arc.Arc(1, cells)
    seen = []
    ref = weakref.ref(one, lambda _: seen.append(cells.stats().live))
    assert ref() is one
    del one
    assert (ref(), len(seen)) == (None, 1)
    with pytest.raises(TypeError):
        weakref.ref(arc.TArc(1, cells))


# ---- copies ----


def test_copies_share_and_pickles_do_not(handle, pool):
    one = handle([1], pool)
    assert copy.copy(one).ptr_eq(one)
    again = [copy.deepcopy(one), *(pickle.loads(pickle.dumps(one, version)) for version in range(6))]
    for each in again:
        assert type(each) is handle
        assert each.get() == [1]
        assert not each.ptr_eq(one)
        assert each.is_unique()


def test_clones_that_are_copied_together_share_a_value(handle, pool):
    one = handle([1], pool)
    for two, three in (copy.deepcopy([one, one.clone()]), pickle.loads(pickle.dumps([one, one.clone()]))):
        assert two.ptr_eq(three)
        assert (two.get(), two.strong_count()) == ([1], 2)


def test_a_value_that_refers_to_its_handle_is_copied(handle, pool):
    one = handle([], pool)
    one.get().append(one)
    for two in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert two.get()[0].ptr_eq(two)
        assert not two.ptr_eq(one)
        two.get().clear()
    one.get().clear()


# ---- the collector ----


@pytest.mark.parametrize("way", ["list", "two", "attribute", "subclass"])
def test_a_cycle_through_a_handle_is_collected(handle, pool, way):
    class Own(handle):
        pass

    value = Value()
    death = weakref.ref(value)
    if way == "list":
        one = handle([value], pool)
        one.get().append(one)
    elif way == "two":
        one, two = handle([value], pool), handle([], pool)
        one.get().extend([two.clone(), two])
        two.get().extend([one.clone(), one])
        del two
    elif way == "attribute":
        one = value.own = handle(value, pool)
    else:
        one = Own([value], pool)
        one.own = one.clone()
        one.own.own = one
    del one, value
    gc.collect()
    assert death() is None


def test_a_handle_outside_keeps_a_cycle_alive(handle, pool):
    value = Value()
    value.own = handle(value, pool)
    death, one = weakref.ref(value), value.own.clone()
    del value
    gc.collect()
    assert one.get().own.ptr_eq(one)
    del one
    gc.collect()
    assert death() is None


def test_a_weak_handle_makes_no_cycle(arc, pool):
    parent = arc.Arc(Value(), pool)
    parent.get().child = child = arc.Arc(Value(), pool)
    child.get().parent = parent.downgrade()
    death = weakref.ref(parent.get())
    assert child.get().parent.upgrade().ptr_eq(parent)
    del parent
    assert (death(), child.get().parent.upgrade()) == (None, None)


def test_a_weak_handle_on_garbage_is_dead_when_it_is_collected(arc, pool):
    seen = []

    class Dying:
        def __del__(self):
            seen.append(self.weak.upgrade())

    value = Dying()
    value.own = arc.Arc(value, pool)
    value.weak = value.own.downgrade()
    outside = value.own.downgrade()
    del value
    gc.collect()
    assert (seen, outside.upgrade()) == ([None], None)


def test_a_long_chain_of_handles(engine, handle, pool):
    one = handle(None, pool)
    for _ in range(30_000 if engine == "native" else 2_000):
        one = handle([one], pool) if one.strong_count() % 2 else handle(one, pool)
    del one


# ---- subclasses ----


def test_subclasses(arc, handle, importable):
    class Named(handle):
        __slots__ = ("name",)

        def __new__(cls, value, name):
            self = super().__new__(cls, value, False)
            self.name = name
            return self

    named = Named([1], "one")
    assert (named.get(), named.name, repr(named)) == ([1], "one", "Named([1])")
    assert named == handle([1])
    other = named.clone()
    assert (type(other), other.ptr_eq(named), hasattr(other, "name")) == (Named, True, False)
    assert named.strong_count() == 2
    own = importable(lambda cls: cls)(type("Own", (handle,), {}))
    one = own([2])
    one.extra = "extra"
    assert type(pickle.loads(pickle.dumps(one))) is type(copy.copy(one)) is own


def test_handles_themselves_cannot_be_pooled(pooled, arc, handle):
    class Own(handle):
        def reset(self):
            """Do nothing."""

    for make in (pooled.poolable(reset="reset"), pooled.poolable, pooled.GlobalPool):
        with pytest.raises(TypeError, match="objects are immutable"):
            make(Own)


def test_generic_classes(arc, handle):
    assert handle[int](5).get() == 5
    assert arc.Weak[int].__origin__ is arc.Weak
    assert type("Own", (), {}) is not type(handle[int])

    class Own(handle[int]):
        pass

    assert Own(5).get() == 5
    cell = arc.Cell[int](5)
    assert cell.value == 5


# ---- threads and processes ----


def test_threads(handle, pool):
    one = handle("value", pool)
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


def test_an_upgrade_races_with_the_last_drop(engine, arc, pool):
    """Whoever upgrades has the value of that handle, or none; nobody has a value that was changed by its sole owner."""
    rounds, workers = effort.pick(short=30, long=1000), 3
    current, faults, dropped = [], [], []
    barrier = threading.Barrier(workers + 1)

    class Counted:
        def __init__(self, number):
            self.numbers = [number]

        def __del__(self):
            dropped.append(self.numbers[0])

    def work():
        for number in range(rounds):
            barrier.wait()
            weak, seen = current[0].clone(), 0
            barrier.wait()
            while (one := weak.upgrade()) is not None and (seen := seen + 1) < 200:
                try:
                    if one.get().numbers != [number]:
                        faults.append((number, one.get().numbers))
                except ReferenceError:
                    assert engine == "reference"
                if one.get_mut() is not None:
                    faults.append("it has weak handles")
            del one, weak
            barrier.wait()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for number in range(rounds):
        one = arc.Arc(Counted(number), pool)
        current[:] = [one.downgrade()]
        barrier.wait()
        barrier.wait()
        del one
        barrier.wait()
    for thread in threads:
        thread.join()
    current.clear()
    gc.collect()
    assert faults == []
    assert sorted(dropped) == list(range(rounds))


def test_only_one_thread_has_the_sole_handle(arc, pool):
    """Threads clone, downgrade, upgrade and drop handles: a value changes under its sole handle only."""
    rounds, workers = effort.pick(short=150, long=5000), 3
    shared = [arc.Arc([0, 0], pool)]
    lock, faults, changes = threading.Lock(), [], []
    barrier = threading.Barrier(workers)

    def work():
        barrier.wait()
        for _ in range(rounds):
            with lock:
                one = shared[0].clone()
            weak = one.downgrade()
            del one
            if (one := weak.upgrade()) is None:
                continue
            del weak
            if (mine := one.get_mut()) is not None:
                mine[0] += 1
                if mine[0] != mine[1] + 1:
                    faults.append(list(mine))
                mine[1] += 1
                changes.append(1)
            with lock:
                shared[0] = one.clone()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert shared[0].get() == [len(changes)] * 2


def test_a_handle_may_be_dropped_on_another_thread(handle, pool):
    value = Value()
    death, box = weakref.ref(value), [handle(value, pool)]
    del value
    on_another_thread(box.clear)
    gc.collect()
    assert death() is None


@limits.skip_if("no-fork")
def test_a_child_has_handles_of_its_own(arc, pool):
    one = arc.Arc([1], pool)
    weak = one.downgrade()
    pid = os.fork()
    if pid == 0:
        fine = weak.upgrade().ptr_eq(one) and one.strong_count() == 1 and arc.Arc(2, pool).get() == 2
        del one
        os._exit(0 if fine and weak.upgrade() is None else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert (one.get(), one.strong_count(), one.weak_count()) == ([1], 1, 1)
