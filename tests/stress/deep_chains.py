"""Chains of a million objects of each kind: dropping the head does not overflow the stack."""

import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import attrs

import pooled
from pooled import containers

from .scenario import Run, gil_is_on, scenario

MILLION = 1_000_000
STACK = 1 << 19
"""Bytes of stack of the thread that drops."""


def links() -> dict[str, tuple[Any, Callable[[Any], Any]]]:
    """By name: a class, and a function that creates an object with a reference to another."""

    @pooled.poolable
    class Attribute:
        def __init__(self, last):
            self.last = last

    @pooled.poolable
    class Slot:
        __slots__ = ("last",)

        def __init__(self, last):
            self.last = last

    @pooled.poolable(keep=("lasts",))
    class Kept:
        def __init__(self):
            self.lasts = []

    @pooled.poolable
    @attrs.define
    class Field:
        lasts: list = attrs.Factory(list)
        by_name: dict = attrs.Factory(dict)

    @pooled.poolable
    @attrs.define
    class Inner:
        last: object = None

    @pooled.poolable
    @attrs.define
    class Nested:
        inner: Any = attrs.Factory(Inner)

    @pooled.poolable(reset="reset")
    class Resetting:
        def __init__(self):
            self.last = None

        def reset(self):
            self.last = None

    def kept(last):
        obj = pooled.take(Kept)
        obj.lasts.append(last)
        return obj

    def field(last):
        obj = pooled.take(Field)
        obj.lasts.append(last)
        return obj

    def named(last):
        obj = pooled.take(Field)
        obj.by_name["last"] = last
        return obj

    def nested(last):
        obj = pooled.take(Nested)
        obj.inner.last = last
        return obj

    def resetting(last):
        obj = pooled.take(Resetting)
        obj.last = last
        return obj

    def default(last):
        obj = containers.DefaultDict(list)
        obj["last"] = last
        return obj

    def in_a_stock_list(last):
        return Slot([{"last": (last,)}])

    return {
        "attribute": (Attribute, Attribute),
        "slot": (Slot, Slot),
        "kept part": (Kept, kept),
        "list in a field": (Field, field),
        "dict in a field": (Field, named),
        "nested object": (Nested, nested),
        "reset": (Resetting, resetting),
        "List": (containers.List, lambda last: containers.List([last])),
        "Dict": (containers.Dict, lambda last: containers.Dict(last=last)),
        "Set": (containers.Set, lambda last: containers.Set([Slot(last)])),
        "Deque": (containers.Deque, lambda last: containers.Deque([last])),
        "OrderedDict": (containers.OrderedDict, lambda last: containers.OrderedDict(last=last)),
        "DefaultDict": (containers.DefaultDict, default),
        "Counter": (containers.Counter, lambda last: containers.Counter({"last": last})),
        "stock containers between": (Slot, in_a_stock_list),
    }


def in_a_small_thread(function: Callable[[], None], stack: int = STACK) -> None:
    former = threading.stack_size(stack)
    thread = threading.Thread(target=function)
    thread.start()
    threading.stack_size(former)
    thread.join()


def drop_a_chain(make: Callable[[Any], Any], length: int) -> None:
    def work():
        head = None
        for _ in range(length):
            head = make(head)
        head = None

    in_a_small_thread(work)


@scenario()
def deep_chains(run: Run) -> None:
    """A million objects are linked by attributes, fields, kept parts or containers."""
    kinds = list(links().items())
    run.rng.shuffle(kinds)
    length = run.share(MILLION if pooled.engine == "native" else MILLION // 20)
    for name, (cls, make) in kinds:
        before = pooled.pool_of(cls).stats()
        drop_a_chain(make, length)
        stats = pooled.pool_of(cls).stats()
        assert stats.live == before.live, f"{name}: {stats}"
        assert stats.taken >= before.taken + length, f"{name}: {stats}"
        run.operations += length
        if not run.going():
            break


@scenario()
def deep_callbacks(run: Run) -> None:
    """The callback of a weak reference to each object drops the next one; so does the `__del__` of a part."""
    length = run.share(MILLION // 10)

    @pooled.poolable
    class Referred:
        __slots__ = ("__weakref__",)

    @pooled.poolable
    class Holding:
        __slots__ = ("part",)

    class Part:
        __slots__ = ("last",)

        def __del__(self):
            self.last = None

    def by_callback():
        waiting: list[Any] = [Referred() for _ in range(length)]
        refs: list[Any] = []

        def drop_next(ref):
            if waiting:
                waiting.pop()

        refs.extend(weakref.ref(obj, drop_next) for obj in waiting)
        waiting.pop()
        assert not waiting, len(waiting)

    def by_del():
        head = None
        for _ in range(length):
            holding = Holding()
            holding.part = Part()
            holding.part.last = head
            head = holding
            del holding
        head = None

    done = [Holding]
    in_a_small_thread(by_del, 2 * STACK)  # Python 3.13 needs this much for plain objects, up to its recursion limit
    # On other builds, each callback nests a Python call, up to the limit: without a GIL, wrapt is pure Python.
    if pooled.engine == "native" or (gil_is_on() and sys.version_info[:2] != (3, 13)):
        in_a_small_thread(by_callback, 2 * STACK)
        done.append(Referred)
    run.operations += len(done) * length
    for cls in done:
        stats = pooled.pool_of(cls).stats()
        assert (stats.live, stats.taken) == (0, length), stats
