"""Contract line 4: parked objects hold no references, and no weak reference leads to them."""

import sys
import weakref

import pytest


class Payload:
    """An object of the user."""


@pytest.mark.needs_pool
def test_attributes_and_slots_are_let_go_of(pooled):
    class Base:
        __slots__ = ("slot",)

    @pooled.poolable
    class Thing(Base):
        def __init__(self, slot, attribute):
            self.slot, self.attribute = slot, attribute

    payloads = [Payload(), Payload()]
    deaths = [weakref.ref(payload) for payload in payloads]
    obj = Thing(*payloads)
    payloads.clear()
    assert all(death() is not None for death in deaths)
    del obj
    assert len(pooled.pool_of(Thing)) == 1
    assert all(death() is None for death in deaths)


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    ("name", "fill"),
    [
        ("List", lambda cls, payload: cls([payload])),
        ("Dict", lambda cls, payload: cls({payload: payload})),
        ("Set", lambda cls, payload: cls({payload})),
        ("Deque", lambda cls, payload: cls([payload], 5)),
        ("OrderedDict", lambda cls, payload: cls({payload: payload})),
        ("DefaultDict", lambda cls, payload: cls(lambda: payload)),
        ("DefaultDict", lambda cls, payload: cls(int, {payload: payload})),
        ("Counter", lambda cls, payload: cls([payload])),
    ],
)
def test_items_are_let_go_of(pooled, containers, name, fill):
    cls = getattr(containers, name)
    payload = Payload()
    death = weakref.ref(payload)
    container = fill(cls, payload)
    del payload
    recycled = pooled.pool_of(cls).stats().recycled
    del container
    assert pooled.pool_of(cls).stats().recycled == recycled + 1
    assert death() is None


@pytest.mark.parametrize("name", ["BytesIO", "StringIO", "OrderedDict", "Counter"])
def test_attributes_of_containers_are_let_go_of(pooled, containers, name):
    cls = getattr(containers, name)
    payload = Payload()
    death = weakref.ref(payload)
    container = cls()
    container.note = payload
    del payload, container
    assert death() is None
    assert not hasattr(cls(), "note")


def test_a_bytes_that_a_buffer_shared_is_let_go_of(containers):
    data = bytes(1000)
    before = sys.getrefcount(data)
    buffer = containers.BytesIO(data)
    del buffer
    assert sys.getrefcount(data) == before


@pytest.mark.needs_pool
def test_weak_references_of_an_earlier_life_stay_dead(pooled):
    @pooled.poolable
    class Thing:
        pass

    obj = Thing()
    called = []
    ref = weakref.ref(obj, called.append)
    proxy = weakref.proxy(obj)
    registry = weakref.WeakValueDictionary(here=obj)
    del obj
    assert called == [ref]
    again = Thing()
    assert pooled.pool_of(Thing).stats().hits == 1
    assert ref() is None
    assert "here" not in registry
    with pytest.raises(ReferenceError):
        proxy.anything
    assert weakref.ref(again)() is again


def test_weak_references_that_an_object_made_to_itself_are_dead_too(pooled):
    known = weakref.WeakSet()

    @pooled.poolable
    class Registered:
        def __init__(self):
            known.add(self)

    obj = Registered()
    assert len(known) == 1
    del obj
    assert len(known) == 0
    assert Registered() is not None
