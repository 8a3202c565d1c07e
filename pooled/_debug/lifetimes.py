"""The debug mode: where the objects that are out were taken, and whether what is parked stays as it was left.

An engine says what happens to its objects, here; when the mode is off, none does, and nothing of this is loaded.
"""

from __future__ import annotations

import array
import collections
import copy
import copyreg
import dataclasses
import gc
import io
import os
import pickle
import sys
import threading
import time
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import wrapt

from pooled import _config
from pooled._debug.warnings import DirtyWarning
from pooled._plan.plan import Plan
from pooled._plan.scrub import Reset, has_dict, slots_of
from pooled._policy import Policy

EVERY: Final = _config.current.debug
"""One take in so many is recorded; 0: the mode is off."""


class Keeper(Protocol):
    """What stands behind a pool, as far as it matters here."""

    plan: Plan
    policy: Policy


Look: TypeAlias = tuple[int | None, dict[int, int | None]]
"""The size of an object, and those of its attributes by their identity; None is what has none."""


class Life:
    """What is known of one object from its take on, and when it was dropped, until it is taken again or dies.

    It refers to none of what it tells of but by weak references.

    Attributes:
        cls: its class.
        store: what stands behind the pool that it is to come home to.
        filename, lineno, function: where it was taken.
        since: when that was, by the monotonic clock.
        thread, thread_id: on which thread.
        left: as what it was left when it was emptied, where its own reset did that.
        before: its life before this one, where it was parked.
    """

    __slots__ = ("before", "cls", "filename", "function", "left", "lineno", "since", "store", "thread", "thread_id")

    def __init__(self, cls: type, store: Keeper, before: Life | None) -> None:
        frame, _ = _user_frame()
        self.cls = weakref.ref(cls)
        self.store: weakref.ref[Any] = weakref.ref(store)
        self.filename = frame.f_code.co_filename
        self.lineno = frame.f_lineno
        self.function = frame.f_code.co_qualname
        self.since = time.monotonic()
        self.thread_id = threading.get_ident()
        self.thread = _thread_name(self.thread_id)
        self.left: Look | None = None
        self.before = before
        if before is not None:
            before.before = None  # one is enough

    def __str__(self) -> str:
        return f"{self.filename}:{self.lineno} in {self.function}"


out: Final[dict[int, Life]] = {}
"""The objects that are out, by `id`, of which the take was recorded. Each is alive, so no other has its `id`."""

last: Final[dict[int, Life]] = {}
"""Those that were dropped: from then on until they are parked, or, in the native engine, taken again or dead."""

escaped: Final[collections.deque[Life]] = collections.deque(maxlen=1_000)
"""Those that escaped, the latest at the end, where they are not among the `last` ones: of the reference engine."""

_takes: Final = count()


# What engines say of their objects.


def taken(key: int, cls: type, store: Keeper) -> None:
    """An object of this `id` is handed out."""
    out.pop(key, None)  # there was another, of whose end nobody heard: its class was changed
    before = last.pop(key, None)
    if next(_takes) % EVERY == 0:
        out[key] = Life(cls, store, before)


def moved(key: int, cls: type, store: Keeper) -> None:
    """An object that is out is to come home to another pool."""
    life = out.get(key)
    if life is None:
        taken(key, cls, store)
    else:
        life.store = weakref.ref(store)


def readied(obj: Any, store: Keeper) -> None:
    """An object nobody had yet is to be parked."""
    life = out.pop(id(obj), None)
    if life is not None:
        last[id(obj)] = life
        look_at(obj, store.plan)


def dropped(key: int) -> None:
    """An object is out no more, whatever becomes of it."""
    life = out.pop(key, None)
    if life is not None:
        last[key] = life
    else:
        last.pop(key, None)


def has_escaped(key: int) -> None:
    """An object that was dropped is somebody else's."""
    life = last.get(key)
    if life is not None:
        escaped.append(life)


def escapes() -> list[Life]:
    """The lives of objects that escaped, as far as they are known. Costs a walk over all that the collector knows.

    In the native engine those are known that are still alive.
    """
    return [*escaped, *(last[key] for key in map(id, gc.get_objects()) if key in last)]


def look_at(obj: Any, plan: Plan) -> None:
    """Note as what an object is left, if that is its own reset's affair."""
    life = last.get(id(obj))
    if life is not None and plan.reset is not None:
        life.left = _look(obj)


def popped(obj: Any, store: Keeper) -> str | None:
    """What is to be said of an object that comes from where it was parked, if it is not as it was left.

    It is to be called where the last life of the object is known.
    """
    life = last[id(obj)]
    dirt = _dirt(obj, life, store.plan)
    if dirt is None:
        return None
    return (
        f"{obj.__class__.__qualname__}: a parked object is not as it was left: {dirt}; somebody still has a part of "
        f"it. Its last owner took it at {life}. It was discarded; let no part of an object outlive it, or have its "
        "reset make that part anew"
    )


def warn(text: str) -> None:
    """Give a `DirtyWarning` at the line that takes an object now.

    Raises:
        DirtyWarning: warnings are errors.
    """
    warnings.warn(text, DirtyWarning, stacklevel=_user_frame()[1])


