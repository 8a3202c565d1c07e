"""Contract line 1: decorating a class changes neither its dictionary nor what anything else shows of it."""

import abc
import collections
import copy
import dataclasses
import enum
import functools
import inspect
import pickle
import pickletools
import re
import sys
import typing

import attrs
import limits
import pytest

T = typing.TypeVar("T")


def plain(meta):
    class Thing(metaclass=meta):
        """A class with a text."""

        shared: typing.ClassVar[int] = 3
        a: int

        def __init__(self, a: int = 1, *, b: "str" = "b"):
            self.a, self.b = a, [b]

        @property
        def twice(self):
            return self.a * 2

    return Thing


def slots(meta):
    class Thing(metaclass=meta):
        __slots__ = ("__weakref__", "a", "b")

        def __init__(self, a=1):
            self.a = a

    return Thing


def slots_and_dict(meta):
    class Thing(metaclass=meta):
        __slots__ = ("__dict__", "a")

        def __init__(self):
            self.a, self.b = 1, [2]

    return Thing


def dataclass(meta):
    @dataclasses.dataclass(order=True)
    class Thing(metaclass=meta):
        a: int = 1
        b: list[int] = dataclasses.field(default_factory=lambda: [2])

    return Thing


def defined_by(name, decorate, field):
    """A kind of class whose second field has a factory."""

    def kind(meta):
        @decorate
        class Thing(metaclass=meta):
            a: int = 1
            b: list = field()

        return Thing

    kind.__name__ = name
    return kind


def dataclass_field():
    return dataclasses.field(default_factory=list)


def attrs_field():
    return attrs.field(factory=list)


BY_DECORATOR = [
    defined_by("slotted_dataclass", dataclasses.dataclass(slots=True, weakref_slot=True), dataclass_field),
    defined_by("frozen_dataclass", dataclasses.dataclass(frozen=True), dataclass_field),
    defined_by("attrs_frozen", attrs.frozen, attrs_field),
    defined_by("attrs_mutable", attrs.mutable(slots=False), attrs_field),
]


def attrs_define(meta):
    @attrs.define
    class Thing(metaclass=meta):
        a: int = attrs.field(default=1, converter=int)
        b: list = attrs.field(factory=list)

    return Thing


def generic(meta):
    class Thing(typing.Generic[T], metaclass=meta):
        a: T

        def __init__(self, a: T = None):
            self.a = a

    return Thing


def init_subclass(meta):
    class Base(metaclass=meta):
        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.announced = cls.__name__

    class Thing(Base):
        def __init__(self):
            self.a = self.announced

    return Thing


def list_subclass(meta):
    class Thing(list, metaclass=meta):
        def __init__(self, content=(1, [2])):
            super().__init__(content)
            self.a = 1

    return Thing


def dict_subclass(meta):
    class Thing(dict, metaclass=meta):
        def __init__(self, content=((1, 2),)):
            super().__init__(content)

    return Thing


def set_subclass(meta):
    class Thing(set, metaclass=meta):
        def __init__(self, content=(1,)):
            super().__init__(content)

    return Thing


def bytearray_subclass(meta):
    class Thing(bytearray, metaclass=meta):
        __slots__ = ("a",)

        def __init__(self, content=b"bytes"):
            super().__init__(content)
            self.a = 1

    return Thing


def own_reduce(meta):
    class Thing(metaclass=meta):
        def __init__(self, a=1):
            self.a = a

        def __reduce__(self):
            return (type(self), (self.a + 1,))

    return Thing


def own_getstate(meta):
    class Thing(metaclass=meta):
        def __init__(self):
            self.a, self.b = 1, sys  # a module cannot be pickled

        def __getstate__(self):
            return {"a": self.a}

        def __setstate__(self, state):
            self.__dict__.update(state, b="restored")

    return Thing


def own_new(meta):
    class Thing(metaclass=meta):
        def __new__(cls, a=1):
            self = super().__new__(cls)
            self.a = a
            return self

        def __getnewargs__(self):
            return (self.a + 1,)

        def reset(self):
            vars(self).clear()

    return Thing


def cached_property(meta):
    class Thing(metaclass=meta):
        a = 1

        @functools.cached_property
        def cached(self) -> list:
            return [self.a]

    return Thing


def nested(meta):
    class Outer:
        class Thing(metaclass=meta):
            def __init__(self):
                self.a = 1

    Outer.Thing.__qualname__ = "Outer.Thing"
    return Outer.Thing


