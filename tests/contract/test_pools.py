"""Explicit pools: second pools of a class, pools of classes that cannot be hooked, and the methods of pools."""

import array
import dataclasses
import gc
import io
import pathlib
import re
import zlib

import limits
import pytest
from field_kinds import error_of
from helpers import on_another_thread


@pytest.fixture(params=["LocalPool", "GlobalPool"])
def kind(pooled, request):
    return getattr(pooled, request.param)


@pytest.mark.needs_pool
def test_a_pool_beside_the_pool_of_the_class(pooled, containers, kind):
    strings = kind(containers.ByteArray, max=2, max_cap=4096)
    of_the_class = pooled.pool_of(containers.ByteArray)
    before = of_the_class.stats()
    taken = strings.take()
    assert isinstance(taken, containers.ByteArray)
    taken += b"text"
    assert taken == b"text"
    del taken
    assert (len(strings), strings.stats().recycled) == (1, 1)
    assert strings.try_take() == b""
    assert strings.stats().hits == 1
    assert of_the_class.stats() == before


@pytest.mark.needs_pool
def test_a_pool_of_a_class_with_a_reset_uses_it_unless_another_is_given(pooled, kind):
    @pooled.poolable(reset="reset")
    class Counter:
        def __init__(self):
            self.made, self.uses = True, 0

        def reset(self):
            self.uses = "reset by its method"

    @pooled.poolable(reset=lambda obj: setattr(obj, "uses", "reset by the decorator's function"))
    class Decorated(Counter):
        pass

    by_method, by_decorator = kind(Counter), kind(Decorated)
    by_function = kind(Counter, reset=lambda obj: setattr(obj, "uses", "reset by the pool's function"))
    for pool, uses in (
        (by_method, "reset by its method"),
        (by_decorator, "reset by the decorator's function"),
        (by_function, "reset by the pool's function"),
    ):
        pool.take()
        again = pool.take()
        assert (again.made, again.uses, pool.stats().hits) == (True, uses, 1)


@limits.skip_if("no-pool")
def test_objects_whose_class_cannot_be_hooked(pooled, kind):
    made = []

    def factory():
        made.append("made")
        return array.array("d")

    pool = kind(factory, max=3, reset=lambda a: a.__delitem__(slice(None)), capacity=lambda a: a.buffer_info()[1])
    taken = pool.take()
    taken.extend([1.0, 2.0])
    assert (taken.tolist(), len(taken), taken[1]) == ([1.0, 2.0], 2, 2.0)
    assert isinstance(taken, array.array)
    del taken
    assert pool.take().tolist() == []
    assert made == ["made"]


@pytest.mark.needs_pool
def test_builtin_classes_need_no_reset(pooled, kind):
    for cls, fill in ((list, [1]), (dict, {1: 1}), (set, {1}), (bytearray, b"1")):
        pool = kind(cls)
        taken = pool.take()
        (taken.extend if hasattr(taken, "extend") else taken.update)(fill)
        assert taken == fill
        del taken
        again = pool.try_take()
        assert again == cls()
        assert pool.stats().hits == 1


@pytest.mark.needs_pool
def test_ordinary_classes_are_scrubbed_and_made_ready_again(pooled, kind):
    class Ordinary:
        def __init__(self):
            self.ready = True

    pool = kind(Ordinary)
    taken = pool.take()
    taken.more = 1
    del taken
    assert vars(pool.take()) == {"ready": True}
    assert pool.stats().hits == 1


def test_objects_in_use_keep_their_pool_alive(pooled, kind):
    pool = kind(list)
    taken = pool.take()
    del pool
    taken.append(1)
    assert taken == [1]
    del taken


@pytest.mark.needs_pool
def test_borrowing_gives_the_bare_object(pooled, kind):
    deflate = kind(zlib.decompressobj, max=4, reset=lambda z: not z.eof)
    with deflate.borrow() as z:
        assert type(z) is type(zlib.decompressobj())
        assert z.decompress(zlib.compress(b"text")) == b"text"
        del z
    assert deflate.stats().discarded_refused == 1, "its reset refuses one that reached its end"
    with deflate.borrow() as z:
        del z
    assert deflate.stats().recycled == 1


