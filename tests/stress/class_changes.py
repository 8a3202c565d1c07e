"""Classes that change after they were decorated: no crash, no object with two owners or with old state."""

import gc
import sys
from collections.abc import Callable
from random import Random
from typing import Any

import pooled

from .object_kinds import identity
from .scenario import Run, scenario

NAMES = ("token", "other")


class Plain:
    __slots__ = ("__weakref__", *NAMES)


class PlainWithDict:
    pass


class Base:
    __slots__ = ()

    def hello(self):
        return "base"


class OtherBase:
    __slots__ = ()

    def hello(self):
        return "other base"


class Family:
    """A poolable class, a similar class, and objects of both."""

    def __init__(self, run: Run) -> None:
        self.rng = Random(run.rng.randrange(1 << 32))
        self.slotted = self.rng.random() < 0.5
        self.held: list[Any] = []
        space = {"__slots__": ("__weakref__", *NAMES)} if self.slotted else {}
        limits: dict[str, Any] = {"max": 4, "scope": self.rng.choice(["local", "global"])}
        self.cls: Any = pooled.poolable(**limits)(type("Thing", (Base,), dict(space)))
        self.like: Any = pooled.poolable(**limits)(type("Like", (Base,), dict(space)))
        self.plain: Any = type("Plain", (Base,), dict(space))

    def check_new(self, obj: Any) -> None:
        if obj.__class__ not in (self.cls, self.like):
            return  # a changed __new__ or __init__ returned or created something else
        owners = {identity(other) for other in self.held}
        assert identity(obj) not in owners, "two owners"
        for name in NAMES:
            try:
                value = getattr(obj, name)
            except Exception:
                continue
            assert value == "init", f"it arrived dirty: {name} is {value!r}"

    def make(self) -> None:
        cls = self.rng.choice([self.cls, self.like])
        obj = self.rng.choice([cls, lambda: pooled.take(cls), lambda: cls.__new__(cls)])()
        self.check_new(obj)
        try:
            obj.token = obj.other = len(self.held) + 1000
        except Exception:
            return
        self.held.append(obj)

    def step(self) -> None:
        what = self.rng.random()
        if what < 0.45:
            self.try_to(self.make)
        elif what < 0.8 and self.held:
            self.held.pop(self.rng.randrange(len(self.held)))
        else:
            self.try_to(lambda: self.rng.choice(CHANGES)(self, self.rng.choice([self.cls, self.like])))

    def try_to(self, do: Callable[[], object]) -> None:
        try:
            do()
        except AssertionError:
            raise
        except Exception:
            return  # not possible in Python, or not for this object


# ---- the changes ----


def set_del(family, cls):
    # Keep no object that may be garbage together with its class. A class that a finalizer resurrects is not among the
    # `__subclasses__` of its bases any more, so Python ignores changes of the bases (CPython's issue 135552).
    def __del__(self):
        if type(self) in {family.cls, family.like} and family.rng.random() < 0.3:
            family.held.append(self)

    cls.__del__ = __del__


def drop_del(family, cls):
    del cls.__del__


def set_new(family, cls):
    cls.__new__ = family.rng.choice(
        [
            staticmethod(lambda c, *a, **k: object.__new__(c)),
            staticmethod(lambda c, *a, **k: 5),
            staticmethod(lambda c, *a, **k: family.plain()),
            object.__new__,
        ]
    )


def drop_new(family, cls):
    del cls.__new__


def set_init(family, cls):
    def __init__(self):
        self.token = "init"

    cls.__init__ = __init__


def set_bad_init(family, cls):
    def __init__(self):
        raise ValueError

    cls.__init__ = __init__


def drop_init(family, cls):
    del cls.__init__


def set_reset(family, cls):
    cls.reset = lambda self: False
    cls.capacity = lambda self: 1 << 30


def drop_reset(family, cls):
    del cls.reset, cls.capacity


def set_setattr(family, cls):
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    cls.__setattr__ = __setattr__
    cls.__delattr__ = lambda self, name: None


def drop_setattr(family, cls):
    del cls.__setattr__, cls.__delattr__


def set_getattr(family, cls):
    cls.__getattr__ = lambda self, name: (_ for _ in ()).throw(AttributeError(name))


def set_eq(family, cls):
    cls.__eq__ = lambda self, other: True
    cls.__hash__ = lambda self: 1


def set_slot_descriptor(family, cls):
    cls.token = property(lambda self: (_ for _ in ()).throw(AttributeError("token")))


def drop_slot_descriptor(family, cls):
    del cls.token


def drop_reduce(family, cls):
    del cls.__reduce_ex__


def set_class(family, cls):
    obj = family.rng.choice(family.held)
    obj.__class__ = family.rng.choice([family.cls, family.like, family.plain, PlainWithDict, Plain])


def set_bases(family, cls):
    cls.__bases__ = (family.rng.choice([Base, OtherBase]),)


def change_a_base(family, cls):
    Base.greeting = family.rng.random()


def set_a_base_new(family, cls):
    Base.__new__ = staticmethod(lambda c, *a, **k: object.__new__(c))


def drop_a_base_new(family, cls):
    del Base.__new__


def rename(family, cls):
    cls.__name__ = cls.__qualname__ = f"Thing{family.rng.random()}"


def forget_the_pool(family, cls):
    if family.rng.random() < 0.2:
        del cls.__pooled_pool__


def subclass(family, cls):
    class Child(cls):
        pass

    child = Child()
    child.token = 5
    if family.rng.random() < 0.5:
        family.held.append(child)


def decorate_a_child(family, cls):
    child = pooled.poolable(max=2, reset=None, capacity=None)(type("Child", (cls,), {}))
    family.held.append(child())
    child()


def clear_the_cache(family, cls):
    sys._clear_type_cache()


def collect(family, cls):
    gc.collect()


def in_a_cycle(family, cls):
    obj = family.held.pop()
    obj.other = [obj]


CHANGES: list[Callable[[Any, Any], None]] = [
    *(set_del, drop_del, set_new, drop_new, drop_new, set_init, set_bad_init, drop_init, drop_init, set_reset),
    *(drop_reset, set_setattr, drop_setattr, set_getattr, set_eq, set_slot_descriptor, drop_slot_descriptor),
    *(drop_reduce, set_class, set_class, set_class, set_bases, change_a_base, set_a_base_new, drop_a_base_new),
    *(rename, forget_the_pool, subclass, decorate_a_child, clear_the_cache, collect, in_a_cycle),
]


@scenario()
def changed_classes(run: Run) -> None:
    """`__del__`, `__new__`, `__init__`, `reset`, descriptors, bases and `__class__` of objects are set and deleted."""
    sys.unraisablehook = lambda args: None
    while run.going():
        family = Family(run)
        for _ in range(150):
            family.step()
            run.operations += 1
        for cls in (family.cls, family.like):
            family.try_to(lambda cls=cls: check_bound(cls))
        for name in ("__new__",):
            if name in vars(Base):
                delattr(Base, name)
        family.held.clear()
        gc.collect()


def check_bound(cls: Any) -> None:
    pool = pooled.pool_of(cls)
    assert len(pool) <= pool.policy.max, pool
