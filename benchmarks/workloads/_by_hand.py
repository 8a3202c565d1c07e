"""The scheduler's objects from hand-made pools, as without `pooled`.

The classes are the same. An object is emptied and returned by hand. All objects of a step return when the next one
begins. No program can do less, and it is correct only because a step keeps no objects.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable
from dataclasses import MISSING, fields
from importlib.util import find_spec
from typing import Any, Final

import attrs

Pool = tuple[Callable[[], Any], Callable[[Any], object]]
"""The function that takes an object, and the one that returns it."""

MOST: Final = 100_000
"""How many objects of a class may be out of a pool."""


def by_deque(make: Callable[[], Any]) -> Pool:
    """A hand-made pool."""
    waiting: deque[Any] = deque()
    return lambda: waiting.pop() if waiting else make(), waiting.append


def by_pymemcache(make: Callable[[], Any]) -> Pool:
    """`pymemcache.pool.ObjectPool`."""
    pool = importlib.import_module("pymemcache.pool").ObjectPool(make, max_size=MOST)
    return pool.get, pool.release


def by_fastalloc(make: Callable[[], Any]) -> Pool:
    """`fastalloc.Pool`."""
    pool = importlib.import_module("fastalloc").Pool(object, capacity=MOST, factory=make)
    return pool.get, pool.release


POOLS: Final[dict[str, Callable[[Callable[[], Any]], Pool]]] = {"a deque by hand": by_deque}
"""What gives a pool of what a function makes, by its name in the tables; what is not installed is left out."""

if find_spec("pymemcache"):
    POOLS["pymemcache's ObjectPool"] = by_pymemcache
if find_spec("fastalloc"):
    POOLS["fastalloc"] = by_fastalloc


class Hands:
    """What hands out the objects of a step, by the names that the example's makers have."""

    def __init__(self, pool: Callable[[Callable[[], Any]], Pool], classes: dict[str, type]) -> None:
        self.pooled_classes: list[type] = []  # none of them returns by itself
        self._out: list[list[Any]] = []
        self._give_back: list[Callable[[Any], object]] = []
        for name, cls in classes.items():
            setattr(self, name, self._maker(cls, *pool(_blank(cls))))
        self._first, self.scheduler_output = self.scheduler_output, self._begin

    scheduler_output: Callable[..., Any]

    def _begin(self) -> Any:
        """The first object of a step; those of the step before go back."""
        for out, give_back in zip(self._out, self._give_back, strict=True):
            while out:
                give_back(out.pop())
        return self._first()

    def _maker(self, cls: type, get: Callable[[], Any], release: Callable[[Any], object]) -> Callable[..., Any]:
        """Functions as people would write them for a class, one to take and one to give back."""
        required, defaults, containers = _fields(cls)
        parameters = ", ".join([*required, *(f"{name}={value!r}" for name, value in defaults.items())])
        sets = [f"obj.{name} = {name}" for name in (*required, *defaults)]
        clears = [f"obj.{name}.clear()" for name in containers]
        take = "\n    ".join([f"def take({parameters}):", "obj = get()", *sets, "out_append(obj)", "return obj"])
        give_back = "\n    ".join(["def give_back(obj):", *clears, "release(obj)"])
        out: list[Any] = []
        names: dict[str, Any] = {"get": get, "release": release, "out_append": out.append}
        exec(f"{take}\n\n\n{give_back}", names)  # noqa: S102 (of the fields of the example's classes)
        self._out.append(out)
        self._give_back.append(names["give_back"])
        take_one: Callable[..., Any] = names["take"]
        return take_one


def _fields(cls: Any) -> tuple[list[str], dict[str, Any], list[str]]:
    """The names of a class's fields: those that have to be given, those with a default, and the containers."""
    if attrs.has(cls):
        known = {each.name: each.default for each in attrs.fields(cls)}
        made = [name for name, default in known.items() if isinstance(default, attrs.Factory)]  # type: ignore[arg-type]
        required = [name for name, default in known.items() if default is attrs.NOTHING]
    else:
        known = {each.name: each.default for each in fields(cls)}
        made = [each.name for each in fields(cls) if each.default_factory is not MISSING]
        required = [name for name, default in known.items() if default is MISSING and name not in made]
    return required, {name: known[name] for name in known if name not in (*made, *required)}, made


def _blank(cls: type) -> Callable[[], Any]:
    required, _, _ = _fields(cls)
    heir: Any = type(cls.__name__, (cls,), {"__slots__": ("_last_used",)})  # where pymemcache keeps a time
    return lambda: heir(*(None for _ in required))
