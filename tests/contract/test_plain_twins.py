"""Contract line 1: what was found by comparing random classes with plain twins of theirs."""

import functools
import inspect

import limits
import pytest


@pytest.mark.needs_pool
@pytest.mark.parametrize("decorated", ["the class", "a subclass"])
def test_a_slot_that_was_overwritten(pooled, decorated):
    class Slotted:
        __slots__ = ("a", "b")

    hidden = vars(Slotted)["a"]
    Slotted.a = 3
    cls = pooled.poolable(Slotted if decorated == "the class" else type("Sub", (Slotted,), {}))
    obj = cls()
    obj.b = "kept by one life"
    assert (obj.a, obj.b) == (3, "kept by one life")
    del obj
    obj = cls()
    assert obj.a == 3
    assert not hasattr(obj, "b")
    assert pooled.pool_of(cls).stats().hits == 1
    if pooled.engine == "reference":
        limits.skip("native-only")
    hidden.__set__(obj, "in a slot that has no name")
    del obj
    with pytest.raises(AttributeError):
        hidden.__get__(cls())


def replaced_new(cls, *args, **kwargs):
    obj = object.__new__(cls)
    obj.made_by = (args, kwargs)
    return obj


@pytest.mark.needs_pool
@pytest.mark.parametrize("with_init", [False, True])
def test_a_new_that_replaces_that_of_the_class(pooled, monkeypatch, with_init):
    """As `unittest.mock` and `monkeypatch` do it."""

    class Thing:
        if with_init:

            def __init__(self, *args, **kwargs):
                self.got = (args, kwargs)

    cls = pooled.poolable(Thing)
    for _ in range(3):
        cls()
    with monkeypatch.context() as patch:
        patch.setattr(cls, "__new__", replaced_new)
        for _ in range(3):
            obj = cls()
            assert obj.made_by == ((), {})
            obj = cls(1, two=2)
            assert obj.made_by == ((1,), {"two": 2})
            assert getattr(obj, "got", obj.made_by) == obj.made_by
            assert pooled.orphan(cls, 3).made_by == ((3,), {})
        del obj
    hits = pooled.pool_of(cls).stats().hits
    for _ in range(3):
        assert not hasattr(cls(), "made_by")
    assert pooled.pool_of(cls).stats().hits == hits + 3
    assert pooled.pool_of(cls).stats().live == 0


@pytest.mark.needs_pool
def test_a_new_that_calls_the_replaced_one(pooled, monkeypatch):
    @pooled.poolable
    class Thing:
        pass

    Thing()
    calls = []
    former = Thing.__new__

    def counting(cls):
        calls.append(cls)
        return former(cls)

    monkeypatch.setattr(Thing, "__new__", counting)
    for _ in range(3):
        assert Thing().__class__ is Thing
    assert calls == [Thing] * 3
    assert pooled.pool_of(Thing).stats().hits == 3


def init_again(cls):
    cls().__init__(1)


def init_again_with_a_keyword(cls):
    cls().__init__(a=1)


def a_keyword_that_is_no_string(cls):
    return len(cls(1, **{5: 5}))


def signature_of_new(cls):
    return str(inspect.signature(cls.__new__))


def new_of_a_base_is_replaced(cls):
    cls.__bases__[0].__new__ = replaced_new
    return hasattr(cls(), "made_by")


DIFFERENCES = [
    ("hook-in-the-class", init_again, object, {}),
    ("hook-in-the-class", init_again_with_a_keyword, list, {}),
    ("hook-in-the-class", signature_of_new, object, {}),
    ("hook-in-the-class", new_of_a_base_is_replaced, object, {}),
    ("keywords-are-strings", a_keyword_that_is_no_string, object, {}),
    ("keywords-are-strings", a_keyword_that_is_no_string, dict, {"__init__": object.__init__}),
]


@pytest.mark.parametrize(("limit", "use", "base", "namespace"), DIFFERENCES)
def test_differences_that_are_known(pooled, limit, use, base, namespace):
    def result(decorate):
        cls = decorate(type("Thing", (type("Base", (base,), {}),), dict(namespace)))
        try:
            return use(cls)
        except TypeError as error:
            return str(error)

    if result(pooled.poolable) != result(lambda cls: cls):
        assert limit != "hook-in-the-class" or pooled.engine == "reference"
        limits.skip(limit)


def unrelated():
    return type("A", (), {}), type("B", (), {})


def with_slots():
    return type("A", (), {"__slots__": ("a",)}), type("B", (), {"__slots__": ("a",)})


def base_and_subclass():
    base = type("A", (), {})
    return base, type("B", (base,), {})


def siblings():
    base = type("Base", (), {})
    return type("A", (base,), {}), type("B", (base,), {})


@pytest.mark.parametrize("decorated", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("make", [unrelated, with_slots, base_and_subclass, siblings])
def test_classes_that_are_assigned_to_objects(pooled, make, decorated):
    classes = [pooled.poolable(cls) if yes else cls for cls, yes in zip(make(), decorated, strict=True)]
    refused = 0
    for cls, other in (classes, classes[::-1]):
        for _ in range(3):
            obj = cls()
            try:
                obj.__class__ = other
            except TypeError:
                refused += 1
                assert obj.__class__ is cls
            else:
                assert obj.__class__ is other
            del obj
    assert [pooled.pool_of(cls).stats().live for cls, yes in zip(classes, decorated, strict=True) if yes] == [0] * sum(
        decorated
    )
    if refused:
        assert pooled.engine == "native"
        limits.skip("own-deallocator")


@pytest.mark.parametrize("names", [(5,), ("unknown", 5), ("a", 5), (5, "unknown")], ids=str)
def test_a_keyword_that_is_no_string(pooled, names):
    """From 3.15 on, `functools.partial` passes keywords on as they are; `type.__call__` checks all of them first."""
    if pooled.engine == "reference":
        limits.skip("native-only")

    class Thing:
        def __init__(self, a=1, b=2):
            self.a = a

    call = functools.partial(pooled.poolable(Thing), 3, **dict.fromkeys(names, 0))
    with pytest.raises(TypeError, match="^keywords must be strings$"):
        call()
