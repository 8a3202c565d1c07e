"""Poolable objects in fields: those that the field created are reset in place, others return to their own pools."""

import gc
import weakref
from typing import Any

import attrs
import pytest
from field_kinds import Payload, check_counts, is_set, two_kinds


@pytest.fixture
def inner_class(pooled, kind):
    """A class for the fields of other classes."""

    @pooled.poolable
    @kind.define
    class Inner:
        topic: str = kind.field(init=False)
        size: int = 3
        items: list = kind.field(factory=list)

    return Inner


@pytest.fixture
def outer_class(pooled, kind, inner_class):
    @pooled.poolable
    @kind.define
    class Outer:
        inner: Any = kind.field(factory=inner_class)
        table: dict = kind.field(factory=dict)

    return Outer


@pytest.mark.needs_pool
def test_a_derived_part_is_emptied_in_place_by_its_own_plan(pooled, outer_class, inner_class):
    obj = pooled.take(outer_class)
    payload = Payload()
    died = weakref.ref(payload)
    obj.inner.items.append(payload)
    obj.table[1] = 1
    identity = id(obj.inner.items)
    del obj, payload
    assert died() is None
    check_counts(pooled, inner_class, misses=1, live=1)
    obj = pooled.take(outer_class)
    assert (is_set(obj.inner, "topic"), obj.inner.size, obj.inner.items, obj.table) == (False, 3, [], {})
    assert id(obj.inner.items) == identity
    check_counts(pooled, inner_class, misses=1, live=1)
    check_counts(pooled, outer_class, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
def test_values_of_a_derived_part_have_their_defaults_back(pooled, mutable_kind):
    made = []

    @pooled.poolable
    @mutable_kind.define
    class Inner:
        size: int = 3
        serial: int = mutable_kind.field(factory=lambda: made.append(1) or len(made))
        items: list = mutable_kind.field(factory=list)

    @pooled.poolable
    @mutable_kind.define
    class Outer:
        inner: Inner = mutable_kind.field(factory=Inner)

    for expected in range(1, 4):
        obj = pooled.take(Outer)
        assert (obj.inner.size, obj.inner.serial, obj.inner.items) == (3, expected, [])
        obj.inner.size = obj.inner.serial = obj.inner.items = None
        del obj
    assert pooled.pool_of(Inner).stats().misses == 1


@pytest.mark.needs_pool
def test_a_part_is_dropped_to_its_own_pool_when_its_owner_dies(pooled, outer_class, inner_class):
    pooled.take(outer_class)
    check_counts(pooled, inner_class, misses=1, live=1)
    pooled.pool_of(outer_class).clear()
    check_counts(pooled, inner_class, misses=1, recycled=1, parked=1)


@pytest.mark.needs_pool
def test_a_part_that_somebody_holds_is_left_to_them(pooled, outer_class, inner_class):
    obj = pooled.take(outer_class)
    obj.inner.items.append(1)
    kept = obj.inner
    del obj
    assert kept.items == [1]
    obj = pooled.take(outer_class)
    assert obj.inner.items == []
    obj.inner.items.append(2)
    assert kept.items == [1]
    check_counts(pooled, inner_class, misses=2, live=2)
    del kept
    check_counts(pooled, inner_class, misses=2, recycled=1, parked=1, live=1)


def test_a_part_of_a_part_that_somebody_holds_is_left_to_them(pooled, outer_class, inner_class):
    obj = pooled.take(outer_class)
    obj.inner.items.append(1)
    kept = obj.inner.items
    del obj
    obj = pooled.take(outer_class)
    assert obj.inner.items == []
    assert obj.inner.items is not kept
    assert kept == [1]


@pytest.mark.needs_pool
def test_a_part_that_is_weakly_referenced_is_replaced(pooled):
    @pooled.poolable
    @attrs.define
    class Inner:
        items: list = attrs.field(factory=list)

    @pooled.poolable
    @attrs.define
    class Outer:
        inner: Any = attrs.field(factory=Inner)

    obj = pooled.take(Outer)
    called = []
    ref = weakref.ref(obj.inner, called.append)
    obj.inner.items.append(1)
    del obj
    assert (ref(), len(called)) == (None, 1)
    obj = pooled.take(Outer)
    assert obj.inner.items == []
    assert pooled.pool_of(Inner).stats().live == 1


@pytest.mark.needs_pool
def test_a_part_that_was_replaced_goes_to_its_own_pool(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Inner:
        items: list = mutable_kind.field(factory=list)

    @pooled.poolable
    class Other:
        pass

    @pooled.poolable
    @mutable_kind.define
    class Outer:
        inner: Any = mutable_kind.field(factory=Inner)

    obj = pooled.take(Outer)
    obj.inner = Other()
    check_counts(pooled, Inner, misses=1, recycled=1, parked=1)
    del obj
    check_counts(pooled, Other, misses=1, recycled=1, parked=1)
    obj = pooled.take(Outer)
    assert (isinstance(obj.inner, Inner), obj.inner.items) == (True, [])
    check_counts(pooled, Inner, misses=1, hits=1, recycled=1, live=1)


@pytest.mark.needs_pool
def test_poolable_objects_in_other_fields_go_to_their_own_pools(pooled, kind, inner_class):
    @pooled.poolable
    @kind.define
    class Outer:
        given: Any
        default: Any = None
        held: list = kind.field(factory=list)
        made: Any = kind.field(factory=lambda: inner_class())

    obj = pooled.take(Outer, given=inner_class(), default=inner_class())
    obj.held.append(inner_class())
    check_counts(pooled, inner_class, misses=4, live=4)
    del obj
    check_counts(pooled, inner_class, misses=4, recycled=4, parked=4)
    assert pooled.take(Outer).made.items == []


@pytest.mark.needs_pool
def test_a_scrubbed_part_goes_to_its_own_pool(pooled, kind):
    @pooled.poolable
    class Plain:
        def __init__(self):
            self.ready = True

    @pooled.poolable
    @kind.define
    class Outer:
        plain: Any = kind.field(factory=Plain)

    for _ in range(2):
        obj = pooled.take(Outer)
        assert vars(obj.plain) == {"ready": True}
        obj.plain.more = 1
        del obj
    check_counts(pooled, Plain, misses=1, hits=1, recycled=2, parked=1)
    check_counts(pooled, Outer, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
@two_kinds
@pytest.mark.parametrize("name", ["List", "Dict", "Set", "Deque", "ByteArray", "OrderedDict", "Counter", "BytesIO"])
def test_pooled_containers_are_emptied_in_place(pooled, containers, kind, name):
    cls = getattr(containers, name)
    pool = pooled.pool_of(cls)
    pool.clear()
    before = pool.stats()

    @pooled.poolable
    @kind.define
    class Outer:
        part: Any = kind.field(factory=cls)

    def fill(part):
        if name in ("Dict", "OrderedDict"):
            part[1] = 2
        elif name == "BytesIO":
            part.write(b"x")
        else:
            (part.update if name in ("Set", "Counter") else part.extend)([1, 1])

    for _ in range(3):
        obj = pooled.take(Outer)
        assert isinstance(obj.part, cls)
        assert (obj.part.getvalue() if name == "BytesIO" else len(obj.part)) in (0, b"")
        fill(obj.part)
        del obj
    after = pool.stats()
    assert (after.taken, after.recycled, after.live) == (before.taken + 1, before.recycled, before.live + 1)
    obj = pooled.take(Outer)
    kept = obj.part
    fill(kept)
    del obj
    assert (kept.getvalue() if name == "BytesIO" else len(kept)) in (1, 2, b"x")
    assert (pooled.take(Outer).part.tell() if name == "BytesIO" else len(pooled.take(Outer).part)) == 0


@pytest.mark.needs_pool
def test_the_reset_of_a_part_is_called_in_place(pooled, kind):
    built, resets = [], []

    @pooled.poolable(reset="reset")
    class Decoder:
        def __init__(self):
            built.append(1)
            self.state = "ready"

        def reset(self):
            resets.append(self.state)
            self.state = "reset"

    @pooled.poolable
    @kind.define
    class Outer:
        decoder: Any = kind.field(factory=Decoder)

    obj = pooled.take(Outer)
    assert obj.decoder.state == "ready"
    obj.decoder.state = "used"
    del obj
    assert resets == ["used"]
    obj = pooled.take(Outer)
    assert obj.decoder.state == "reset"
    assert built == [1]
    check_counts(pooled, Decoder, misses=1, live=1)


@pytest.mark.needs_pool
def test_a_part_whose_reset_refuses_is_not_kept(pooled, kind):
    built = []

    @pooled.poolable(reset="reset")
    class Decoder:
        def __init__(self):
            built.append(1)
            self.serial = len(built)

        def reset(self):
            return False

    @pooled.poolable
    @kind.define
    class Outer:
        decoder: Any = kind.field(factory=Decoder)

    for expected in (1, 2, 3):
        assert pooled.take(Outer).decoder.serial == expected
    assert pooled.pool_of(Decoder).stats().taken == 3
    assert pooled.pool_of(Decoder).stats().live <= 1


@pytest.mark.needs_pool
def test_a_part_whose_reset_raises_is_not_kept(pooled, kind, unraisable):
    built = []

    @pooled.poolable(reset="reset")
    class Decoder:
        def __init__(self):
            built.append(1)
            self.serial = len(built)

        def reset(self):
            raise ValueError("no")

    @pooled.poolable
    @kind.define
    class Outer:
        decoder: Any = kind.field(factory=Decoder)
        items: list = kind.field(factory=list)

    for expected in (1, 2, 3):
        obj = pooled.take(Outer)
        assert (obj.decoder.serial, obj.items) == (expected, [])
        obj.items.append(1)
        del obj
    assert set(unraisable) == {"ValueError: no"}
    assert pooled.pool_of(Outer).stats().live == 0


@pytest.mark.needs_pool
def test_a_reset_that_keeps_its_object(pooled, kind):
    saved = []

    @pooled.poolable(reset="reset")
    class Clingy:
        def __init__(self):
            self.value = 0

        def reset(self):
            saved.append(self)

    @pooled.poolable
    @kind.define
    class Outer:
        part: Any = kind.field(factory=Clingy)

    pooled.take(Outer)
    saved[0].value = "mine"
    assert pooled.take(Outer).part.value == 0
    assert pooled.pool_of(Outer).stats().live == 0


@pytest.mark.needs_pool
def test_parts_of_parts(pooled, kind):
    @pooled.poolable
    @kind.define
    class Bottom:
        items: list = kind.field(factory=list)

    @pooled.poolable
    @kind.define
    class Middle:
        bottom: Any = kind.field(factory=Bottom)
        seen: set = kind.field(factory=set)

    @pooled.poolable
    @kind.define
    class Top:
        left: Any = kind.field(factory=Middle)
        right: Any = kind.field(factory=Middle)

    for _ in range(3):
        top = pooled.take(Top)
        for middle in (top.left, top.right):
            assert (middle.bottom.items, middle.seen) == ([], set())
            middle.bottom.items.append(1)
            middle.seen.add(1)
        del middle, top
    check_counts(pooled, Top, misses=1, hits=2, recycled=3, parked=1)
    check_counts(pooled, Middle, misses=2, live=2)
    check_counts(pooled, Bottom, misses=2, live=2)
    pooled.pool_of(Top).clear()
    check_counts(pooled, Middle, misses=2, recycled=2, parked=2)


def test_post_init_of_a_part_runs_at_every_take_of_its_owner(pooled):
    calls = []

    @pooled.poolable
    @attrs.define
    class Inner:
        items: list = attrs.field(factory=list)

        def __attrs_post_init__(self):
            calls.append(list(self.items))
            self.items.append("ready")

    @pooled.poolable
    @attrs.define
    class Outer:
        inner: Any = attrs.field(factory=Inner)

    for _ in range(3):
        obj = pooled.take(Outer)
        assert obj.inner.items == ["ready"]
        obj.inner.items.append(1)
        del obj
    assert calls == [[]] * 3


@pytest.mark.needs_pool
def test_a_part_with_a_field_that_has_to_be_given(pooled, kind):
    @pooled.poolable
    @kind.define
    class Inner:
        size: int = 3
        owner: Any = None

    @pooled.poolable
    @kind.define
    class Outer:
        inner: Any = kind.field(factory=lambda: Inner(size=5))

    for _ in range(2):
        assert pooled.take(Outer).inner.size == 5
    check_counts(pooled, Inner, misses=1, hits=1, recycled=2, parked=1)


@pytest.mark.needs_pool
def test_a_part_that_knows_its_owner_is_in_a_cycle(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Inner:
        owner: Any = None
        items: list = mutable_kind.field(factory=list)

    @pooled.poolable
    @mutable_kind.define
    class Outer:
        inner: Any = mutable_kind.field(factory=Inner)

    obj = pooled.take(Outer)
    obj.inner.owner = obj
    obj.inner.items.append(1)
    del obj
    gc.collect()
    check_counts(pooled, Outer, misses=1, collected=1)
    obj = pooled.take(Outer)
    assert (obj.inner.owner, obj.inner.items) == (None, [])
    assert pooled.pool_of(Inner).stats().live == 1


def test_a_part_that_was_detached_or_assigned(pooled, mutable_kind):
    @pooled.poolable
    @mutable_kind.define
    class Inner:
        items: list = mutable_kind.field(factory=list)

    @pooled.poolable
    @mutable_kind.define
    class Outer:
        inner: Any = mutable_kind.field(factory=Inner)

    other = pooled.GlobalPool(Inner)
    for change in (pooled.detach, lambda part: pooled.assign(part, other)):
        obj = pooled.take(Outer)
        obj.inner.items.append(1)
        obj.inner = change(obj.inner)
        del obj
        assert pooled.take(Outer).inner.items == []
    pooled.pool_of(Outer).clear()
    assert pooled.pool_of(Inner).stats().live == other.stats().live == 0
