"""`live`: a list of the objects in use and where they were taken, in debug mode."""

from __future__ import annotations

import time

from pooled import _config
from pooled._policy import Scope
from pooled._pool.pools import all_pools
from pooled._record import Record


class Live(Record):
    """One object in use: where and when it was taken. It does not refer to the object.

    Attributes:
        cls: the class of the object.
        pool: the name of the pool that the object returns to.
        scope: the scope of that pool, "local" or "global".
        filename: the file in which the object was taken.
        lineno: the line in that file, in the innermost frame of the program. Frames of this package, of `copy` and
            `pickle`, and of methods that attrs or dataclasses generated do not count.
        function: the qualified name of the function of that frame, or "<module>".
        since: when the object was taken, in seconds of `time.monotonic()`.
        seconds: how long the object had been in use when `live` was called, in seconds.
        thread: the name of the thread that took the object.
        thread_id: the `threading.get_ident()` of that thread. Another thread may have the same after that thread has
            ended.
    """

    cls: type
    pool: str
    scope: Scope
    filename: str
    lineno: int
    function: str
    since: float
    seconds: float
    thread: str
    thread_id: int

    def __str__(self) -> str:
        place = f"{self.filename}:{self.lineno} in {self.function}"
        return f"{self.cls.__qualname__} taken at {place}, {self.seconds:.3f} s ago, on {self.thread}"


def live(cls: type | None = None) -> list[Live]:
    """List the objects in use, oldest first: handed out and not dropped yet, as `Stats.live` counts them.

    It requires the debug mode, which the environment sets before `pooled` is imported: `POOLED_DEBUG=1` records every
    take, `POOLED_DEBUG=100` one in a hundred. The records keep no object alive. The list contains neither objects that
    were detached or escaped, nor memory from pools of memory.

    Cost: a walk over all records. In debug mode, a take and a drop each take a few microseconds longer.

    Args:
        cls: list only objects of exactly this class, not of its subclasses.

    Raises:
        RuntimeError: the debug mode is off.
        TypeError: `cls` is not a class.
    """
    if not isinstance(cls, type | None):
        raise TypeError(f"cls={cls!r}: expected a class, got {type(cls).__name__}; leave it out for all classes")
    if not _config.current.debug:
        raise RuntimeError(
            "live(): nothing is recorded; set POOLED_DEBUG=1 in the environment before pooled is imported (or N, to "
            "record one take in N)"
        )
    # Not at the top, since only the debug mode loads it.
    from pooled._debug import lifetimes

    names = {id(pool._store): pool.name for pool in all_pools()}
    now = time.monotonic()
    found = []
    for life in sorted(lifetimes.out.values(), key=lambda life: life.since):
        its_class, store = life.cls(), life.store()
        if its_class is None or store is None or cls not in (None, its_class):
            continue
        found.append(
            Live(
                cls=its_class,
                pool=names.get(id(store)) or _config.target_of(its_class),
                scope=store.policy.scope,
                filename=life.filename,
                lineno=life.lineno,
                function=life.function,
                since=life.since,
                seconds=now - life.since,
                thread=life.thread,
                thread_id=life.thread_id,
            )
        )
    return found
