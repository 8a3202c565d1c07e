"""Threads construct objects of classes whose `__init__` is carried out in C, while another one changes the classes."""

import dataclasses
import itertools
import sys
import threading
from collections.abc import Callable
from random import Random
from types import CodeType
from typing import Any

import attrs

import pooled

from .object_kinds import identity
from .run_threads import run_threads
from .scenario import Run, scenario

WARM = 40
"""After this many calls, a class has a plan."""

CHANGES_OF_A_CLASS = 12
"""After more changes than this, a class gets no new plan."""

DEFAULTS = (0, "text", None, 2.5)
"""The values that changes set as the default for `c`."""

MISSING = object()

CALLS: list[Callable[[Any, object, object], Any]] = [
    lambda cls, a, b: cls(a, b),
    lambda cls, a, b: cls(b=b, a=a),
    lambda cls, a, b: cls(a, b=b),
    lambda cls, a, b: cls(*(a, b)),
    lambda cls, a, b: pooled.take(cls, a, b),
    lambda cls, a, b: pooled.take(cls, a, b=b),
]

CALLS_WITH_C: list[Callable[[Any, object, object, object], Any]] = [
    lambda cls, a, b, c: cls(a, b, c),
    lambda cls, a, b, c: cls(c=c, b=b, a=a),
    lambda cls, a, b, c: cls(a, c=c, b=b),
    lambda cls, a, b, c: cls(**dict(zip("abc", (a, b, c), strict=True))),
    lambda cls, a, b, c: pooled.take(cls, a, b, c),
    lambda cls, a, b, c: pooled.take(cls, a, b=b, c=c),
]

MONITORED = 3
"""The number of a tool of `sys.monitoring`."""


class Plain:
    def __init__(self, a, b, c=0):
        self.a = a
        self.b = b
        self.c = c
        self.items = []
        self.table = {}


class Slotted:
    __slots__ = ("__weakref__", "a", "b", "c", "items", "table")

    def __init__(self, a, b, c=0):
        self.items = []
        self.table = {}
        self.a, self.b, self.c = a, b, c


def with_fields(decorate: Callable[[type], type], new: Callable[[Any], Any]) -> type:
    class Fields:
        a: Any
        b: Any
        c: Any = 0
        items: list = new(list)
        table: dict = new(dict)

    return decorate(Fields)


def own(cls: type) -> type:
    """A class with the same dictionary, and functions of its own, which a scenario can change."""
    left_out = ("__dict__", "__weakref__", *(name for name in getattr(cls, "__slots__", ()) if name != "__weakref__"))
    space = {name: value for name, value in vars(cls).items() if name not in left_out}
    return type(cls.__name__, (), {**space, "__init__": copy_of(vars(cls)["__init__"])})


def copy_of(function: Any) -> Any:
    code: CodeType = function.__code__
    return type(function)(
        code.replace(), function.__globals__, code.co_name, function.__defaults__, function.__closure__
    )


def reordered(self, a, b, c=0):
    self.table = {}
    self.c = c
    self.b = b
    self.a = a
    self.items = []


def computed(self, a, b, c=0):
    for name, value in (("a", a), ("b", b), ("c", c), ("items", []), ("table", {})):
        setattr(self, name, value)


CLASSES: list[Callable[[], type]] = [
    lambda: own(Plain),
    lambda: own(Slotted),
    lambda: with_fields(dataclasses.dataclass, lambda make: dataclasses.field(default_factory=make, init=False)),
    lambda: with_fields(
        dataclasses.dataclass(slots=True), lambda make: dataclasses.field(default_factory=make, init=False)
    ),
    lambda: with_fields(attrs.define(eq=False), lambda make: attrs.field(factory=make, init=False)),
]


class Subject:
    """A poolable class that changes, and the owners of its objects."""

    def __init__(self, rng: Random, scope: str) -> None:
        plain = rng.choice(CLASSES)()
        self.cls: Any = pooled.poolable(max=20, scope=scope)(plain)
        self.pool = pooled.pool_of(self.cls)
        self.init: Any = self.cls.__init__
        self.former = self.init
        self.has_dict = not hasattr(plain, "__slots__")
        self.default: object = 0
        self.tokens = itertools.count(1)
        self.owned: dict[int, int] = {}
        self.is_over = False
        for _ in range(WARM):
            self.probe(rng)

    # ---- objects ----

    def make(self, rng: Random, c: object = MISSING) -> tuple[Any, int]:
        """Return a new object, checked to be as `__init__` leaves it, and its token."""
        token, second = next(self.tokens), object()
        if c is MISSING:
            obj = rng.choice(CALLS)(self.cls, token, second)
        else:
            obj = rng.choice(CALLS_WITH_C)(self.cls, token, second, c)
        owner = self.owned.setdefault(identity(obj), token)
        assert owner == token, f"{owner} and {token} own the same object"
        assert obj.a == token, obj.a
        assert obj.b is second, obj.b
        assert obj.c in DEFAULTS if c is MISSING else obj.c is c, obj.c
        assert obj.items == [], f"it arrived dirty: {obj.items}"
        assert obj.table == {}, f"it arrived dirty: {obj.table}"
        return obj, token

    def probe(self, rng: Random) -> Any:
        """Return a new object without an owner, with the default for `c`."""
        obj, _ = self.make(rng)
        del self.owned[identity(obj)]
        return obj

    def check(self, obj: Any, token: int) -> None:
        """Check that no other owner used an object, before it is dropped."""
        assert (obj.a, obj.items, obj.table) == (token, [token], {token: token}), (obj.a, obj.items, obj.table)
        assert self.owned.pop(identity(obj)) == token

    def construct(self, rng: Random) -> int:
        """Construct, use and drop objects until the changes are over; return the number of objects."""
        held: list[tuple[Any, int]] = []
        count = 0
        while not self.is_over:
            obj, token = self.make(rng, MISSING if rng.random() < 0.5 else object())
            obj.items.append(token)
            obj.table[token] = token
            held.append((obj, token))
            del obj
            while len(held) > 30 or (held and rng.random() < 0.5):
                self.check(*held.pop(rng.randrange(len(held))))
            if rng.random() < 0.02:
                self.refuse()
            count += 1
        while held:
            self.check(*held.pop())
        return count

    def refuse(self) -> None:
        """Check that a call with too few arguments raises TypeError."""
        try:
            self.cls(1)
        except TypeError:
            return
        raise AssertionError("a missing argument was not noticed")

    # ---- changes ----

    def change(self, rng: Random) -> int:
        """Change the class several times, and check the results of calls after each; return the number of changes."""
        try:
            for _ in range(CHANGES_OF_A_CLASS):
                check_events = rng.choice(CHANGES)(self, rng)
                found = self.probe(rng).c
                if check_events is not None:
                    check_events()
                assert found == self.default, f"{found!r} is not the default {self.default!r}"
                for _ in range(rng.choice([0, 10, WARM])):
                    self.probe(rng)
        finally:
            self.is_over = True
        return CHANGES_OF_A_CLASS


