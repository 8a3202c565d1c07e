"""Contract line 5: never two owners. What escapes is left alive, is counted, and is not parked."""

import contextlib
import itertools
import weakref

import effort
import limits
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test


def escapes(pooled, cls):
    """Check that the object of `cls` that was dropped last escaped, and was not parked or discarded."""
    stats = pooled.pool_of(cls).stats()
    assert (stats.escaped, stats.recycled, stats.parked) == (1, 0, 0)


@limits.skip_if("no-pool")
def test_kept_by_its_own_reset(pooled):
    kept = []

    @pooled.poolable(reset="reset")
    class Clingy:
        def reset(self):
            kept.append(self)

    obj = Clingy()
    obj.value = 1
    del obj
    escapes(pooled, Clingy)
    assert kept[0].value == 1
    other = Clingy()
    other.value = 2
    assert kept[0].value == 1


@limits.skip_if("no-pool")
def test_kept_by_a_reset_that_refuses(pooled):
    kept = []

    @pooled.poolable(reset="reset")
    class Clingy:
        def reset(self):
            kept.append(self)
            return False

    Clingy()
    escapes(pooled, Clingy)


def test_a_weak_reference_that_is_followed_while_the_object_is_emptied(pooled):
    found = []

    @pooled.poolable(reset="reset")
    class Thing:
        def reset(self):
            found.append(ref())
            self.value = None

    thing = Thing()
    thing.value = 1
    ref = weakref.ref(thing)
    del thing
    assert ref() is None or len(found) == 1
    other = Thing()
    other.value = 2
    for each in found:  # None, or the object that escaped, but never an object with another owner
        if each is not None:
            with contextlib.suppress(ReferenceError):
                assert each.value is None


@limits.skip_if("no-pool")
def test_kept_by_its_own_capacity(pooled):
    kept = []

    @pooled.poolable(capacity="capacity")
    class Clingy:
        def __init__(self):
            self.value = 1

        def capacity(self):
            kept.append(self)
            return 0

    Clingy()
    escapes(pooled, Clingy)
    assert kept[0].value == 1, "it was emptied under its owner's feet"
    other = Clingy()
    other.value = 2
    assert kept[0].value == 1


@pytest.mark.parametrize("how", ["self", "method", "generator", "closure"])
def test_kept_by_a_method(pooled, how):
    @pooled.poolable
    class Thing:
        def __init__(self):
            self.value = 1

        def read(self):
            return self.value

        def keep(self):
            if how == "self":
                return [self]
            if how == "generator":
                running = (self.value for _ in itertools.count())
                next(running)
                return running
            return (lambda: self.value) if how == "closure" else self.read

    def value_of(kept):
        return {"self": lambda: kept[0].value, "generator": lambda: next(kept)}.get(how, kept)()

    obj = Thing()
    obj.value = 7
    kept = obj.keep()
    del obj
    other = Thing()
    other.value = 8
    assert value_of(kept) == 7
    del kept, other
    fresh = Thing()
    assert vars(fresh) == {"value": 1}


@pytest.mark.parametrize(
    ("name", "content", "keep", "look"),
    [
        ("List", [1, 2, 3], iter, list),
        ("Dict", {1: 2}, lambda d: d.keys(), list),
        ("Set", {1}, iter, list),
        ("Deque", [1, 2], iter, list),
        ("List", [1, 2], lambda x: x.append, lambda append: append(5)),
        ("BytesIO", b"data", lambda b: b.getbuffer(), bytes),
        ("OrderedDict", {1: 2}, lambda d: d.items(), list),
    ],
)
def test_iterators_views_and_methods_keep_a_container_to_themselves(containers, name, content, keep, look):
    cls = getattr(containers, name)
    container = cls(content)
    expected = look(keep(cls(content)))
    kept = keep(container)
    del container
    other = cls(content)
    assert other is not None
    assert look(kept) == expected
    assert len(other.getvalue() if name == "BytesIO" else other) == len(content)


def test_a_buffer_that_is_still_exported(containers):
    array = containers.ByteArray(b"abc")
    try:
        view = memoryview(array)
    except TypeError:
        limits.skip("proxy-has-no-buffer")
    del array
    other = containers.ByteArray(b"xyz")
    other[0] = 0
    assert bytes(view) == b"abc"


@pytest.mark.parametrize("scope", ["local", "global"])
def test_no_object_is_ever_owned_twice(pooled, scope):
    tags = itertools.count()

    class Machine(RuleBasedStateMachine):
        @initialize(bound=st.integers(0, 5))
        def start(self, bound):
            escaped = self.escaped = []

            @pooled.poolable(max=bound, scope=scope, reset="reset")
            class Thing:
                def __init__(self):
                    assert vars(self) == {}

                def reset(self):
                    if getattr(self, "clings", False):
                        escaped.append((self, self.tag))
                    else:
                        vars(self).clear()

                def itself(self):
                    return self

            self.cls = Thing
            self.alive = []

        def own(self, obj):
            assert not hasattr(obj, "tag"), "it arrived dirty"
            obj.tag = next(tags)
            self.alive.append((obj, obj.tag))

        @rule()
        def construct(self):
            self.own(self.cls())

        @rule()
        def take(self):
            self.own(pooled.take(self.cls))

        @rule()
        def make_blank(self):
            self.own(self.cls.__new__(self.cls))

        @rule(data=st.data())
        def drop(self, data):
            if self.alive:
                self.alive.pop(data.draw(st.integers(0, len(self.alive) - 1)))

        @rule(data=st.data())
        def drop_one_that_clings(self, data):
            if self.alive:
                obj, _ = self.alive.pop(data.draw(st.integers(0, len(self.alive) - 1)))
                obj.clings = True

        @rule(data=st.data())
        def drop_one_that_a_method_gave_away(self, data):
            if self.alive:
                obj, tag = self.alive.pop(data.draw(st.integers(0, len(self.alive) - 1)))
                self.alive.append((obj.itself(), tag))

        @rule()
        def forget_one_that_escaped(self):
            if self.escaped:
                self.escaped.pop(0)

        @invariant()
        def every_owner_sees_its_own(self):
            for obj, tag in [*self.alive, *self.escaped]:
                assert obj.tag == tag

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=effort.examples(60), stateful_step_count=30, deadline=None)
    )
