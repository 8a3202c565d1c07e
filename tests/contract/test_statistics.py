"""Contract line 12: every object handed out is counted once, by its outcome, and the counts add up."""

import gc
import sys
import threading
from pathlib import Path

import effort
import pytest
from helpers import on_another_thread
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

FIELDS = (
    *("hits", "misses", "inserted"),
    *("recycled", "discarded_full", "discarded_large", "discarded_error", "discarded_refused"),
    *("escaped", "collected", "detached", "parked"),
)


def test_the_fields(pooled):
    assert tuple(pooled.Stats().asdict()) == FIELDS
    stats = pooled.Stats(**{name: 10**place for place, name in enumerate(FIELDS)})
    assert stats.taken == 11
    assert stats.discarded == 11110000
    assert stats.live == 111 - 1000 - 11110000 - 100_000_000 - 1_000_000_000 - 10_000_000_000
    assert stats.hit_rate == pytest.approx(1 / 11)
    assert pooled.Stats().hit_rate == 0.0
    assert (stats + stats).misses == 20
    with pytest.raises(TypeError):
        stats + 1


@pytest.mark.needs_pool
@pytest.mark.parametrize("resetting", [True, False])
def test_an_object_that_cannot_be_made_ready_is_counted_whoever_asked_for_it(pooled, resetting):
    class Thing:
        def __init__(self):
            raise ValueError("no")

    cls = pooled.poolable(reset=(lambda obj: None) if resetting else None)(Thing)
    pool = pooled.pool_of(cls)
    for count, ask in enumerate([cls, lambda: pooled.take(cls), pool.take, pool.borrow().__enter__], 1):
        with pytest.raises(ValueError, match="no"):
            ask()
        assert pool.stats() == pooled.Stats(misses=count, discarded_error=count)
    for ask in (lambda: pooled.orphan(cls), *([lambda: pool.prefill(1)] if resetting else [])):
        with pytest.raises(ValueError, match="no"):
            ask()
        assert pool.stats().taken == count


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
def test_an_object_whose_place_went_to_one_that_it_held(pooled, scope):
    @pooled.poolable(max=1, scope=scope)
    class Thing:
        pass

    outer = Thing()
    outer.inner = Thing()
    del outer
    assert pooled.pool_of(Thing).stats() == pooled.Stats(misses=2, recycled=1, discarded_full=1, parked=1)


