"""`insert`: objects made elsewhere are given to a pool, park at their last drop, and are counted."""

import gc

import limits
import pytest
from helpers import on_another_thread

ORIGINS = ["orphan", "detached", "of another pool", "escaped"]


@pytest.fixture(params=["local", "global"])
def scope(request):
    return request.param


@pytest.fixture
def cls(pooled, scope):
    @pooled.poolable(scope=scope, max=2)
    class Thing:
        pass

    return Thing


@pytest.fixture(params=["own", "further"])
def pool(pooled, cls, request):
    """The pool of the class, or a further pool of it."""
    return pooled.pool_of(cls) if request.param == "own" else pooled.GlobalPool(cls, max=2)


def made(pooled, cls, origin):
    """An object that no pool of the class expects but the one of `origin`, and that pool."""
    if origin == "orphan":
        return pooled.orphan(cls), None
    if origin == "detached":
        return pooled.detach(pooled.orphan(cls)), None
    if origin == "of another pool":
        other = pooled.LocalPool(cls)
        return other.take(), other
    kept = []
    other = pooled.GlobalPool(cls, reset=kept.append)
    obj = other.take()
    del obj
    return kept.pop(), other


@pytest.mark.needs_pool
@pytest.mark.parametrize("origin", ORIGINS)
def test_an_inserted_object_parks_at_its_last_drop(pooled, cls, pool, origin):
    obj, other = made(pooled, cls, origin)
    obj.value = 1
    obj = pool.insert(obj)
    holder = [obj]
    assert type(obj).__name__ in ("Thing", "Proxy")
    assert pool.stats() == pooled.Stats(inserted=1)
    assert pool.stats().live == 1
    del obj
    assert (holder[0].value, len(pool)) == (1, 0)
    holder.clear()
    assert pool.stats() == pooled.Stats(inserted=1, recycled=1, parked=1)
    assert vars(pool.take()) == {}
    assert pool.stats() == pooled.Stats(inserted=1, hits=1, recycled=2, parked=1)
    if other is not None:
        assert len(other) == 0
        assert other.stats() == pooled.Stats(misses=1, **{"escaped" if origin == "escaped" else "detached": 1})


@pytest.mark.needs_pool
@pytest.mark.parametrize("origin", ORIGINS)
def test_the_function_finds_the_pool_of_the_class(pooled, cls, origin):
    obj, _other = made(pooled, cls, origin)
    obj = pooled.insert(obj)
    assert pooled.pool_of(cls).stats() == pooled.Stats(inserted=1)
    del obj
    assert pooled.pool_of(cls).stats() == pooled.Stats(inserted=1, recycled=1, parked=1)


@pytest.mark.needs_pool
def test_the_object_itself_or_a_proxy_to_use_from_then_on(pooled, cls, pool):
    orphan, taken = pooled.orphan(cls), cls()
    assert (pool.insert(orphan) is orphan) is (pooled.engine == "native")
    assert pool.insert(taken) is taken


@limits.skip_if("no-pool")
def test_a_pool_that_hands_out_proxies_inserts_behind_one(pooled):
    class Plain:
        pass

    pool = pooled.GlobalPool(Plain)
    plain = Plain()
    proxy = pool.insert(plain)
    assert proxy is not plain
    assert isinstance(proxy, Plain)
    proxy.value = 1
    assert plain.value == 1
    del proxy
    assert pool.stats() == pooled.Stats(inserted=1, escaped=1)  # `plain` is a reference to it
    proxy = pool.insert(plain)
    del plain
    del proxy
    assert pool.stats() == pooled.Stats(inserted=2, escaped=1, recycled=1, parked=1)
    assert vars(pool.take()) == {}


@pytest.mark.needs_pool
def test_an_object_that_returns_to_the_pool_anyway_is_not_counted_again(pooled, cls, pool):
    taken, orphan = pool.take(), pool.insert(pooled.orphan(cls))
    for obj in (taken, orphan):
        assert pool.insert(obj) is obj
        assert pool.insert(obj) is obj
    assert pool.stats() == pooled.Stats(misses=1, inserted=1)
    del taken, orphan, obj
    assert pool.stats() == pooled.Stats(misses=1, inserted=1, recycled=2, parked=2)


def foreign(pooled, cls):
    class Sub(cls):
        pass

    class Other:
        pass

    return {"a subclass": Sub(), "another class": pooled.poolable(Other)(), "a builtin": [1], "None": None}


@pytest.mark.parametrize("what", ["a subclass", "another class", "a builtin", "None"])
def test_objects_of_another_class_are_refused(pooled, cls, pool, what):
    others = foreign(pooled, cls)
    obj, before = others[what], pooled.stats()
    name = type(obj).__name__ if what in ("a builtin", "None") else obj.__class__.__name__
    with pytest.raises(TypeError, match=rf"obj=.*: <.*> keeps objects of .*Thing; insert it into a pool of .*{name}"):
        pool.insert(obj)
    if what != "another class":
        with pytest.raises(TypeError, match=rf"obj=.*: .*{name} is not a poolable class; decorate it with @poolable"):
            pooled.insert(obj)
    assert pooled.stats() == before
    assert len(pool) == 0


