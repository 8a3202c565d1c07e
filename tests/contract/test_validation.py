"""Contract line 11: a class that cannot be pooled is refused when it is decorated, with a remedy, and not changed."""

import array
import collections
import ctypes
import datetime
import decimal
import enum
import io
import itertools
import multiprocessing.process
import socket
import threading
import typing
import zlib

import pytest
from field_kinds import error_of
from helpers import on_another_thread


class WithNew:
    def __new__(cls):
        return super().__new__(cls)


class Color(enum.Enum):
    RED = 1


class Error(Exception):
    def reset(self):
        self.args = ()


class Pair(typing.NamedTuple):
    a: int


class Movie(typing.TypedDict):
    name: str


CONTAINERS = {
    list: "List",
    dict: "Dict",
    set: "Set",
    bytearray: "ByteArray",
    collections.deque: "Deque",
    collections.OrderedDict: "OrderedDict",
    collections.defaultdict: "DefaultDict",
    collections.Counter: "Counter",
    array.array: "Array",
    io.BytesIO: "BytesIO",
    io.StringIO: "StringIO",
}

CANNOT = [
    *((cls, f"use pooled.containers.{name}") for cls, name in CONTAINERS.items()),
    *((cls, "immutable") for cls in (int, str, bytes, tuple, frozenset, float, bool, range, Pair)),
    *((type("Own", (cls,), {}), "immutable") for cls in (int, str, bytes, tuple, frozenset)),
    (Color, "enum"),
    (type, "metaclass"),
    (enum.EnumMeta, "metaclass"),
    (Movie, "use pooled.containers.Dict"),
    *((cls, "an exception cannot be pooled, .*; raise a new one") for cls in (Error, ValueError, ExceptionGroup)),
    (object, "written in C"),
    (type(zlib.decompressobj()), "use GlobalPool"),
    (collections.abc.Iterator.__class__, "metaclass"),
    (len, "expected a class"),
    (7, "expected a class"),
    ("Thing", "expected a class"),
    (list[int], "expected a class"),
]

CANNOT_BE_SCRUBBED = [
    type("Inheriting", (WithNew,), {}),
    WithNew,  # after the subclass, which inherits its reset
    type("Later", (datetime.datetime,), {}),
    type("Log", (io.FileIO,), {}),
    type("Text", (io.TextIOWrapper,), {}),
    type("Raw", (io.RawIOBase,), {}),
    type("Wire", (socket.socket,), {}),
    type("Worker", (threading.Thread,), {}),
    type("Worker", (multiprocessing.process.BaseProcess,), {}),
    type("Point", (ctypes.Structure,), {"_fields_": [("x", ctypes.c_int)]}),
    type("Price", (decimal.Decimal,), {}),
    type("Local", (threading.local,), {}),
]


@pytest.mark.parametrize(("thing", "why"), CANNOT, ids=lambda value: getattr(value, "__name__", str(value)))
def test_what_cannot_be_pooled(pooled, thing, why):
    for decorate in (pooled.poolable, pooled.poolable(max=3, reset=lambda obj: None)):
        with pytest.raises(TypeError, match=why) as refusal:
            decorate(thing)
        assert "cls=" in str(refusal.value)


@pytest.mark.parametrize("cls", CANNOT_BE_SCRUBBED, ids=lambda cls: cls.__mro__[1].__name__)
def test_what_cannot_be_scrubbed_needs_a_reset(pooled, cls):
    before = dict(vars(cls))
    with pytest.raises(TypeError, match="pass reset= the name of its method that empties one, or a function"):
        pooled.poolable(cls)
    assert dict(vars(cls)) == before, "it was changed all the same"
    with pytest.raises(TypeError, match="expected a poolable class"):
        pooled.pool_of(cls)
    pooled.pool_of(pooled.poolable(reset=lambda obj: None)(cls))


