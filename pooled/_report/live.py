"""What is out: a list of the objects that were taken and not seen again, where that was recorded."""

from __future__ import annotations

import time

import attrs

from pooled import _config
from pooled._policy import Scope
from pooled._pool.pools import all_pools


@attrs.frozen(kw_only=True)
class Live:
    """One object that is out: where it was taken, and when. It does not refer to the object.

    Attributes:
        cls: its class.
        pool: the name of the pool that it is to come home to.
        scope: whether that is "local" or "global".
        filename: the file in which it was taken.
        lineno: the line there. It is that of the innermost code that is not plumbing: of this package, of `copy` and
            `pickle`, or of an `__init__` that attrs or dataclasses generated.
        function: the qualified name of the function there, or "<module>".
        since: when it was taken, as `time.monotonic()` said.
        seconds: for how long it had been out when `live` was called.
        thread: the name of the thread that took it.
        thread_id: its `threading.get_ident()`, which another thread may have by now.
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
    """The objects that are out, oldest first: handed out, and not yet seen again, as `Stats.live` counts them.

    It needs the debug mode, which is set before `pooled` is imported: `POOLED_DEBUG=1` in the environment records every
    take, `POOLED_DEBUG=100` one in a hundred. What is recorded keeps nothing alive. An object that was detached, or
    has escaped, is out no more. Objects of pools of memory are not listed.

    Costs a look at every record. In debug mode a take and a drop cost some microseconds more each.

    Args:
        cls: list only the objects of this class, not of its subclasses.

    Raises:
        RuntimeError: the debug mode is off.
        TypeError: `cls` is not a class.
    """
    if not isinstance(cls, type | None):
        raise TypeError(f"cls={cls!r}: expected a class, got {type(cls).__name__}; leave it out for all of them")
    if not _config.current.debug:
        raise RuntimeError(
            "live(): nothing is recorded; set POOLED_DEBUG=1 in the environment before pooled is imported (or N, to "
            "record one take in N)"
        )
    # Not at the top: it is there in debug mode alone.
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