@pytest.mark.needs_pool
def test_a_borrowed_object_comes_home_when_its_variable_is_gone(pooled, kind):
    pool = kind(list, max=4)
    for turn in range(10):
        with pool.borrow() as borrowed:
            assert borrowed == []
            borrowed.append(turn)
    assert borrowed == [9], "it is not emptied while somebody can see it"
    assert pool.stats().misses <= 2
    assert pool.stats().hits >= 8
    del borrowed
    with pool.borrow() as borrowed:
        assert borrowed == []


@pytest.mark.needs_pool
def test_a_borrowed_object_that_is_kept_has_escaped(pooled, kind):
    pool = kind(list, max=4)
    kept = []
    for turn in range(10):
        with pool.borrow() as borrowed:
            borrowed.append(turn)
            kept.append(borrowed)
    del borrowed
    assert kept == [[turn] for turn in range(10)]
    with pool.borrow() as borrowed:
        assert borrowed == []
    assert pool.stats().escaped == 10


@pytest.mark.needs_pool
def test_borrowed_objects_come_home_through_errors(pooled, kind):
    pool = kind(dict, max=4)

    def fail():
        with pool.borrow() as borrowed:
            borrowed["a"] = 1
            raise KeyError("mine")

    for _ in range(3):
        with pytest.raises(KeyError, match="mine"):
            fail()
    with pool.borrow() as borrowed:
        assert borrowed == {}
    assert pool.stats().hits >= 1


@limits.skip_if("no-pool")
def test_a_loan_is_for_one_block_at_a_time(kind):
    pool = kind(list)
    loan = pool.borrow()
    with loan, pytest.raises(RuntimeError, match="in use already"), loan:
        pass
    with loan as again:
        assert again == []


@pytest.mark.needs_pool
def test_prefill(pooled, containers, kind):
    pool = kind(containers.Set, max=5)
    assert pool.prefill(3) == 3
    assert (len(pool), pool.stats().parked, pool.stats().taken) == (3, 3, 0)
    assert pool.prefill(9) == 2
    assert pool.take() == set()
    assert (pool.stats().hits, pool.stats().misses) == (1, 0)

    @pooled.poolable(reset="reset")
    class Ready:
        def __init__(self):
            self.ready = True

        def reset(self): ...

    pool = kind(Ready)
    pool.prefill(1)
    assert pool.take().ready


PREFILLED = [
    "List",
    "Dict",
    "Set",
    "Deque",
    "ByteArray",
    "BytesIO",
    "StringIO",
    "OrderedDict",
    "DefaultDict",
    "Counter",
]


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", PREFILLED)
def test_what_is_prefilled_is_ready_to_use(containers, kind, name):
    cls = getattr(containers, name)
    pool = kind(cls)
    pool.prefill(1)
    taken = pool.take()
    assert pool.stats().hits == 1
    if name in ("BytesIO", "StringIO"):
        assert (taken.tell(), taken.getvalue()) == (0, taken.getvalue()[:0])
        taken.write(taken.getvalue()[:0])
    else:
        assert len(taken) == 0
        assert taken == cls()


@pytest.mark.needs_pool
def test_an_object_that_prefill_cannot_empty_is_freed(pooled):
    @pooled.poolable(keep=("file", "text"))
    class Thing:
        def __init__(self):
            self.file, self.text = io.BytesIO(b"kept"), "a string cannot be emptied"

    assert pooled.pool_of(Thing).prefill(2) == 0
    gc.collect()
    assert pooled.pool_of(Thing).stats().parked == 0