@pytest.mark.needs_pool
def test_no_reset_is_advised_where_none_helps(pooled):
    class Meta(type):
        def __call__(cls, *args):
            return super().__call__(*args)

    struct = Meta("Struct", (threading.local,), {})
    for decorate in (pooled.poolable, pooled.poolable(reset=lambda obj: None), pooled.poolable(keep=["a"])):
        with pytest.raises(TypeError, match=r"has a __call__ of its own, .*; use GlobalPool\(Struct, \.\.\.\)"):
            decorate(struct)
    with pooled.GlobalPool(struct, reset=lambda obj: None).borrow() as obj:
        assert type(obj) is struct


def test_a_new_that_is_a_class_method(pooled):
    class Odd:
        @classmethod
        def __new__(cls, *given):
            obj = object.__new__(cls)
            obj.given = given
            return obj

    with pytest.raises(TypeError, match="Odd.__new__ does not run for a recycled object; pass reset="):
        pooled.poolable(Odd)
    odd = pooled.poolable(reset=lambda obj: None)(Odd)()
    assert odd.given[0].__name__ == "Odd"


def test_a_dict_that_is_elsewhere_cannot_be_scrubbed(pooled):
    class Hiding:
        @property
        def __dict__(self):
            return {}

    with pytest.raises(TypeError, match="its __dict__ is not where its attributes are; pass reset="):
        pooled.poolable(Hiding)


def test_a_class_works_as_before_after_a_refusal(pooled):
    with pytest.raises(TypeError):
        pooled.poolable(Error)
    with pytest.raises(Error, match="text"):
        raise Error("text")
    with pytest.raises(TypeError):
        pooled.poolable(WithNew)
    assert type(WithNew()) is WithNew


def test_the_metaclass_refuses_too(pooled):
    with pytest.raises(TypeError, match="immutable"):

        class Number(int, metaclass=pooled.PooledMeta):
            pass

    with pytest.raises(TypeError, match="Thing.__new__ does not run"):

        class Thing(metaclass=pooled.PooledMeta):
            def __new__(cls):
                return super().__new__(cls)

    with pytest.raises(ValueError, match="max=-1"):

        class Other(metaclass=pooled.PooledMeta, max=-1):
            pass


def test_poolable_twice(pooled):
    @pooled.poolable
    class Thing:
        pass

    class Under(metaclass=pooled.PooledMeta):
        pass

    for cls in (Thing, Under):
        with pytest.raises(TypeError, match="poolable already"):
            pooled.poolable(cls)
        assert isinstance(cls(), cls)


@pytest.mark.needs_pool
@pytest.mark.parametrize("moment", [4, 12, 20, 40, 60, 80])
def test_poolable_on_two_threads_at_once(pooled, moment):
    """A class that was hooked twice would call itself endlessly."""
    answers, reads = [], itertools.count()

    class Interrupting(type):
        def __getattribute__(cls, name):
            if next(reads) == moment:  # attributes are read while the class is made poolable
                answers.append(on_another_thread(error_of, pooled.poolable, Thing))
            return super().__getattribute__(name)

    class Thing(metaclass=Interrupting):
        pass

    cls = Thing
    try:
        cls = pooled.poolable(Thing)
        answers.append("no error")
    except TypeError as error:
        answers.append(str(error))
    assert len(answers) == 2
    if pooled.engine == "native":  # the reference engine creates another class in its place each time
        assert sum("poolable already" in answer for answer in answers) == 1
    assert isinstance(cls(), cls)
    assert pooled.pool_of(cls).stats() == pooled.Stats(misses=1, recycled=1, parked=1)