@pytest.mark.needs_pool
@pytest.mark.parametrize("scope", ["local", "global"])
@pytest.mark.parametrize("resetting", [True, False])
def test_everything_is_counted_once(pooled, unraisable, scope, resetting):
    class Machine(RuleBasedStateMachine):
        @initialize(bound=st.integers(0, 4))
        def start(self, bound):
            self.kept = kept = []
            self.expected = dict.fromkeys(FIELDS, 0)
            self.alive = []
            self.uninitialised = set()

            def reset(obj):
                behaviour = getattr(obj, "behaviour", None)
                if behaviour == "error":
                    raise ValueError("no")
                if behaviour == "escape":
                    kept.append(obj)
                vars(obj).clear()
                return behaviour != "refuse"

            def capacity(obj):
                if getattr(obj, "behaviour", None) == "error":
                    raise ValueError("no")
                return getattr(obj, "size", 0)

            @pooled.poolable(
                max=bound,
                max_cap=10,
                scope=scope,
                reset=reset if resetting else None,
                capacity=capacity if not resetting else None,
            )
            class Thing:
                pass

            self.cls, self.pool = Thing, pooled.pool_of(Thing)

        def count(self, outcome):
            if not self.fit:
                outcome = "discarded_refused"  # the part that its reset keeps may not exist
            elif outcome not in ("detached", "collected", "escaped") and len(self.pool) >= self.pool.policy.max:
                outcome = "discarded_full"
            self.expected[outcome] += 1
            self.expected["parked"] += outcome == "recycled"

        def get(self, *, reusing=True):
            hit = reusing and len(self.pool) > 0
            self.expected["hits" if hit else "misses"] += 1
            self.expected["parked"] -= hit

        def choose(self, data):
            obj = self.alive.pop(data.draw(st.integers(0, len(self.alive) - 1)))
            self.fit = id(obj) not in self.uninitialised or not resetting
            self.uninitialised.discard(id(obj))
            return obj

        @rule()
        def construct(self):
            self.get()
            self.alive.append(self.cls())

        @rule()
        def take(self):
            self.get()
            self.alive.append(pooled.take(self.cls))

        @rule()
        def try_take(self):
            if len(self.pool):
                self.get()
                self.alive.append(pooled.try_take(self.cls))
            else:
                assert pooled.try_take(self.cls) is None

        @rule()
        def bare_new(self):
            self.get(reusing=not resetting)
            self.alive.append(self.cls.__new__(self.cls))
            self.uninitialised.add(id(self.alive[-1]))

        @rule()
        def orphan(self):
            pooled.orphan(self.cls)

        @rule()
        def insert(self):
            self.expected["inserted"] += 1
            self.alive.append(self.pool.insert(pooled.orphan(self.cls)))

        @rule(data=st.data())
        def insert_again(self, data):
            if self.alive:
                obj = self.choose(data)
                if not self.fit:
                    self.uninitialised.add(id(obj))
                self.alive.append(pooled.insert(obj))

        @rule(data=st.data())
        def drop(self, data):
            if self.alive:
                obj = self.choose(data)
                self.count("recycled")
                del obj

        @rule(data=st.data(), behaviour=st.sampled_from(["error", "refuse", "escape", "large"]))
        def drop_with_another_outcome(self, data, behaviour):
            if not self.alive:
                return
            obj = self.choose(data)
            if behaviour == "large":
                obj.size = 11
                self.count("recycled" if resetting else "discarded_large")
            elif behaviour == "error":
                obj.behaviour = behaviour
                self.count("discarded_error")
            else:
                obj.behaviour = behaviour
                outcome = {"refuse": "discarded_refused", "escape": "escaped"}[behaviour] if resetting else "recycled"
                if outcome == "escaped" and len(self.pool) >= self.pool.policy.max:
                    outcome = "discarded_full"
                self.count(outcome)
            del obj

        @rule(data=st.data())
        def detach(self, data):
            if self.alive:
                obj = self.choose(data)
                self.expected["detached"] += 1
                assert pooled.detach(obj) is obj
                assert pooled.detach(obj) is obj

        @rule(data=st.data())
        def collect(self, data):
            if self.alive:
                obj = self.choose(data)
                obj.me = obj
                self.expected["collected"] += 1
                del obj
                gc.collect()

        @rule(n=st.integers(0, 5))
        def prefill(self, n):
            self.expected["parked"] += self.pool.prefill(n)

        @rule()
        def prune(self):
            self.expected["parked"] -= self.pool.prune()

        @rule()
        def clear(self):
            self.expected["parked"] -= self.pool.clear()

        @rule()
        def forget(self):
            self.kept.clear()

        @invariant()
        def counts_are_exact(self):
            stats = self.pool.stats()
            assert stats.asdict() == self.expected
            assert stats.live == len(self.alive)
            assert stats.hits + stats.misses + stats.inserted == (
                stats.live + stats.recycled + stats.discarded + stats.escaped + stats.collected + stats.detached
            )

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=effort.examples(50), stateful_step_count=30, deadline=None)
    )


@pytest.mark.needs_pool
def test_an_assigned_object_is_counted_by_both_pools(pooled, containers):
    pool = pooled.GlobalPool(containers.List, max=4)
    before = pooled.pool_of(containers.List).stats()
    obj = pooled.assign(containers.List([1]), pool)
    after = pooled.pool_of(containers.List).stats()
    assert after.detached == before.detached + 1
    assert (pool.stats().inserted, pool.stats().live) == (1, 1)
    assert pooled.assign(obj, pool) is obj
    del obj
    assert pool.stats() == pooled.Stats(inserted=1, recycled=1, parked=1)


@pytest.mark.parametrize("end", ["moves", "moves_and_raises", "moves_and_keeps", "moves_and_detaches"])
def test_an_object_that_its_own_reset_moves_is_counted_by_both_pools(pooled, unraisable, end):
    kept, pools = [], []

    def reset(obj):
        obj.lives += 1
        pooled.assign(obj, pools[obj.lives % 2])
        if end == "moves_and_raises":
            raise RuntimeError
        if end == "moves_and_keeps" and obj.lives < 5:
            kept.append(obj)
        if end == "moves_and_detaches":
            pooled.detach(obj)

    @pooled.poolable(reset=reset, max=4)
    class Thing:
        def __init__(self):
            self.lives = 0

    pools += [pooled.pool_of(Thing), pooled.GlobalPool(Thing, max=4)]
    for _ in range(20):
        for pool in pools:
            obj = pool.take()
            del obj
        while kept:
            kept.pop()
    assert [pool.stats().live for pool in pools] == [0, 0]


