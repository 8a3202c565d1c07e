"""`LeasePool`: a pool of memory that is lent through the buffer protocol."""

from __future__ import annotations

import sys
from operator import index
from typing import TYPE_CHECKING, Any, Final

from pooled import _config
from pooled._memory.blocks import Blocks
from pooled._memory.events import EventQueue
from pooled._memory.registry import MemoryPool
from pooled._policy import check_limit, check_name
from pooled._stats import Stats

if TYPE_CHECKING:
    from pooled._memory.lease import Memory

OFF: Final = _config.current.engine == "off"
"""Whether pools hand out ordinary memory and park none."""


class LeasePool(MemoryPool):
    """A pool of blocks of memory. A block returns to the pool when its last view is released.

    Block sizes are powers of two, in bytes, and a block serves any take of its size or less. A block larger than
    `max_cap` serves one take, is at most an eighth larger than that, and is freed when it is dropped. No method waits
    for another thread for longer than 10 ms, so a view may be dropped anywhere: in a finalizer, in a signal handler, or
    while a lock is held.
    """

    __slots__ = ("_blank", "_blocks", "_events", "_lend")

    _is_exiting = staticmethod(sys.is_finalizing)

    def __init__(self, *, max_bytes: int, max_cap: int | None, name: str | None) -> None:
        check_name(name)
        max_bytes = check_limit("max_bytes", max_bytes)
        self._blocks: Final = Blocks(max_bytes, None if max_cap is None else check_limit("max_cap", max_cap))
        self._events: Final = EventQueue(self._blocks.handle)
        if not OFF:
            # Not at the top: the import of ctypes takes time, and some builds of Python lack it.
            from pooled._memory import lease

            self._lend: Final = lease.lend
            self._blank: Final = lease.blank
        super().__init__(max_bytes, name or type(self).__name__)
        if not _config.current.pooling:
            self._follow_switch()

    @property
    def max_cap(self) -> int:
        """The most bytes of a parked block; larger ones are discarded. By default, it is `max_bytes`."""
        return self._max_bytes if self._blocks.max_cap is None else self._blocks.max_cap

    @property
    def parked_bytes(self) -> int:
        """How many bytes are parked. Costs a walk over the size classes in use."""
        return self._blocks.parked_bytes()

    def stats(self) -> Stats:
        """Counts of the blocks that this pool handed out, and of how they ended. `parked_bytes` gives bytes.

        `discarded_large` counts blocks above `max_cap`. `discarded_full` counts blocks that did not fit into
        `max_bytes`. `collected` counts blocks whose last view the cyclic garbage collector found. Such a view may be
        resurrected, so its memory is not reused. `escaped` counts blocks to whose memory something else still refers.
        """
        self._events.settle()
        return Stats(parked=len(self), **dict(self._blocks.tally))  # its copying cannot be interrupted

    def prune(self) -> int:
        """Free some parked blocks, first those of the sizes that have not been taken for the longest time.

        It frees 10 % of `max_bytes` if more than that is parked, else 1 %; at least one block.

        Returns:
            The number of freed blocks.
        """
        least = self._prunable_bytes()
        freed = freed_bytes = 0
        for size in self._blocks.free_coldest():
            freed, freed_bytes = freed + 1, freed_bytes + size
            if freed_bytes >= least:
                break
        return freed

    def clear(self) -> int:
        """Free all parked blocks. Blocks in use still return to the pool.

        Returns:
            The number of freed blocks.
        """
        return sum(1 for _ in self._blocks.free_coldest())

    def resize(self, *, max_bytes: int | None = None, max_cap: int | None = None) -> None:
        """Change the limits, in bytes. Omitted limits stay unchanged. Parked blocks beyond the new limits are freed.

        Raises:
            TypeError, ValueError: a limit is not an int of 0 or more; nothing changes.
        """
        blocks = self._blocks
        max_bytes = self._max_bytes if max_bytes is None else check_limit("max_bytes", max_bytes)
        max_cap = blocks.max_cap if max_cap is None else check_limit("max_cap", max_cap)
        self._max_bytes = max_bytes
        blocks.limit(max_bytes, max_cap)
        self._follow_switch()

    def _follow_switch(self) -> None:
        """Turn parking on or off, as `disable` and `enable` require. Other threads may call them meanwhile."""
        limit = None
        while limit != (wanted := self._max_bytes if _config.current.pooling else 0):
            limit = wanted
            self._blocks.limit(limit, self._blocks.max_cap)
            self._events.note("resized", 0)

    def __len__(self) -> int:
        """How many blocks are parked."""
        return len(self._blocks)

    def __repr__(self) -> str:
        limits = f"max_bytes={self.max_bytes} max_cap={self.max_cap} parked_bytes={self.parked_bytes}"
        return f"<{type(self).__name__} {self.name} {limits}>"

    def _new_memory(self, size: int, *, zero: bool) -> Memory[Any]:
        """Allocate memory of `size` bytes; with `zero`, all bytes are 0. Each kind of pool defines it."""
        raise NotImplementedError

    def __del__(self) -> None:
        """Free the parked blocks. Leases keep the queue and the blocks, but not the pool."""
        events = getattr(self, "_events", None)  # None if `__init__` raised
        if events is not None and not self._is_exiting():
            self._blocks.limit(0, 0)
            events.note("resized", 0)

    # Taking.

    def _lease(self, nbytes: int, *, zero: bool) -> Any:
        """An object with a buffer of `nbytes` bytes or more. The memory returns to the pool when the object dies."""
        size = self._blocks.size_for(nbytes)
        memory = self._blocks.pop(size)
        if memory is None:
            memory, what = self._new_memory(size, zero=zero), "misses"
        else:
            what = "hits"
            if zero:
                self._blank(memory, nbytes)
        # Not settled here, but when a block returns or `stats` is called.
        self._events.append(what, size)
        return self._lend(memory, self._events)

    def _prefill(self, nbytes: int, n: int) -> int:
        size, made = self._blocks.size_for(nbytes), 0
        while made < n and not OFF and self._blocks.has_room_for_new(size):
            memory = self._new_memory(size, zero=False)
            self._blank(memory, size)  # the system allocates pages when they are first touched: now
            self._events.note("prefilled", size, [memory])
            made += 1
        return made


def check_size(name: str, value: object) -> int:
    """Return `value` as a number of bytes or blocks, or raise an error that names the parameter and the value."""
    if type(value) is int and 0 <= value <= sys.maxsize:
        return value
    try:
        size = index(value)  # type: ignore[arg-type] # it raises TypeError for other types
    except TypeError:
        size = None
    if size is None or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected an int of 0 or more, got {type(value).__name__}")
    if not 0 <= size <= sys.maxsize:
        raise ValueError(f"{name}={value!r}: expected 0 or more, and at most {sys.maxsize}")
    return size
