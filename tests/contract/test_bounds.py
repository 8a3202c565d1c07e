"""Contract line 3: never more than `max` parked, none above `max_cap`; limits never bound how many can exist."""

import effort
import pytest
from helpers import on_another_thread
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

SIZES = st.integers(0, 12)


def sized(pooled, **limits):
    """A class whose objects are as large as they are told, and that counts its living and parked objects."""

    @pooled.poolable(**limits, reset="reset", capacity="capacity")
    class Sized:
        def __init__(self, size=0):
            self.size = size

        def reset(self): ...

        def capacity(self):
            return self.size

    return Sized


@pytest.mark.needs_pool
def test_max(pooled):
    cls = sized(pooled, max=3)
    alive = [cls() for _ in range(10)]
    assert len(alive) == 10, "limits bound what is parked, not what exists"
    alive.clear()
    assert len(pooled.pool_of(cls)) == 3
    assert pooled.pool_of(cls).stats().discarded_full == 7


@pytest.mark.needs_pool
def test_max_zero_pools_nothing(pooled):
    cls = sized(pooled, max=0)
    for _ in range(3):
        cls()
    stats = pooled.pool_of(cls).stats()
    assert (stats.parked, stats.hits, stats.misses, stats.discarded_full) == (0, 0, 3, 3)


@pytest.mark.needs_pool
def test_max_is_for_each_thread_of_a_local_pool(pooled):
    cls = sized(pooled, max=2)

    def fill():
        alive = [cls() for _ in range(5)]
        alive.clear()
        return len(pooled.pool_of(cls)), pooled.pool_of(cls).stats().parked

    assert fill() == (2, 2)
    assert on_another_thread(fill) == (2, 4)


@pytest.mark.needs_pool
def test_max_is_for_all_threads_of_a_global_pool(pooled):
    cls = sized(pooled, max=2, scope="global")

    def fill():
        alive = [cls() for _ in range(5)]
        alive.clear()
        return pooled.pool_of(cls).stats().parked

    assert fill() == 2
    assert on_another_thread(fill) == 2


@pytest.mark.needs_pool
def test_max_cap(pooled):
    cls = sized(pooled, max_cap=100)
    cls(101)
    assert len(pooled.pool_of(cls)) == 0
    cls(100)
    assert len(pooled.pool_of(cls)) == 1
    assert pooled.pool_of(cls).stats().discarded_large == 1


@pytest.mark.needs_pool
def test_max_cap_of_a_class_that_is_scrubbed_is_asked_while_it_has_its_attributes(pooled):
    @pooled.poolable(max_cap=10, capacity="capacity")
    class Bag:
        def __init__(self, n):
            self.items = list(range(n))

        def capacity(self):
            return len(self.items)

    Bag(11)
    Bag(3)
    stats = pooled.pool_of(Bag).stats()
    assert (stats.discarded_large, stats.recycled) == (1, 1)


def test_a_discarded_object_dies_as_it_was(pooled):
    last_words = []

    @pooled.poolable(max=0, reset="reset")
    class Thing:
        def __init__(self):
            self.value = 7

        def reset(self):
            last_words.append("reset")

        def __del__(self):
            last_words.append(self.value)

    Thing()
    assert last_words == [7]


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_limits_hold_whatever_is_done(pooled, scope):
    class Machine(RuleBasedStateMachine):
        @initialize(bound=SIZES, cap=SIZES)
        def start(self, bound, cap):
            self.cls = sized(pooled, max=bound, max_cap=cap, scope=scope)
            self.pool = pooled.pool_of(self.cls)
            self.alive = []

        @rule(size=SIZES)
        def construct(self, size):
            self.alive.append(self.cls(size))

        @rule()
        def take(self):
            self.alive.append(pooled.take(self.cls))

        @rule(data=st.data())
        def drop(self, data):
            if self.alive:
                del self.alive[data.draw(st.integers(0, len(self.alive) - 1))]

        @rule()
        def drop_all(self):
            self.alive.clear()

        @rule(n=SIZES)
        def prefill(self, n):
            room = self.pool.policy.max - len(self.pool)
            assert self.pool.prefill(n) == min(n, room)

        @rule()
        def prune(self):
            before = len(self.pool)
            assert self.pool.prune() == before - len(self.pool) == min(1, before)

        @rule()
        def clear(self):
            before = len(self.pool)
            assert self.pool.clear() == before
            assert len(self.pool) == 0

        @rule(bound=SIZES)
        def resize(self, bound):
            self.pool.resize(max=bound)
            assert self.pool.policy.max == bound

        @rule(cap=SIZES)
        def resize_capacity(self, cap):
            self.pool.resize(max_cap=cap)

        @invariant()
        def bounded(self):
            assert len(self.pool) <= self.pool.policy.max
            assert self.pool.stats().parked == len(self.pool)
            parked = []
            while (obj := self.pool.try_take()) is not None:
                parked.append(obj)
            assert all(obj.size <= self.pool.policy.max_cap for obj in parked)
            assert self.pool.stats().live == len(self.alive) + len(parked)

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=effort.examples(60), stateful_step_count=30, deadline=None)
    )


@settings(max_examples=effort.examples(40), deadline=None)
@given(bound=st.integers(0, 300), filled=st.integers(0, 300))
def test_prune_drops_a_tenth_or_a_hundredth_but_at_least_one(pooled, bound, filled):
    pool = pooled.GlobalPool(list, max=bound)
    parked = pool.prefill(filled)
    tenth = bound // 10
    expected = tenth if parked > bound / 10 else bound // 100
    assert pool.prune() == min(parked, max(1, expected))
