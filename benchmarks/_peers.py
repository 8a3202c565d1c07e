"""The peers: other pools for Python, each of which takes and returns the same object as `pooled`.

All of them require that an object is emptied and returned by hand. Packages that are not installed are left out; the
extra `benchmarks` installs all of them.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import attrs

import pooled
from benchmarks._measuring import Result, compare
from benchmarks._subjects import attrs_class


class Small:
    """A class with two attributes, and with the slots that some pools need."""

    __slots__ = ("__weakref__", "_last_used", "a", "b")

    def __init__(self, a: object = None, b: object = None) -> None:
        self.a = a
        self.b = b


@attrs.frozen
class Hands:
    """The statements that take an object `obj` from a pool and return it, and the names that they use."""

    take: str
    give_back: str
    names: dict[str, Any]


def of_functions(get: Callable[[], Any], release: Callable[[Any], object]) -> Hands:
    """Return the statements for a pool that has a function for each."""
    return Hands("obj = get()", "release(obj)", {"get": get, "release": release})


def by_deque(cls: type) -> Hands:
    """A hand-made pool."""
    waiting: deque[Any] = deque(maxlen=64)
    names = {"waiting": waiting, "pop": waiting.pop, "put": waiting.append, "cls": cls}
    return Hands("obj = pop() if waiting else cls()", "put(obj)", names)


def by_pymemcache(cls: type) -> Hands:
    """`pymemcache.pool.ObjectPool`."""
    pool = importlib.import_module("pymemcache.pool").ObjectPool(cls, max_size=64)
    return of_functions(pool.get, pool.release)


def by_fastalloc(cls: type) -> Hands:
    """`fastalloc.Pool`."""
    pool = importlib.import_module("fastalloc").Pool(cls, capacity=64)
    return of_functions(pool.get, pool.release)


def by_cuttlepool(cls: type) -> Hands:
    """`cuttlepool.CuttlePool`, which hands out wrappers around objects."""
    module = importlib.import_module("cuttlepool")
    methods = {"normalize_resource": lambda *_: None, "ping": lambda *_: True}
    pool = type("Pool", (module.CuttlePool,), methods)(cls, capacity=64)
    take = "resource = get()\nobj = resource._resource"
    return Hands(take, "resource.close()", {"get": pool.get_resource})


def by_generic_pool(cls: type) -> Hands:
    """`generic_pool.Pool`."""
    module = importlib.import_module("generic_pool")
    methods = {"create": lambda *_: cls(), "validate": lambda *_: True, "destroy": lambda *_: None}
    pool = module.Pool(type("Factory", (module.Factory,), methods)())
    return of_functions(pool.acquire, pool.release)


def by_pond(cls: type) -> Hands:
    """`pond.Pond`, without its thread."""
    module = importlib.import_module("pond")
    methods = {
        "createInstance": lambda *_: module.PooledObject(cls()),
        "validate": lambda *_: True,
        "reset": lambda _, borrowed: borrowed,
        "destroy": lambda *_: None,
    }
    factory = type("Factory", (module.PooledObjectFactory,), methods)(pooled_maxsize=64)
    pond = module.Pond(time_between_eviction_runs=-1)
    pond.register(factory)
    names = {"borrow": pond.borrow, "recycle": pond.recycle, "factory": factory}
    return Hands("borrowed = borrow(factory)\nobj = borrowed.use()", "recycle(borrowed, factory)", names)


PEERS: dict[str, Callable[[type], Hands]] = {
    "a deque by hand": by_deque,
    "pymemcache's ObjectPool": by_pymemcache,
    "fastalloc": by_fastalloc,
    "cuttlepool": by_cuttlepool,
    "generic-pool": by_generic_pool,
    "pondpond": by_pond,
}

EMPTY_SMALL = "obj.a = obj.b = None"
EMPTY_PARTS = """
obj.name, obj.size, obj.ratio, obj.is_last, obj.parent = "", 0, 1.0, False, None
obj.rows.clear()
obj.index.clear()
obj.seen.clear()
"""


def small(pairs: int) -> Iterator[Result]:
    """Take, set and return a small object: with `pooled`, with Python alone, and with each of the peers."""
    cls = pooled.poolable(type("Small", (), {"__slots__": ("a", "b"), "__init__": Small.__init__}))
    names = {"mine": cls, "plain": Small}
    yield compare("Python itself", "mine(1, 2)", "plain(1, 2)", names, pairs=pairs)
    for name, hands in hands_of(Small):
        theirs = f"{hands.take}\nobj.a = 1\nobj.b = 2\n{EMPTY_SMALL}\n{hands.give_back}"
        wanted = None if name == "a deque by hand" else 10.0
        yield compare(name, "mine(1, 2)", theirs, {**hands.names, **names}, pairs=pairs, wanted=wanted)


def parts(pairs: int) -> Iterator[Result]:
    """The same for an object of three containers and five scalars, with `pooled.take`."""
    plain = attrs_class()
    names = {"take": pooled.take, "mine": pooled.poolable(attrs_class())}
    yield compare("Python itself", "take(mine)", "plain()", {**names, "plain": plain}, pairs=pairs)
    roomy = type("Request", (plain,), {})  # with a dict, since some pools add attributes to an object
    for name, hands in hands_of(roomy):
        theirs = f"{hands.take}\n{EMPTY_PARTS}\n{hands.give_back}"
        yield compare(name, "take(mine)", theirs, {**hands.names, **names}, pairs=pairs)


def hands_of(cls: type) -> Iterator[tuple[str, Hands]]:
    """The peers that are installed, with a pool of `cls` each."""
    for name, peer in PEERS.items():
        try:
            yield name, peer(cls)
        except ModuleNotFoundError as error:
            print(f"  {name}: left out, {error.name} is not installed")