@pytest.mark.needs_pool
def test_an_object_made_before_its_class_was_decorated(pooled, importable):
    @importable(lambda cls: cls)
    class Thing:
        pass

    early = Thing()
    cls = pooled.poolable(Thing)
    if cls is not Thing:  # the reference engine: a subclass has replaced it
        with pytest.raises(TypeError, match="another one of the same name, as for objects made before the class was"):
            pooled.pool_of(cls).insert(early)
        return
    late = Thing()
    assert pooled.insert(early) is early
    early.value = 1
    del early, late
    assert pooled.pool_of(Thing).stats() == pooled.Stats(inserted=1, misses=1, recycled=2, parked=2)
    assert vars(Thing()) == {}


@pytest.mark.needs_pool
def test_an_object_is_parked_by_the_thread_that_drops_it(pooled, scope):
    @pooled.poolable(scope=scope)
    class Thing:
        pass

    pool = pooled.pool_of(Thing)
    held = [on_another_thread(lambda: pooled.insert(pooled.orphan(Thing)))]
    held.clear()
    assert len(pool) == 1
    assert pool.stats() == pooled.Stats(inserted=1, recycled=1, parked=1)


@pytest.mark.needs_pool
def test_a_pool_that_parks_nothing_frees_inserted_objects(pooled, cls, pool):
    pool.resize(max=0)
    pool.insert(pooled.orphan(cls))
    assert pool.stats() == pooled.Stats(inserted=1, discarded_full=1)


@pytest.mark.needs_pool
def test_while_pooling_is_disabled(pooled, cls):
    pool = pooled.pool_of(cls)
    pooled.disable(cls)
    dropped, kept, of_then = pooled.insert(pooled.orphan(cls)), pooled.insert(pooled.orphan(cls)), cls()
    del dropped
    pooled.enable(cls)
    assert pooled.insert(of_then) is of_then  # it returns anyway
    del kept, of_then
    assert pool.stats() == pooled.Stats(misses=1, inserted=2, discarded_full=1, recycled=2, parked=2)


@pytest.mark.needs_pool
def test_an_object_that_the_collector_does_not_look_at(pooled, cls, pool):
    obj = pooled.orphan(cls)
    gc.freeze()
    try:
        obj = pool.insert(obj)
        del obj
    finally:
        gc.unfreeze()
    assert pool.stats() == pooled.Stats(inserted=1, recycled=1, parked=1)


@pytest.mark.needs_pool
def test_an_inserted_object_makes_room_where_the_depth_follows_the_load(pooled, scope):
    @pooled.poolable(scope=scope, max="auto")
    class Thing:
        pass

    things = [pooled.insert(pooled.orphan(Thing)) for _ in range(50)]
    things.clear()
    assert pooled.pool_of(Thing).stats() == pooled.Stats(inserted=50, recycled=50, parked=50)


@pytest.mark.needs_pool
@pytest.mark.parametrize("outcome", ["large", "error", "refused", "collected"])
def test_an_inserted_object_may_end_otherwise(pooled, unraisable, outcome):
    def reset(obj):
        if outcome == "error":
            raise ValueError
        return outcome != "refused"

    @pooled.poolable(reset=reset, capacity=lambda obj: 11 if outcome == "large" else 1, max_cap=10)
    class Thing:
        pass

    obj = pooled.insert(pooled.orphan(Thing))
    if outcome == "collected":
        obj.me = obj
    del obj
    gc.collect()
    expected = outcome if outcome == "collected" else f"discarded_{outcome}"
    assert pooled.pool_of(Thing).stats() == pooled.Stats(inserted=1, **{expected: 1})


@pytest.mark.needs_pool
def test_in_its_own_init_reset_and_finalizer(pooled):
    kept = []

    @pooled.poolable(reset="reset", max=1)
    class Thing:
        def __init__(self, fails):
            pooled.insert(self)
            if fails:
                raise ValueError("no")

        def reset(self):
            pooled.insert(self)

        def __del__(self):
            pooled.insert(self)
            kept.append(None)

    things = [Thing(False), Thing(False)]
    with pytest.raises(ValueError, match="no"):
        Thing(True)
    things.clear()
    pool = pooled.pool_of(Thing)
    pool.clear()
    gc.collect()
    assert kept
    assert (pool.stats().live, pool.stats().parked) == (0, 0)


@pytest.mark.needs_pool
def test_an_object_whose_init_never_ran_stays_unfit_for_a_pool_with_a_reset(pooled):
    @pooled.poolable(reset=lambda obj: None)
    class Thing:
        pass

    other = pooled.GlobalPool(Thing)
    obj = other.insert(Thing.__new__(Thing))
    del obj
    assert other.stats() == pooled.Stats(inserted=1, discarded_refused=1)


@pytest.mark.needs_pool
def test_the_tables_have_a_column_for_inserted_objects(pooled, tmp_path):
    @pooled.poolable
    class Thing:
        pass

    pooled.insert(pooled.orphan(Thing))
    name = pooled.pool_of(Thing).name
    header, *rows = str(pooled.stats()).splitlines()
    assert header.split()[:4] == ["pool", "hits", "misses", "inserted"]
    assert next(row for row in rows if name in row).split()[1:4] == ["0", "0", "1"]
    pooled.report(html=tmp_path / "report.html")
    assert "inserted" in (tmp_path / "report.html").read_text(encoding="utf-8")