@pytest.mark.needs_pool
def test_only_what_may_be_parked_is_prefilled(pooled, kind):
    registry = []

    @pooled.poolable(reset="reset")
    class Registered:
        def __init__(self):
            registry.append(self)

        def reset(self): ...

    assert kind(Registered).prefill(3) == 0
    assert len(registry) == 1
    large = kind(lambda: bytearray(10_000), max_cap=100, reset=lambda obj: None, capacity=len)
    assert (large.prefill(3), len(large)) == (0, 0)


@pytest.mark.needs_pool
def test_what_is_prefilled_has_only_what_its_class_keeps(pooled, kind):
    class Thing:
        def __init__(self):
            self.first, self.kept, self.last = object(), {"key": object()}, object()

    pool = kind(pooled.poolable(keep=("kept",))(Thing))
    pool.prefill(2)
    for taken in (pool.take(), pool.take()):
        assert vars(taken) == {"kept": {}}
        taken.later = 1
        assert list(vars(taken).items()) == [("kept", {}), ("later", 1)]
    del taken
    assert pool.stats() == pooled.Stats(hits=2, recycled=2, parked=2)


@pytest.mark.needs_pool
@pytest.mark.parametrize("resets", [True, False])
def test_what_prefill_cannot_make_is_not_counted(pooled, kind, resets):
    class Thing:
        def __init__(self, required):
            pass

    cls = pooled.poolable(reset=(lambda obj: None) if resets else None)(Thing)
    pool = kind(cls)
    assert resets == error_of(pool.prefill, 3).startswith("TypeError: ")
    assert pool.stats() == pooled.Stats(parked=0 if resets else 3)
    assert pooled.pool_of(cls).stats() == pooled.Stats()


@pytest.mark.needs_pool
def test_a_loan_that_is_never_left_comes_home_too(kind):
    pool = kind(list)
    loan = pool.borrow()
    loan.__enter__()
    del loan
    assert (len(pool), pool.stats().live) == (1, 0)


@pytest.mark.needs_pool
def test_clear_and_prune(pooled, kind):
    pool = kind(list, max=50)
    pool.prefill(20)
    assert pool.prune() == 5
    assert pool.prune() == 5
    assert pool.prune() == 5
    assert (pool.prune(), len(pool)) == (1, 4), "not more than a tenth is parked any more"
    assert (pool.clear(), len(pool), pool.clear()) == (4, 0, 0)


@pytest.mark.needs_pool
def test_clear_and_prune_of_all_pools(pooled, kind):
    pooled.clear()
    pools = [kind(list, max=100) for _ in range(2)]
    for pool in pools:
        pool.prefill(50)
    assert pooled.prune() >= 20
    assert [len(pool) for pool in pools] == [40, 40]
    assert pooled.clear() >= 80
    assert [len(pool) for pool in pools] == [0, 0]


@pytest.mark.needs_pool
def test_resize(pooled, kind):
    pool = kind(list, max=10, max_cap=5)
    pool.prefill(10)
    pool.resize(max=4)
    assert (len(pool), pool.policy) == (4, pooled.Policy(max=4, max_cap=5, scope=pool.policy.scope))
    pool.resize(max=6, max_cap=7)
    assert pool.prefill(10) == 2
    assert pool.policy.max_cap == 7
    pool.resize()
    assert pool.policy.max == 6
    pool.resize(max=10**30)
    pool.take()
    assert len(pool) == 6


@pytest.mark.needs_pool
def test_nothing_larger_than_a_smaller_capacity_stays_parked(kind):
    pool = kind(lambda: [0] * 10, reset=lambda obj: None, capacity=len, max_cap=100)
    pool.take()
    pool.resize(max_cap=50)
    assert len(pool) == 0
    pool.take()
    pool.resize(max_cap=200)
    assert len(pool) == 1
    pool.resize(max_cap=5)
    assert pool.try_take() is None
    pool.take()
    assert pool.stats().discarded_large == 1


@pytest.mark.needs_pool
def test_factories_that_choose_the_class(kind):
    pool = kind(pathlib.Path, reset=lambda path: None)
    assert isinstance(pool.take(), pathlib.Path)
    assert pool.stats().recycled == 1