def set_attribute(subject: Subject, rng: Random) -> None:
    subject.cls.tag = rng.random()


def set_init(subject: Subject, rng: Random) -> None:
    subject.init = copy_of(rng.choice([reordered, computed]))
    subject.init.__defaults__ = (subject.default,)
    subject.cls.__init__ = subject.init


def restore_init(subject: Subject, rng: Random) -> None:
    subject.default = subject.former.__defaults__[-1]
    subject.init = subject.cls.__init__ = subject.former


def set_code(subject: Subject, rng: Random) -> None:
    if subject.init is not subject.former:
        subject.init.__code__ = rng.choice([reordered, computed]).__code__


def set_defaults(subject: Subject, rng: Random) -> None:
    subject.default = rng.choice(DEFAULTS)
    subject.init.__defaults__ = (*subject.init.__defaults__[:-1], subject.default)


def set_setattr(subject: Subject, rng: Random) -> None:
    subject.cls.__setattr__ = lambda self, name, value: object.__setattr__(self, name, value)


def drop_setattr(subject: Subject, rng: Random) -> None:
    if "__setattr__" in vars(subject.cls):
        del subject.cls.__setattr__


def set_property(subject: Subject, rng: Random) -> None:
    if subject.has_dict:
        subject.cls.b = property(lambda self: vars(self)["b"], lambda self, value: vars(self).update(b=value))


def drop_property(subject: Subject, rng: Random) -> None:
    if isinstance(vars(subject.cls).get("b"), property):
        del subject.cls.b


def toggle(subject: Subject, rng: Random) -> None:
    pooled.disable()
    subject.probe(rng)
    pooled.enable()


def change_pool(subject: Subject, rng: Random) -> None:
    subject.pool.resize(max=rng.choice([0, 1, 20]))
    subject.pool.clear()


def trace(subject: Subject, rng: Random) -> Callable[[], None]:
    """Set a trace or profile function for this thread; after the construction, check that it has seen the call."""
    seen: list[CodeType] = []

    def function(frame, event, arg):
        if event == "call":
            seen.append(frame.f_code)

    way = rng.choice([sys.settrace, sys.setprofile])
    way(function)

    def stop() -> None:
        way(None)
        assert seen.count(subject.init.__code__) == 1, "a trace function was not told"

    return stop


def monitor(subject: Subject, rng: Random) -> Callable[[], None] | None:
    """Set events, global or of `__init__`, for a tool; after the construction, check that it has seen the call."""
    monitoring: Any = getattr(sys, "monitoring", None)
    if monitoring is None:  # Python 3.11
        return None
    seen: list[CodeType] = []
    code, this, event = subject.init.__code__, threading.get_ident(), monitoring.events.PY_START

    def callback(started, offset):
        if started is code and threading.get_ident() == this:
            seen.append(started)

    monitoring.use_tool_id(MONITORED, "stress")
    monitoring.register_callback(MONITORED, event, callback)
    is_global = rng.random() < 0.5

    def set_events(events: int) -> None:
        if is_global:
            monitoring.set_events(MONITORED, events)
        else:
            monitoring.set_local_events(MONITORED, code, events)

    set_events(event)

    def stop() -> None:
        set_events(0)
        monitoring.free_tool_id(MONITORED)
        assert len(seen) == 1, "a tool of sys.monitoring was not told"

    return stop


CHANGES: list[Callable[[Subject, Random], Callable[[], None] | None]] = [
    *(set_attribute, set_attribute, set_init, restore_init, restore_init, set_code, set_defaults, set_defaults),
    *(set_setattr, drop_setattr, drop_setattr, set_property, drop_property, drop_property, toggle, change_pool),
    *(trace, monitor),
]


@scenario()
def changed_constructions(run: Run) -> None:
    """Threads construct objects while another one changes the class, traces, monitors, and turns pooling off and on."""
    former = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    while run.going():
        subject = Subject(Random(run.rng.randrange(1 << 32)), run.rng.choice(["local", "global"]))
        run_threads(run, 3, lambda rng, number, it=subject: it.construct(rng) if number else it.change(rng))
        assert not subject.owned
        stats = subject.pool.stats()
        ends = stats.recycled + stats.discarded + stats.escaped + stats.collected + stats.detached
        assert stats.live == 0, stats
        assert stats.taken + stats.inserted == ends, stats
    sys.setswitchinterval(former)
