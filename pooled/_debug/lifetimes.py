"""Lifetimes: the records of the debug mode for each object, from its take to its next take.

The engine calls these functions. When the debug mode is off, this module is not even imported.
"""

from __future__ import annotations

import collections
import gc
import threading
import time
import warnings
import weakref
from collections.abc import Sequence
from itertools import count
from typing import Any, Final, Protocol

from pooled import _config
from pooled._debug.call_site import thread_name, user_frame
from pooled._debug.snapshot import Snapshot, difference, snapshot
from pooled._debug.warnings import DirtyWarning
from pooled._plan.hooks import Reset
from pooled._plan.plan import Plan
from pooled._policy import Policy

EVERY: Final = _config.current.debug
"""One take in this many is recorded; 0: the mode is off."""


class Owner(Protocol):
    """The store of a pool, as far as this module uses it."""

    plan: Plan

    def kept_names(self) -> Sequence[str]: ...

    policy: Policy


class Life:
    """The record of one object, from its take until it is taken again or freed.

    It holds only weak references, and none to the object.

    Attributes:
        cls: its class, as a weak reference.
        store: the store of the pool that it returns to, as a weak reference.
        filename, lineno, function: where it was taken.
        since: when it was taken, by the monotonic clock, in seconds.
        thread, thread_id: the name and the identifier of the thread that took it.
        left: the state in which its reset left it; None before that, or if it has no reset.
        before: its previous life, if it came from a pool.
    """

    __slots__ = ("before", "cls", "filename", "function", "left", "lineno", "since", "store", "thread", "thread_id")

    def __init__(self, cls: type, store: Owner, before: Life | None) -> None:
        frame, _ = user_frame()
        self.cls = weakref.ref(cls)
        self.store: weakref.ref[Any] = weakref.ref(store)
        self.filename = frame.f_code.co_filename
        self.lineno = frame.f_lineno
        self.function = frame.f_code.co_qualname
        self.since = time.monotonic()
        self.thread_id = threading.get_ident()
        self.thread = thread_name(self.thread_id)
        self.left: Snapshot | None = None
        self.before = before
        if before is not None:
            before.before = None  # only one is kept

    def __str__(self) -> str:
        return f"{self.filename}:{self.lineno} in {self.function}"


out: Final[dict[int, Life]] = {}
"""Objects in use whose take was recorded, by `id`. Each is alive, so no other object has its `id`."""

last: Final[dict[int, Life]] = {}
"""Dropped objects, by `id`: until they are parked, or, in the native engine, until they are taken again or freed."""

escaped: Final[collections.deque[Life]] = collections.deque(maxlen=1_000)
"""Objects of the reference engine that escaped, the latest at the end. The native engine leaves them in `last`."""

_takes: Final = count()


def taken(key: int, cls: type, store: Owner) -> None:
    """Record that an object with this `id` is handed out."""
    out.pop(key, None)  # a previous object whose end was not recorded, because its class was changed
    before = last.pop(key, None)
    if next(_takes) % EVERY == 0:
        out[key] = Life(cls, store, before)


def moved(key: int, cls: type, store: Owner) -> None:
    """Record that an object in use returns to another pool from now on."""
    life = out.get(key)
    if life is None:
        taken(key, cls, store)
    else:
        life.store = weakref.ref(store)


def readied(obj: Any, store: Owner) -> None:
    """Record that a new, unused object is about to be parked."""
    life = out.pop(id(obj), None)
    if life is not None:
        last[id(obj)] = life
        record_state(obj, store.plan)


def dropped(key: int) -> None:
    """Record that an object is no longer in use, whether it is parked or freed."""
    life = out.pop(key, None)
    if life is not None:
        last[key] = life
    else:
        last.pop(key, None)


def has_escaped(key: int) -> None:
    """Record that a dropped object is still referenced elsewhere."""
    life = last.get(key)
    if life is not None:
        escaped.append(life)


def escapes() -> list[Life]:
    """The known lives of objects that escaped. Costs a walk over all objects that the garbage collector tracks.

    The native engine knows only those that are still alive.
    """
    return [*escaped, *(last[key] for key in map(id, gc.get_objects()) if key in last)]


def record_state(obj: Any, plan: Plan) -> None:
    """Record the state of an object that was just emptied, if a reset emptied it."""
    life = last.get(id(obj))
    if life is not None and plan.reset is not None:
        life.left = snapshot(obj)


def popped(obj: Any, store: Owner) -> str | None:
    """Check an object that comes from its freelist; return the text of a warning if it changed while it was parked.

    The caller ensures that the last life of the object is known.
    """
    life = last[id(obj)]
    changed = difference(obj, life.left, store.plan, store.kept_names())
    if changed is None:
        return None
    return (
        f"{obj.__class__.__qualname__}: a parked object was changed: {changed}; something still refers to a part of "
        f"it. Its last owner took it at {life}. It was discarded; let no part of an object outlive the object, or "
        "let its reset replace that part by a new one"
    )


def warn(text: str) -> None:
    """Issue a `DirtyWarning` at the line that takes an object now.

    Raises:
        DirtyWarning: the warnings filter makes warnings errors.
    """
    warnings.warn(text, DirtyWarning, stacklevel=user_frame()[1])


def recording(reset: Reset, plan: Plan) -> Reset:
    """Wrap a `reset` or a `capacity` so that it records the state in which it leaves an object."""

    def recorded(obj: Any) -> Any:
        result = reset(obj)
        record_state(obj, plan)
        return result

    return recorded