@pytest.mark.needs_pool
def test_resizing_a_local_pool_reaches_other_threads_when_they_come_by(pooled):
    pool = pooled.LocalPool(list, max=10)

    def fill(bound):
        pool.prefill(10)
        pool.resize(max=bound)
        return len(pool)

    assert fill(10) == 10
    assert on_another_thread(fill, 3) == 3
    assert len(pool) == 3


def test_names_and_representation(pooled, containers, kind):
    def factory():
        return []

    assert kind(containers.List).name == "pooled.containers:List"
    assert kind(list).name == "builtins:list"
    assert kind(factory, reset=list.clear).name.endswith(":test_names_and_representation.<locals>.factory")
    pool = kind(list, max=3, max_cap=4, name="mine")
    assert re.fullmatch(r"<(Local|Global)Pool mine max=3 max_cap=4 parked=0>", repr(pool))
    assert bool(pool), "an empty pool is not false"


def test_an_orphan_is_in_no_pool(pooled):
    @pooled.poolable
    class Thing:
        def __init__(self, value, *, more):
            self.value = (value, more)

    orphan = pooled.orphan(Thing, 1, more=2)
    assert orphan.value == (1, 2)
    assert isinstance(orphan, Thing)
    assert pooled.detach(orphan) is orphan
    del orphan
    assert pooled.pool_of(Thing).stats() == pooled.Stats()


@pytest.mark.needs_pool
def test_an_orphan_can_be_assigned(pooled):
    @pooled.poolable
    class Thing:
        pass

    pool = pooled.GlobalPool(Thing)
    thing = pooled.assign(pooled.orphan(Thing), pool)
    thing.value = 1
    del thing
    assert len(pool) == 1
    assert vars(pool.take()) == {}


@pytest.mark.needs_pool
def test_a_detached_object_dies(pooled):
    died = []

    @pooled.poolable
    class Thing:
        def __del__(self):
            died.append(self.value)

    thing = Thing()
    thing.value = 3
    kept = pooled.detach(thing)
    assert kept is thing
    del thing, kept
    assert died == [3]
    assert pooled.pool_of(Thing).stats() == pooled.Stats(misses=1, detached=1)


@limits.skip_if("no-pool")
def test_an_assigned_object_goes_to_its_new_pool(pooled, containers):
    old, new = pooled.GlobalPool(containers.Dict), pooled.LocalPool(containers.Dict)
    obj = old.take()
    assert pooled.assign(obj, new) is obj
    obj["a"] = 1
    del obj
    assert (len(old), len(new)) == (0, 1)
    assert new.take() == {}


@pytest.mark.needs_pool
@pytest.mark.parametrize("how", ["keeps", "raises"])
def test_prefill_parks_nothing_that_its_capacity_keeps_or_cannot_measure(pooled, kind, unraisable, how):
    kept = []

    class Thing(pooled.Poolable):
        def reset(self):
            pass

        def capacity(self):
            if how == "raises":
                raise RuntimeError("not today")
            kept.append(self)
            return 1

    pool = kind(pooled.poolable(Thing), max=4)
    assert (pool.prefill(4), len(pool)) == (0, 0)
    assert len(unraisable) == (how == "raises")
    assert pool.take() not in kept


def test_a_new_that_drops_an_object_and_returns_another(pooled, kind):
    """The other object may be where the first one was. It is nothing that a pool has made."""

    @pooled.poolable(max=0)
    @dataclasses.dataclass
    class Thing:
        a: int = 1

    class Other:
        pass

    def new(cls):
        object.__new__(cls)
        return Other()

    pool = kind(Thing, max=0)
    Thing.__new__ = staticmethod(new)
    for take in (pool.take, Thing, lambda: pooled.take(Thing), lambda: pooled.orphan(Thing)):
        for _ in range(20):
            made = take()
            assert (type(made), vars(made)) == (Other, {})
            assert gc.is_tracked(made)