def watching(reset: Reset, plan: Plan) -> Reset:
    """A `reset`, or a `capacity`, which notes as what it leaves an object."""

    def watched(obj: Any) -> Any:
        result = reset(obj)
        look_at(obj, plan)
        return result

    return watched


# Where an object is taken.


def _folder(module: types.ModuleType) -> str:
    return str(Path(str(module.__file__)).parent) + os.sep


_FOLDERS: Final = tuple(_folder(sys.modules[name]) for name in ("pooled", "attr", "attrs", "wrapt"))
_FILES: Final = frozenset(str(module.__file__) for module in (copy, copyreg, dataclasses, pickle))


def _is_plumbing(code: types.CodeType) -> bool:
    """Whether this code takes objects for others: this package's, or a method that was generated for a class."""
    filename = code.co_filename
    if filename in _FILES or filename.startswith((*_FOLDERS, "<attrs generated")):
        return True
    return code.co_qualname.startswith("__create_fn__.")  # as dataclasses generate them


def _user_frame() -> tuple[types.FrameType, int]:
    """The innermost frame that takes an object for itself, and how far up it is from who called this.

    Where there is none but plumbing, the outermost.
    """
    frame = sys._getframe(1)
    depth = 1
    while _is_plumbing(frame.f_code) and frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return frame, depth


def _thread_name(ident: int) -> str:
    # Not `current_thread`, which makes an object for a thread that Python did not start, nor `enumerate`, which waits
    # for a lock: an object may be taken anywhere.
    thread = threading._active.get(ident)  # type: ignore[attr-defined]
    return f"thread {ident}" if thread is None else thread.name


# What an object looks like.

_SIZES: Final[dict[type, Callable[[Any], int]]] = {
    cls: cls.__len__ for cls in (list, dict, set, bytearray, collections.deque, array.array)
}


def _size(value: Any) -> int | None:
    """How much is in a builtin container, or in what stands for one; None for anything else."""
    cls = type(value)
    if issubclass(cls, wrapt.BaseObjectProxy):
        return _size(value.__wrapped__)
    for base, size in _SIZES.items():
        if issubclass(cls, base):
            return size(value)
    if issubclass(cls, io.BytesIO) and not value.closed:
        return io.BytesIO.getbuffer(value).nbytes
    return None


def _look(obj: Any) -> Look:
    return _size(obj), {id(value): _size(value) for _, value in _attributes(obj)}


def _attributes(obj: Any) -> Iterator[tuple[str, Any]]:
    """The attributes that an object has for itself, whatever its class says of how to get them."""
    cls = type(obj)
    for name, member in slots_of(cls).items():
        with suppress(AttributeError):  # it may not be set
            yield name, member.__get__(obj, cls)
    stock = _dict_of(cls)
    if stock is not None:
        yield from dict(stock.__get__(obj, cls) or {}).items()


def _dict_of(cls: type) -> Any:
    """What gets the dict of an object of `cls`, or None where it has none."""
    if not has_dict(cls):
        return None
    found = (base.__dict__.get("__dict__") for base in cls.__mro__)
    stock = types.GetSetDescriptorType | types.MemberDescriptorType
    return next((each for each in found if isinstance(each, stock)), None)


# How it differs from what it was.


def _dirt(obj: Any, life: Life, plan: Plan) -> str | None:
    """How an object differs from what it was when it was parked, for people; None: not at all."""
    if plan.reset is not None:
        return None if life.left is None else _changes(obj, life.left)
    if size := _size(obj):
        return f"it was left empty and has {size} elements"
    if plan.fields is None:
        return _leftovers(obj, plan)
    for field in plan.fields.definition.fields:
        if field.part is not None and (size := _size(_own(obj, field.name))):
            return f"its {field.name!r} was left empty and has {size} elements"
    return None


def _changes(obj: Any, left: Look) -> str | None:
    own_size, sizes = left
    if (size := _size(obj)) != own_size:
        return f"it was left with {own_size} elements and has {size}"
    names = dict(_attributes(obj))
    for name, value in names.items():
        if id(value) not in sizes:
            return f"its {name!r} is not what it was"
        before, now = sizes[id(value)], _size(value)
        if before != now:
            return f"its {name!r} was left with {before} elements and has {now}"
    if sizes.keys() - set(map(id, names.values())):
        return "an attribute that it had is gone"
    return None


def _leftovers(obj: Any, plan: Plan) -> str | None:
    """What an object has that is to have nothing."""
    # Asked so, where it will do: to look into the dict of an object costs it the short way to its attributes.
    if plan.builtin is None and not any(map(_is_left_over, gc.get_referents(obj))):
        return None
    for name, _ in _attributes(obj):
        return f"it was left without attributes and has {name!r}"
    return None


def _is_left_over(value: Any) -> bool:
    return not issubclass(type(value), type) and not (type(value) is dict and not value)


_NOTHING: Final = object()


def _own(obj: Any, name: str) -> Any:
    """An attribute that an object has for itself."""
    try:
        value = object.__getattribute__(obj, name)
    except AttributeError:
        return None
    return None if value is getattr(type(obj), name, _NOTHING) else value