def of_main(meta):
    cls = plain(meta)
    cls.__module__ = "__main__"  # which has no such class, as with a class of a notebook cell that ran again
    return cls


def protocol():
    class Shown(typing.Protocol):
        a: int

        def show(self) -> str: ...

    class Thing(Shown):
        def __init__(self):
            self.a = 1

        def show(self):
            return str(self.a)

    return Thing


def abstract():
    class Base(abc.ABC):
        @abc.abstractmethod
        def show(self): ...

    class Thing(Base):
        def __init__(self):
            self.a = 1

        def show(self):
            return self.a

    return Thing


class Meta(type):
    """A metaclass with attributes."""

    shouted = True

    @property
    def size(cls):
        return 5

    def __dir__(cls):
        return [*super().__dir__(), "size"]


OF_ANY_METACLASS = [
    *(plain, slots, slots_and_dict, dataclass, attrs_define, generic, init_subclass),
    *BY_DECORATOR,
    *(list_subclass, dict_subclass, set_subclass, bytearray_subclass),
    *(own_reduce, own_getstate, cached_property, nested, of_main),
]
KINDS = {
    **{kind.__name__: functools.partial(kind, type) for kind in OF_ANY_METACLASS},
    **{kind.__name__: kind for kind in (protocol, abstract)},
    "own_new": functools.partial(own_new, type),
    "own_metaclass": functools.partial(plain, Meta),
}


@pytest.fixture(autouse=True)
def native(pooled):
    if pooled.engine == "reference":
        limits.skip("native-only")


@pytest.fixture
def define(importable):
    """Define a class of some kind where pickle finds it."""

    def through(kind):
        cls = kind()
        if cls.__module__ == "__main__":
            return cls
        qualname = cls.__qualname__
        importable(lambda cls: cls)(cls)
        if qualname == "Outer.Thing":
            cls.__qualname__ = qualname
            sys.modules["importable"].Outer = type("Outer", (), {"Thing": cls})
        return cls

    return through


def decorate(pooled, cls):
    assert pooled.poolable(reset="reset" if hasattr(cls, "reset") else None)(cls) is cls


def shown(obj):
    """An object with its attributes and its content."""
    cls = type(obj)
    slots = [name for each in cls.__mro__ for name in vars(each).get("__slots__", ()) if name[:2] != "__"]
    content = next((base(obj) for base in (list, dict, set, bytearray) if isinstance(obj, base)), None)
    return cls, getattr(obj, "__dict__", None), {name: getattr(obj, name, "unset") for name in slots}, content


def members_of_an_object(cls):
    """The names that `inspect` finds; an error for dataclasses with slots on CPython 3.11.2, poolable or not."""
    return [name for name, _ in inspect.getmembers(cls())]


def outcome(function, *args):
    """What a function returns, or the error that it raises, without addresses."""
    try:
        return function(*args)
    except (AttributeError, NameError, TypeError, ValueError, pickle.PicklingError) as error:
        return re.sub(r"0x[0-9a-f]+", "0x", f"{type(error).__name__}: {error}")


def vars_of_an_object(cls):
    obj = cls()
    return list(vars(obj).items()) if hasattr(obj, "__dict__") else None


def pickled(cls):
    return [outcome(through_a_pickle, cls, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]


def through_a_pickle(cls, protocol):
    data = pickle.dumps(cls(), protocol)
    return data, shown(pickle.loads(data))


def by_value(cls):
    """As cloudpickle sends classes of the main program."""
    cloudpickle = limits.require("cloudpickle")
    cloudpickle.register_pickle_by_value(sys.modules["importable"])
    try:
        data = cloudpickle.dumps([cls, cls()])
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules["importable"])
    again, obj = pickle.loads(data)
    texts = {argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, str)}
    return texts, again, shown(obj)


