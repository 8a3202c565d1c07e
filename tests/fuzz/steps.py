"""The steps of a program on one engine. Each returns its visible result as plain data."""

import copy
import functools
import gc
import pickle
import sys
import weakref

from fuzz.engines import importable
from fuzz.observation import Observation, text_of
from fuzz.random_classes import FACTORIES

WARM = 20
"""After this many calls, the native engine has planned the construction of a class."""


def seen(step):
    """A step that returns its error as text."""

    @functools.wraps(step)
    def stepped(side, *args):
        try:
            return step(side, *args)
        except Exception as error:
            return text_of(error)

    return stepped


@seen
def construct(side, args, fields):
    side.alive.append(side.cls(*values_of(side, args), **made(side, fields)))


@seen
def warm(side, fields):
    """Construct and drop objects until the class has been called often enough for a plan."""
    for _ in range(WARM):
        side.cls(**made(side, fields))


@seen
def take(side, way, args, fields):
    values, given = values_of(side, args), made(side, fields)
    obj = {
        "take": lambda: side.pooled.take(side.cls, *values, **given),
        "try_take": lambda: side.pooled.try_take(side.cls, *values, **given),
        "pool": lambda: side.pools[0].take(*values, **given),
        "second": lambda: side.pools[1].take(*values, **given),
        "bare": lambda: side.cls.__new__(side.cls),
        "orphan": lambda: side.pooled.orphan(side.cls, *values, **given),
    }[way]()
    if obj is None:
        return "nothing parked"
    side.alive.append(obj)
    return "taken"


@seen
def borrow(side, number, keeps):
    with side.pools[number].borrow() as obj:
        found = Observation(side).at(obj)
        if hasattr(obj, "append"):
            obj.append(1)
        if not keeps:
            del obj
    return found


@seen
def set_attribute(side, at, name, value):
    setattr(side.alive[at], name, value_of(side, value))


@seen
def delete_attribute(side, at, name):
    delattr(side.alive[at], name)


@seen
def fill(side, at, name, number):
    """Change a part in place, if possible; without a name, the object itself."""
    part = side.alive[at] if name is None else getattr(side.alive[at], name)
    if isinstance(part, side.ours) and name is not None:
        part = part.items
    elements = range(number)
    if hasattr(part, "write"):
        part.write("x" * number if hasattr(part, "newlines") else b"x" * number)
    elif isinstance(part, bytearray):
        part.extend(elements)
    elif isinstance(part, dict):
        part.update(zip(map(str, elements), elements, strict=True))
    elif hasattr(part, "extend"):
        part.extend(elements)
    elif hasattr(part, "update"):
        part.update(elements)
    else:
        return "cannot be filled"
    return "filled"


@seen
def hold(side, at, name):
    """Keep another reference to a part."""
    side.held.append(getattr(side.alive[at], name))


@seen
def hold_dict(side, at):
    vars(side.alive[at])


def drop(side, at):
    del side.alive[at]


def drop_all(side):
    side.alive.clear()


def forget(side):
    side.held.clear()
    side.kept.clear()
    side.arcs.clear()
    side.refs.clear()


@seen
def detach(side, at):
    obj = side.alive[at]
    return side.pooled.detach(obj) is obj


@seen
def assign(side, at, number):
    side.alive[at] = side.pooled.assign(side.alive[at], side.pools[number])


@seen
def prefill(side, number, count):
    return side.pools[number].prefill(count)


@seen
def shrink(side, number, way):
    return getattr(side.pools[number], way)()


@seen
def resize(side, number, bound, cap):
    side.pools[number].resize(max=bound, max_cap=cap)


@seen
def copied(side, at, way):
    obj = side.alive[at]
    importable.Thing = side.cls
    side.alive.append({"copy": copy.copy, "deepcopy": copy.deepcopy, "pickle": pickled}[way](obj))


def pickled(obj):
    return pickle.loads(pickle.dumps(obj))


@seen
def watch(side, at):
    said = side.said
    side.refs.append(weakref.ref(side.alive[at], lambda _: said.append("gone")))


@seen
def share(side, with_pool, value):
    side.arcs.append(side.engine.arc.Arc(value_of(side, value), side.pools[4] if with_pool else False))


@seen
def use_arc(side, at, way):
    handle = side.arcs[at]
    if way == "clone":
        side.arcs.append(handle.clone())
    elif way == "drop":
        del side.arcs[at]
    return handle.strong_count(), handle.get_mut() is not None, [handle.ptr_eq(other) for other in side.arcs]


@seen
def take_list(side):
    side.held.append(side.pools[3].take())


def collect(side):
    gc.collect()


def made(side, fields):
    return {name: value_of(side, value) for name, value in fields.items()}


def values_of(side, args):
    return [value_of(side, value) for value in args]


def value_of(side, value):
    """The value that a description stands for: a tuple says how to create it."""
    if not isinstance(value, tuple):
        return value
    what, detail = value
    if what == "new":
        return FACTORIES[detail]()
    if what == "part":
        return side.pooled.take(side.part)
    if what == "list":
        return side.pools[3].take()
    if what == "held":
        return side.held[detail % len(side.held)] if side.held else None
    assert what == "alive"
    return side.alive[detail % len(side.alive)] if side.alive else None


def glance(side):
    """The visible state of a program, and the counts of every pool."""
    observed = Observation(side)
    return {
        "alive": [observed.at(obj) for obj in side.alive],
        "held": [observed.at(obj) for obj in side.held],
        "kept": [observed.at(obj) for obj in side.kept],
        "arcs": [(observed.at(handle.get()), handle.strong_count()) for handle in side.arcs],
        "dead": [reference() is None for reference in side.refs],
        # Sorted, because callbacks of weak references may run before or after the reset.
        "said": sorted(side.said),
        "pools": [counts(pool) for pool in side.pools],
    }


def counts(pool):
    """The counts of a pool without the zeros, and how many objects are parked in this thread."""
    found = {name: count for name, count in pool.stats().asdict().items() if count}
    if sys.version_info < (3, 13):
        # Once its `__dict__` was read, an object keeps its attributes there, and a plan cannot assign them. The engine
        # frees such a parked object and makes another one, which is a miss.
        found["taken"] = found.pop("hits", 0) + found.pop("misses", 0)
    return found, len(pool)


def heard(side):
    """A `sys.unraisablehook` that records the errors of one engine."""

    def hear(args):
        side.said.append(text_of(args.exc_value))

    return hear


def turn(side, step, *args):
    """Run a step on one engine; return its result and the visible state after it."""
    sys.unraisablehook = heard(side)
    try:
        result = step(side, *args)
        return {"step": result, **glance(side)}
    finally:
        sys.unraisablehook = sys.__unraisablehook__
