"""Contract line 1: `inspect.signature` of a poolable class is that of the class as it was before."""

import collections
import dataclasses
import functools
import inspect

import attrs
import limits
import pytest


def without_init():
    class Thing:
        pass

    return Thing


def with_init():
    class Thing:
        def __init__(self, a, *, b: int = 1, **more):
            pass

    return Thing


def with_a_name_that_does_not_exist_yet():
    class Thing:
        def __init__(self, a: "Later"):  # noqa: F821 (that is the point)
            pass

    return Thing


def with_wrapped_init():
    class Thing(with_init()):
        @functools.wraps(with_init().__init__)
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)

    return Thing


def with_inherited_init():
    return type("Thing", (with_init(),), {})


def with_init_from_a_mixin():
    return type("Thing", (without_init(), with_init()), {})


def with_new():
    class Thing:
        def __new__(cls, *args, **kwargs):
            return super().__new__(cls)

        def __init__(self, value=0):
            pass

    return Thing


def with_inherited_new():
    class Thing(with_new()):
        def __init__(self, other):
            pass

    return Thing


def dataclass():
    return dataclasses.make_dataclass("Thing", [("a", int), ("b", list, dataclasses.field(default_factory=list))])


def with_attrs():
    return attrs.make_class("Thing", {"a": attrs.field(type=int), "b": attrs.field(factory=list)})


def container(base):
    return lambda: type("Thing", (base,), {})


def container_with_init():
    class Thing(dict):
        def __init__(self, first):
            super().__init__(first)

    return Thing


CLASSES = {
    **{
        make.__name__: make
        for make in (
            *(without_init, with_init, with_a_name_that_does_not_exist_yet, with_wrapped_init, with_inherited_init),
            *(with_init_from_a_mixin, with_new, with_inherited_new, dataclass, with_attrs, container_with_init),
        )
    },
    **{base.__name__: container(base) for base in (list, dict, set, bytearray, collections.deque)},
}


def signature(cls):
    try:
        return str(inspect.signature(cls))
    except ValueError as error:
        return str(error)


def reset(obj):
    pass


@pytest.fixture(params=CLASSES.values(), ids=CLASSES)
def make(request):
    return request.param


def plain_and_pooled(pooled, make):
    plain, cls = make(), make()
    plain.__module__ = cls.__module__
    return plain, pooled.poolable(reset=reset)(cls)


def test_of_a_class(pooled, make):
    plain, cls = plain_and_pooled(pooled, make)
    assert signature(cls) == signature(plain)


def test_of_subclasses(pooled, make):
    plain, cls = plain_and_pooled(pooled, make)
    if make is with_inherited_new and limits.applies("old-signatures"):
        limits.skip("old-signatures")
    for namespace in ({}, {"__init__": lambda self, of_the_subclass: None}):
        twin, ordinary = (type("Sub", (base,), dict(namespace)) for base in (plain, cls))
        assert signature(ordinary) == signature(twin)
        assert signature(pooled.poolable(reset=reset)(ordinary)) == signature(twin)


def test_after_a_method_was_replaced(pooled, make):
    plain, cls = plain_and_pooled(pooled, make)
    for each in (plain, cls):
        each.__init__ = lambda self, replaced: None
    if make is with_new and pooled.engine == "reference":
        limits.skip("native-only")
    if signature(cls) != signature(plain) and limits.applies("old-signatures"):
        limits.skip("old-signatures")
    assert signature(cls) == signature(plain)


@pytest.mark.parametrize(
    "make", [without_init, with_init, with_inherited_init, container(list), container(dict)], ids=range(5)
)
def test_under_the_metaclass(pooled, make):
    plain = make()
    cls = pooled.PooledMeta("Thing", (make(),), {"__module__": __name__})
    twin = type("Thing", (plain,), {"__module__": __name__})
    assert signature(cls) == signature(twin)


def test_a_dataclass_under_the_metaclass(pooled):
    @dataclasses.dataclass
    class Thing(metaclass=pooled.PooledMeta):
        a: int
        b: "Later" = None  # noqa: F821 (that is the point)

    assert list(inspect.signature(Thing).parameters) == ["a", "b"]
    assert Thing.__doc__ == "Thing(a: int, b: 'Later' = None)"
