"""Contract lines 3, 4, 7 and 8: what becomes of an object for which the pool has no room."""

import gc
import typing
import weakref

import pytest

T = typing.TypeVar("T")


class Value:
    """A value whose end shows."""


class Slots:
    __slots__ = ("__weakref__", "a", "b")


class Attributes:
    pass


class Both(Slots):
    pass


class OfList(list):
    pass


class OfDict(dict):
    __slots__ = ("__weakref__", "a", "b")


class OfGeneric(typing.Generic[T]):
    pass


KINDS = [Slots, Attributes, Both, OfList, OfDict, OfGeneric]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


def subclass(base, **namespace):
    """A class with the attributes of `base`, to make poolable."""
    slots = {"__slots__": ()} if not hasattr(base(), "__dict__") else {}
    return type(base.__name__, (base,), slots | namespace)


@pytest.mark.needs_pool
@pytest.mark.parametrize("shown", [False, True], ids=["values", "dict"])
def test_its_values_and_weak_references_end_with_it(pooled, kind, shown):
    cls = pooled.poolable(max=0)(subclass(kind))
    ended = []
    for _ in range(3):
        obj = cls()
        obj.a, obj.b = value, _ = Value(), Value()
        if shown and hasattr(obj, "__dict__"):
            obj.__dict__["more"] = value
        value = weakref.ref(value)
        own = weakref.ref(obj, ended.append)
        del _, obj
        assert (value(), own()) == (None, None)
        assert ended.pop() is own
    stats = pooled.pool_of(cls).stats()
    assert (stats.discarded_full, stats.taken, stats.live) == (3, 3, 0)


@pytest.mark.needs_pool
def test_its_finalizer_sees_it_whole_and_may_save_it(pooled, kind):
    saved = []

    def finalize(self):
        saved.append((self, self.a))

    cls = pooled.poolable(max=0)(subclass(kind, __del__=finalize))
    obj = cls()
    obj.a = value = Value()
    del obj
    (obj, seen), saved[:] = saved[0], []
    assert (seen, obj.a) == (value, value)
    value = weakref.ref(value)
    del obj, seen
    assert (value(), saved) == (None, [])  # a finalizer runs once
    assert pooled.pool_of(cls).stats().live == 0


@pytest.mark.needs_pool
def test_a_long_chain_ends(pooled, kind):
    cls = pooled.poolable(max=0)(subclass(kind))
    head = None
    for _ in range(50_000):
        obj = cls()
        obj.a, head = head, obj
    del obj, head
    stats = pooled.pool_of(cls).stats()
    assert (stats.discarded_full, stats.live) == (50_000, 0)


@pytest.mark.needs_pool
def test_the_end_of_a_value_may_use_the_pool(pooled, kind):
    cls = pooled.poolable(max=1)(subclass(kind))

    class Using:
        def __del__(self):
            cls().a = Value()
            pooled.pool_of(cls).clear()

    kept = [cls() for _ in range(5)]
    for obj in kept:
        obj.a = Using()
    del kept, obj
    gc.collect()
    stats = pooled.pool_of(cls).stats()
    assert (stats.taken, stats.live) == (10, 0)
    assert not hasattr(cls(), "a")