LOOKS = {
    "dir of the class": dir,
    "dir of an object": lambda cls: dir(cls()),
    "vars of an object": vars_of_an_object,
    "signature": lambda cls: str(outcome(inspect.signature, cls)),
    "signatures of methods": lambda cls: [
        str(outcome(inspect.signature, getattr(cls, name))) for name in ("__init__", "__new__", "__reduce_ex__")
    ],
    "members of the class": lambda cls: [name for name, _ in inspect.getmembers(cls)],
    "members of an object": lambda cls: outcome(members_of_an_object, cls),
    "bases": lambda cls: (cls.__mro__, cls.__bases__, cls.__base__, cls.__subclasses__()),
    "names": lambda cls: (cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__, cls.__text_signature__),
    "layout": lambda cls: (cls.__basicsize__, cls.__itemsize__, cls.__dictoffset__, cls.__weakrefoffset__),
    "type hints": lambda cls: (typing.get_type_hints(cls), typing.get_type_hints(cls.__init__)),
    "pickle": pickled,
    "copy": lambda cls: shown(copy.copy(cls())),
    "deepcopy": lambda cls: outcome(lambda: shown(copy.deepcopy(cls()))),
    "the class by value": lambda cls: outcome(by_value, cls),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_dictionary_is_what_it_was(pooled, define, kind):
    cls = define(kind)
    before = list(vars(cls).items())
    decorate(pooled, cls)
    for _ in range(3):
        after = list(vars(cls).items())
        assert [name for name, _ in after] == [name for name, _ in before]
        assert [name for (name, value), (_, same) in zip(after, before, strict=True) if value is not same] == []
        cls()
    assert pooled.pool_of(cls).stats().live == 0


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_look_shows_what_it_showed(pooled, define, kind, look):
    cls = define(kind)
    look(cls)  # so that the caches of other modules in the class are filled
    before = look(cls)
    decorate(pooled, cls)
    for _ in range(3):  # the later objects are recycled
        assert look(cls) == before
    assert pooled.pool_of(cls).stats().live == 0


class EmptyMeta(type):
    """What `PooledMeta` is compared with."""


@pytest.mark.parametrize("kind", OF_ANY_METACLASS)
def test_a_class_of_the_metaclass_has_one_attribute_more(pooled, kind):
    """The namespace has to carry what a decorator such as `attrs.define` copies into a second class."""
    cls, twin = kind(pooled.PooledMeta), kind(EmptyMeta)
    added = "__pooled_class__"
    for look in (vars, dir, LOOKS["dir of an object"], LOOKS["members of the class"]):
        names = [name for name in look(cls) if name != added]
        assert names == list(look(twin))
        assert len(names) == len(look(cls)) - 1
    for name in ("vars of an object", "signature", "signatures of methods", "layout", "type hints"):
        assert LOOKS[name](cls) == LOOKS[name](twin)
    assert [base.__name__ for base in cls.__mro__] == [base.__name__ for base in twin.__mro__]
    assert pooled.pool_of(cls).stats().live == 0


def mixed_into_an_enum(mixin):
    class Mixed(mixin, enum.Enum):
        RED = 1

    return Mixed


def mixed_into_a_flag(mixin):
    class Mixed(mixin, enum.IntFlag):
        RED = 1

    return Mixed


def mixed_into_a_named_tuple(mixin):
    class Mixed(mixin, typing.NamedTuple("Base", [("a", int), ("b", int)])):
        __slots__ = ()

    return Mixed


def mixed_into_a_string(mixin):
    class Mixed(mixin, str):
        __slots__ = ()

    return Mixed


def mixed_into_an_exception(mixin):
    class MixedError(mixin, ValueError):
        pass

    return MixedError


def mixed_into_an_abstract_class(mixin):
    class Base(abc.ABC):
        @abc.abstractmethod
        def greet(self): ...

    class Mixed(mixin, Base):
        pass

    return Mixed


def mixed_into_a_container(mixin):
    class Mixed(mixin, collections.abc.Sized, typing.Generic[T]):
        def __len__(self):
            return 3

    return Mixed


@pytest.mark.parametrize(
    "mix",
    [
        *(mixed_into_an_enum, mixed_into_a_flag, mixed_into_a_named_tuple, mixed_into_a_string),
        *(mixed_into_an_exception, mixed_into_an_abstract_class, mixed_into_a_container),
    ],
)
def test_a_mixin(pooled, mix):
    def define(decorate):
        class Mixin:
            def greet(self):
                return f"hello from {type(self).__name__}"

        return mix(decorate(Mixin))

    cls, twin = define(pooled.poolable), define(lambda cls: cls)

    def look(cls):
        arguments = {enum.Enum: [1], tuple: [1, 2]}
        obj = cls(*next((given for base, given in arguments.items() if issubclass(cls, base)), []))
        names = [base.__qualname__ for base in cls.__mro__]
        return [*vars(cls)], dir(cls), dir(obj), names, str(outcome(inspect.signature, cls)), obj.greet(), str(obj)[:8]

    assert look(cls) == look(twin)