def test_all_statistics_as_a_table(pooled):
    @pooled.poolable
    class Thing:
        pass

    Thing()
    named = [pooled.GlobalPool(list, name="mine") for _ in range(2)]
    stats = pooled.stats()
    assert stats[pooled.pool_of(Thing).name] == pooled.pool_of(Thing).stats()
    assert {"mine", "mine#2"} <= set(stats)
    assert len(stats) == len(list(stats))
    assert "AllStats(" in repr(stats)
    header, *rows = str(stats).splitlines()
    columns = header.split()
    if any(each.inserted for each in stats.values()):  # pools of other tests
        columns.remove("inserted")
    assert columns == [
        *("pool", "hits", "misses", "recycled", "discarded", "escaped", "collected", "detached", "live", "parked")
    ]
    assert len(rows) == len(stats)
    assert len(named) == 2


class Interrupted:
    """Calls a function between the steps of the package's Python code: after every `stride` instructions.

    It does so a hundred times at most, since statistics are read again if a thread has come or gone meanwhile.
    """

    def __init__(self, pooled, function, stride):
        self.folder = str(Path(pooled.__file__).parent)
        self.function, self.stride, self.steps = function, stride, 0

    def __enter__(self):
        sys.settrace(self.trace)
        return self

    def __exit__(self, *exc_info):
        sys.settrace(None)

    def trace(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(self.folder):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.steps += 1
            if self.steps % self.stride == 0 and self.steps <= self.stride * 100:
                self.function()
        return self.trace


@pytest.fixture(params=[(kind, scope) for kind in ("class", "function") for scope in ("local", "global")], ids=str)
def any_pool(pooled, request):
    """The pool of a class, whose statistics C code reads in the native engine, or one of a function, of proxies."""
    kind, scope = request.param
    if kind == "class":
        return pooled.pool_of(pooled.poolable(scope=scope)(type("Thing", (), {})))
    return {"local": pooled.LocalPool, "global": pooled.GlobalPool}[scope](list)


@pytest.mark.needs_pool
def test_threads_that_come_and_go_while_statistics_are_read(pooled, any_pool):
    taken = 0

    def use():
        nonlocal taken
        for _ in range(3):
            any_pool.take()
            taken += 1

    use()
    with Interrupted(pooled, lambda: None, 1) as all_steps:
        any_pool.stats()
    for act in (use, lambda: on_another_thread(use)):
        for times in effort.pick(short=(1, 2, 3, 20), long=range(1, all_steps.steps)):
            before = taken
            with Interrupted(pooled, act, max(1, all_steps.steps // (times + 1))):
                stats = any_pool.stats()
            assert stats.live == 0, stats
            assert before <= stats.taken <= taken, stats
            assert (any_pool.stats().live, any_pool.stats().taken) == (0, taken)


@pytest.mark.needs_pool
def test_statistics_that_are_read_while_an_object_is_taken_and_dropped(pooled, any_pool):
    seen = []
    for _ in range(3):
        with Interrupted(pooled, lambda: seen.append(any_pool.stats()), 1):
            any_pool.take()
    assert {stats.live for stats in seen} <= {0, 1}
    assert [stats.taken for stats in seen] == sorted(stats.taken for stats in seen)
    assert (any_pool.stats().live, any_pool.stats().taken) == (0, 3)


@pytest.mark.needs_pool
def test_statistics_that_are_read_while_threads_work(any_pool):
    workers, each, seen = 4, effort.pick(short=100, long=2000), []

    def use():
        barrier.wait()
        for _ in range(each):
            any_pool.take()
        on_another_thread(any_pool.take)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        barrier = threading.Barrier(workers + 1)
        threads = [threading.Thread(target=use) for _ in range(workers)]
        for thread in threads:
            thread.start()
        barrier.wait()
        while any(thread.is_alive() for thread in threads):
            seen.append(any_pool.stats())
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert [stats for stats in seen if stats.live < 0] == []
    for name in set(FIELDS) - {"parked"}:
        counts = [getattr(stats, name) for stats in seen]
        assert counts == sorted(counts), name
    assert (any_pool.stats().live, any_pool.stats().taken) == (0, workers * (each + 1))
