"""The plan of a class with fields changes while its objects are alive, parked, or being reset."""

import dataclasses
import gc
import sys
from random import Random
from typing import Any

import attrs

import pooled

from .scenario import Run, scenario


class Changing:
    """A class with fields, and a class that nests it."""

    def __init__(self, run: Run) -> None:
        self.rng = Random(run.rng.randrange(1 << 32))
        changing = self

        class Acts:
            """An object that acts when it is freed."""

            def __del__(self):
                changing.act()

        self.acts = Acts
        self.deep = 0
        decorate: Any = self.rng.choice([attrs.define, attrs.define(slots=False), dataclasses.dataclass])
        field: Any = attrs.field
        if decorate is dataclasses.dataclass:
            field = lambda *, factory: dataclasses.field(default_factory=factory)

        @decorate
        class Inner(metaclass=pooled.PooledMeta, max=4):
            items: list = field(factory=list)
            size: int = 0

        @decorate
        class Outer(metaclass=pooled.PooledMeta, max=4):
            items: list = field(factory=list)
            table: dict = field(factory=dict)
            inner: Inner = field(factory=Inner)
            size: int = 0

        self.inner, self.outer = Inner, Outer
        self.former = {cls: cls.__init__ for cls in (Inner, Outer)}
        self.held: list[Any] = []

    def act(self) -> None:
        if self.deep >= 2:
            return
        self.deep += 1
        try:
            what = self.rng.randrange(8)
            cls = self.rng.choice([self.inner, self.outer])
            if what == 0:
                cls.__init__ = lambda self: None
            elif what == 1:
                cls.__init__ = self.former[cls]
            elif what == 2:
                gc.collect()
            elif what == 3:
                pooled.pool_of(cls).clear()
            elif what == 4:
                self.held.clear()
            elif what == 5:
                cls.__setattr__ = object.__setattr__
            elif what == 6:
                self.live()
            else:
                pooled.pool_of(cls).prefill(2)
        finally:
            self.deep -= 1

    def live(self) -> None:
        obj = pooled.take(self.outer)
        # If `__init__` sets no field, there may be none; those that exist must be empty.
        for owner in (obj, getattr(obj, "inner", None)):
            for name in ("items", "table"):
                value = getattr(owner, name, None)
                assert not value, f"it arrived dirty: {name} is {value!r}"
            assert getattr(owner, "size", 0) in (0, None), owner
        for name, value in (("items", [self.acts()]), ("table", {1: self.acts()})):
            getattr(obj, name, []).extend(value) if name == "items" else getattr(obj, name, {}).update(value)
        obj.size = 5
        inner = getattr(obj, "inner", None)
        if isinstance(inner, self.inner):
            inner.size = 6
            if hasattr(inner, "items"):
                inner.items.append(self.acts() if self.rng.random() < 0.3 else 7)
        del inner, owner
        if self.rng.random() < 0.3:
            self.held.append(obj)
        elif self.rng.random() < 0.2:
            self.held.extend(getattr(obj, "items", []))


@scenario()
def planned_anew(run: Run) -> None:
    """`__init__` and `__setattr__` of classes with fields are replaced, also while an object is being reset."""
    sys.unraisablehook = lambda args: None
    while run.going():
        changing = Changing(run)
        for _ in range(60):
            changing.live()
            if changing.rng.random() < 0.2:
                changing.act()
            run.operations += 1
        changing.deep = 9
        changing.held.clear()
        gc.collect()
        for cls in (changing.inner, changing.outer):
            stats = pooled.pool_of(cls).stats()
            assert stats.parked <= 4, f"{cls.__name__}: {stats}"
            assert cls is changing.inner or stats.live == 0, f"{cls.__name__}: {stats}"
