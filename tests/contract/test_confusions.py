"""Contract line 11: uses that are easily confused work, or the error says what to write instead."""

import dataclasses
import warnings
from typing import Generic, TypeVar

import attrs
import pytest

T = TypeVar("T")


@pytest.mark.parametrize("use", ["take", "try_take", "pool_of", "orphan", "poolable", "LocalPool", "GlobalPool"])
def test_a_class_with_type_arguments(pooled, use):
    class Box(Generic[T]):
        def __init__(self, value=None):
            self.value = value

    alias = pooled.poolable(Box)[int]
    with pytest.raises(
        TypeError, match=r"=.*Box\[int\]: expected a class, got one with type arguments; write .*Box without"
    ):
        getattr(pooled, use)(alias)
    assert alias(3).value == 3


def with_defaults():
    class Thing:
        a: int = 0
        b: list = dataclasses.field(default_factory=list)

    return Thing


@pytest.mark.needs_pool
def test_dataclass_above_poolable(pooled):
    """The class has no fields yet when it is made poolable, so its objects are scrubbed."""
    cls = dataclasses.dataclass(pooled.poolable(with_defaults()))
    for _ in range(3):
        obj = cls(1)
        assert (obj.a, obj.b) == (1, [])
        obj.b.append(obj.a)
        obj = pooled.take(cls, a=2)
        assert (obj.a, obj.b) == (2, [])
        del obj
    assert pooled.pool_of(cls).stats().hits == 4


def of_a_module():
    @in_a_module
    class Thing:
        a: int = 0

    return Thing


def in_a_module(cls):
    cls.__qualname__ = cls.__name__
    return cls


REPLACING = [dataclasses.dataclass(slots=True), attrs.define(these={"a": attrs.field()}), attrs.define]


@pytest.mark.parametrize("define", REPLACING)
def test_a_decorator_that_makes_another_class_above_poolable(pooled, monkeypatch, define):
    if pooled.engine == "reference":  # it notices at once, by the `__new__` that it puts into the class
        with pytest.raises((TypeError, RuntimeError)) as caught:  # CPython before 3.12 wraps it in a RuntimeError
            define(pooled.poolable(with_defaults()))
        error = caught.value.__cause__ if isinstance(caught.value, RuntimeError) else caught.value
        assert isinstance(error, TypeError)
        assert "make @poolable the outermost decorator, above them" in str(error)
        return
    first = pooled.poolable(of_a_module())
    monkeypatch.setitem(globals(), "Thing", define(first))
    with pytest.warns(
        RuntimeWarning, match="cls=Thing: another decorator has replaced .*@poolable the outermost"
    ) as told:
        pooled.poolable(with_defaults())
    assert (told[0].filename, len(told)) == (__file__, 1)
    with warnings.catch_warnings(action="error"):
        pooled.poolable(with_defaults())  # the warning is not repeated


def test_a_class_of_the_same_name_is_no_replacement(pooled, monkeypatch):
    for second in (of_a_module(), pooled.poolable(of_a_module()), 3):
        first = pooled.poolable(of_a_module())
        monkeypatch.setitem(globals(), "Thing", second)
        with warnings.catch_warnings(action="error"):
            pooled.poolable(with_defaults())
        del first


SHARED = {}
DEFINITION = """
class Thing:
    a: int = 0
    shared = SHARED
    __init__ = initialise
"""


def initialise(self):
    self.a = 1


def by_statement():
    @in_a_module
    class Thing:
        a: int = 0
        shared = SHARED
        __init__ = initialise

    return Thing


def by_exec():
    scope = dict(globals())
    exec(DEFINITION, scope)
    return scope["Thing"]


NAMESPACE = {name: value for name, value in vars(by_exec()).items() if name not in ("__dict__", "__weakref__")}


def by_call():
    return type("Thing", (), NAMESPACE)


@pytest.mark.parametrize("define", [by_statement, by_exec, by_call])
@pytest.mark.parametrize("below", [in_a_module, dataclasses.dataclass(slots=True), attrs.define])
def test_a_class_that_is_defined_anew_is_no_replacement(pooled, monkeypatch, define, below):
    """As by a cell of a notebook that is executed twice, or by `importlib.reload`."""
    first = pooled.poolable(below(define()))
    monkeypatch.setitem(globals(), "Thing", first)
    monkeypatch.setitem(globals(), "Thing", below(define()))
    with warnings.catch_warnings(action="error"):
        pooled.poolable(with_defaults())
        assert first().a == 1  # it is alive until here, so it was looked at


def test_the_undecorated_class_is_no_replacement(pooled, monkeypatch):
    """With the reference engine, the poolable class is a subclass of it."""
    plain = by_statement()
    first = pooled.poolable(plain)
    monkeypatch.setitem(globals(), "Thing", plain)
    with warnings.catch_warnings(action="error"):
        pooled.poolable(with_defaults())
        assert first().a == 1


class Slotted:
    __slots__ = ("__dict__", "__private", "a")

    def __init__(self):
        self.a, self.__private = [], []

    @property
    def shown(self):
        return self.a

    @shown.setter
    def shown(self, value):
        self.a = value


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", ["a", "_Slotted__private"])
@pytest.mark.parametrize("inherited", [False, True])
def test_keep_names_a_slot(pooled, name, inherited):
    base = type(
        "Slotted", (), {n: v for n, v in vars(Slotted).items() if n not in ("a", "_Slotted__private", "__dict__")}
    )
    cls = pooled.poolable(keep=[name])(type("Sub", (base,), {}) if inherited else base)
    obj = cls()
    getattr(obj, name).append(1)
    del obj
    assert getattr(pooled.take(cls), name) == []
    assert pooled.pool_of(cls).stats().hits == 1


@pytest.mark.parametrize(("name", "kind"), [("__dict__", "getset_descriptor"), ("shown", "property")])
def test_keep_names_what_is_not_an_attribute_of_objects(pooled, name, kind):
    with pytest.raises(ValueError, match=rf"'{name}' is a {kind} of Sub, not an attribute .*; name the attribute that"):
        pooled.poolable(keep=[name])(type("Sub", (Slotted,), {}))