@pytest.mark.parametrize(
    ("limits", "kind", "text"),
    [
        ({"max": -1}, ValueError, "max=-1: expected 0 or more"),
        ({"max_cap": -5}, ValueError, "max_cap=-5: expected 0 or more"),
        ({"max": "10"}, TypeError, "max='10': expected an int of 0 or more, got str"),
        ({"max": True}, TypeError, "max=True: expected an int of 0 or more, got bool"),
        ({"max_cap": 1.5}, TypeError, "max_cap=1.5: expected an int"),
        ({"scope": "thread"}, ValueError, "scope='thread': expected 'local' or 'global'"),
        ({"scope": 1}, TypeError, "scope=1: expected 'local' or 'global'"),
    ],
)
def test_bad_limits(pooled, limits, kind, text):
    class Thing:
        pass

    with pytest.raises(kind, match=text):
        pooled.poolable(**limits)
    with pytest.raises(kind, match=text):
        pooled.Policy(**limits)
    with pytest.raises(kind, match=text):
        pooled.configure(**limits)
    if "scope" not in limits:
        with pytest.raises(kind, match=text):
            pooled.GlobalPool(list, **limits)
        pool = pooled.LocalPool(list, max=3, max_cap=4)
        with pytest.raises(kind, match=text):
            pool.resize(**limits)
        assert (pool.policy.max, pool.policy.max_cap) == (3, 4)
    assert type(Thing()) is Thing


def test_hooks_that_could_not_be_called(pooled):
    class NeedsMore(pooled.Poolable):
        def reset(self, hard):
            pass

    class Async(pooled.Poolable):
        async def reset(self):
            pass

    class Generator(pooled.Poolable):
        def reset(self):
            yield

    class Sized(pooled.Poolable):
        def capacity(self, axis):
            return 1

    class AsyncCallable:
        async def __call__(self, obj):
            pass

    with pytest.raises(TypeError, match="make it a plain function"):
        pooled.poolable(reset=AsyncCallable())(type("Thing", (), {}))
    for cls, text in (
        (NeedsMore, r"NeedsMore.reset: .* takes \(self, hard\); pass reset="),
        (Async, "Async.reset: .* make it a plain function"),
        (Generator, "Generator.reset: .* make it a plain function"),
        (Sized, "Sized.capacity: .* pass capacity="),
    ):
        with pytest.raises(TypeError, match=text):
            pooled.poolable(cls)
    for decorate, text in (
        (pooled.poolable(reset=5), "reset=5: expected a function"),
        (pooled.poolable(capacity=3), "capacity=3: expected a function"),
        (pooled.poolable(reset=lambda: None), "reset=.* called with only the object"),
    ):
        with pytest.raises(TypeError, match=text):
            decorate(type("Thing", (), {}))
    assert pooled.pool_of(pooled.poolable(reset=lambda obj: None)(NeedsMore)).policy.max == 1024


def test_pools_refuse_too(pooled):
    with pytest.raises(TypeError, match="reset=None: .* pass reset="):
        pooled.GlobalPool(lambda: zlib.decompressobj())
    with pytest.raises(TypeError, match="factory=5: expected a class, or a function"):
        pooled.LocalPool(5)
    with pytest.raises(TypeError, match="immutable"):
        pooled.GlobalPool(str)
    with pytest.raises(TypeError, match="Pool is the base class of LocalPool and GlobalPool"):
        pooled.Pool(list)
    with pytest.raises(TypeError, match="name=5: expected a string"):
        pooled.GlobalPool(list, name=5)
    with pytest.raises(TypeError, match="pass reset="):
        pooled.GlobalPool(socket.socket)
    with pytest.raises(TypeError, match="n='3': expected an int"):
        pooled.GlobalPool(list).prefill("3")


@pytest.mark.needs_pool
def test_functions_refuse_what_is_not_theirs(pooled, containers):
    class Ordinary:
        pass

    for function in (pooled.take, pooled.try_take, pooled.pool_of, pooled.orphan):
        for thing in (Ordinary, 5, Ordinary()):
            with pytest.raises(TypeError, match="cls=.*: expected a poolable class"):
                function(thing)
    with pytest.raises(TypeError, match="obj=.*: expected an object from a pool"):
        pooled.detach(Ordinary())
    with pytest.raises(TypeError, match="pool=5: expected a LocalPool or a GlobalPool"):
        pooled.assign(containers.List(), 5)
    with pytest.raises(TypeError, match="keeps objects of Dict; insert it into a pool of List"):
        pooled.assign(containers.List(), pooled.GlobalPool(containers.Dict))
