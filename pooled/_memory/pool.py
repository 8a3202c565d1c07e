"""Pools of memory: blocks in size classes of powers of two, parked under a budget of bytes."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from operator import index
from threading import get_ident
from time import sleep
from typing import TYPE_CHECKING, Any, Final, NoReturn, SupportsIndex, TypeAlias
from weakref import WeakValueDictionary

import attrs

from pooled import _config
from pooled._policy import check_limit
from pooled._stats import Stats

if TYPE_CHECKING:
    from pooled._memory.lease import Memory

OFF: Final = _config.current.engine == "off"
"""Whether memory is made and dropped as if this library were not there."""

_COUNTED: Final = tuple(field.name for field in attrs.fields(Stats) if field.name != "parked")

_SMALLEST: Final = 64
"""Bytes of the smallest blocks."""

_IDLE: Final = 1000
"""A size that so many takes of other sizes have passed by gives up its parked blocks to one that is in use."""

_MORE: Final = 1000
"""So much more is seen to at once than there was at first."""

_BEHIND: Final = 10_000
"""Where so much waits to be seen to, others wait."""

_Event: TypeAlias = "tuple[str, int, list[Memory[Any]] | None]"
"""What happened to a block, its size, and the memory itself where it came home."""


def refuse_to_leave(pool: object) -> NoReturn:
    """Raise TypeError: what stands behind a pool, and who looks for it there, cannot be sent or made twice."""
    raise TypeError(f"{pool!r}: a pool stays in its process; send what it hands out, or make one there")


class _Shelf:
    """The parked blocks of one size in bytes, the one that was used last on top."""

    __slots__ = ("blocks", "last_taken", "size")

    def __init__(self, size: int, taken: int) -> None:
        self.size = size
        self.blocks: deque[Memory[Any]] = deque()
        self.last_taken = taken  # how many blocks the pool had handed out when one of these was asked for


class MemoryPool:
    """What pools of memory have in common: a block comes home when the last view of it is gone.

    Blocks have sizes of powers of two, in bytes, and each is handed out for what is asked for or less. A block larger
    than `max_cap` is made to measure (an eighth more at most), and dies when it is dropped. Nothing here ever waits for
    another thread, so a view may be dropped anywhere: in a finalizer, a signal handler, or while a lock is held.
    """

    __slots__ = (
        "__weakref__",
        "_blank",
        "_by_size",
        "_bytes_at_most",
        "_events",
        "_largest",
        "_lend",
        "_max_bytes",
        "_max_cap",
        "_name",
        "_shelves",
        "_tally",
        "_turn",
    )

    _is_exiting = staticmethod(sys.is_finalizing)

    def __init__(self, *, max_bytes: int, max_cap: int | None, name: str | None) -> None:
        if not isinstance(name, str | None):
            raise TypeError(
                f"name={name!r}: expected a string, got {type(name).__name__}; leave it out for the default"
            )
        self._max_bytes = check_limit("max_bytes", max_bytes)
        self._max_cap = None if max_cap is None else check_limit("max_cap", max_cap)
        self._largest = self._largest_parked()
        self._name = name or type(self).__name__
        self._by_size: Final[dict[int, _Shelf]] = {}
        self._shelves: tuple[_Shelf, ...] = ()  # the same; it does not change while somebody walks over it
        self._bytes_at_most = 0  # at most so many are parked; what is taken out is not subtracted until it matters
        self._tally: Final = dict.fromkeys(_COUNTED, 0)
        # What happened is only noted down, by whichever thread; whoever has the turn then sees to it. The turn is an
        # entry of a dict, since no other way to get one survives an exception from a signal handler at every point.
        self._events: Final[deque[_Event]] = deque()
        self._turn: Final[dict[str, list[int]]] = {}
        if not OFF:
            # Here, since it takes time to import ctypes, and some builds of Python come without it.
            from pooled._memory import lease

            self._lend: Final = lease.lend
            self._blank: Final = lease.blank
        _all[id(self)] = self

    @property
    def name(self) -> str:
        """What reports call the pool."""
        return self._name

    @property
    def max_bytes(self) -> int:
        """How many bytes the pool parks at most."""
        return self._max_bytes

    @property
    def max_cap(self) -> int:
        """A block of more bytes than this is discarded. Where it was not given, it is `max_bytes`."""
        return self._max_bytes if self._max_cap is None else self._max_cap

    @property
    def parked_bytes(self) -> int:
        """How many bytes are parked. Costs a walk over the size classes in use."""
        return sum(len(shelf.blocks) * shelf.size for shelf in self._shelves)

    def stats(self) -> Stats:
        """What became of the blocks this pool handed out, as counts of blocks; `parked_bytes` says how large they are.

        `discarded_large` are those above `max_cap`, `discarded_full` those that the budget had no room for.
        `collected` are those whose last view the cyclic collector found: it may come back to life, so its memory is
        not used again. `escaped` are those whose memory itself somebody still held.
        """
        self._settle()
        return Stats(parked=len(self), **dict(self._tally))  # its copying cannot be interrupted

    def prune(self) -> int:
        """Let some parked blocks die, those of sizes first that were not asked for the longest.

        10 % of `max_bytes` are let go of where more than that is parked, else 1 %; at least one block.

        Returns:
            How many blocks died.
        """
        percent = 10 if self.parked_bytes * 10 > self._max_bytes else 1
        least = max(1, self._max_bytes * percent // 100)
        died = bytes_died = 0
        for size in self._coldest(*self._shelves):
            died, bytes_died = died + 1, bytes_died + size
            if bytes_died >= least:
                break
        return died

    def clear(self) -> int:
        """Let all parked blocks die. Those in use come home as before.

        Returns:
            How many blocks died.
        """
        return sum(1 for _ in self._coldest(*self._shelves))

    def resize(self, *, max_bytes: int | None = None, max_cap: int | None = None) -> None:
        """Change the limits, in bytes; what is left out stays. Parked blocks that they do not allow die.

        Raises:
            TypeError, ValueError: a limit is not an int of 0 or more; nothing changes.
        """
        max_bytes = self._max_bytes if max_bytes is None else check_limit("max_bytes", max_bytes)
        max_cap = self._max_cap if max_cap is None else check_limit("max_cap", max_cap)
        self._max_bytes, self._max_cap = max_bytes, max_cap
        self._largest = self._largest_parked()
        self._note("resized", 0)

    def __len__(self) -> int:
        """How many blocks are parked."""
        return sum(len(shelf.blocks) for shelf in self._shelves)

    def __bool__(self) -> bool:
        return True  # an empty pool is a pool

    def __repr__(self) -> str:
        limits = f"max_bytes={self.max_bytes} max_cap={self.max_cap} parked_bytes={self.parked_bytes}"
        return f"<{type(self).__name__} {self.name} {limits}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_to_leave(self)

    # What the pools that stand on this one say.

    def _new_memory(self, size: int, *, zero: bool) -> Memory[Any]:
        """New memory of `size` bytes."""
        raise NotImplementedError

    # The way out.

    def _lease(self, nbytes: int, *, zero: bool) -> Any:
        """What keeps memory of at least `nbytes` bytes for as long as anything refers to it, and shows it."""
        size = self._size_for(nbytes)
        try:
            memory = self._by_size[size].blocks.pop()
        except (KeyError, IndexError):
            memory = self._new_memory(size, zero=zero)
            what = "misses"
        else:
            if zero:
                self._blank(memory, nbytes)
            what = "hits"
        # It is seen to when this or another block comes home, or somebody asks.
        self._events.append((what, size, None))
        return self._lend(memory, self)

    def _size_for(self, nbytes: int) -> int:
        size = 1 << (nbytes - 1).bit_length() if nbytes > _SMALLEST else _SMALLEST
        if size <= self._largest:
            return size
        step = 1 << max(0, nbytes.bit_length() - 4)
        return min(max(1, -(-nbytes // step) * step), sys.maxsize)

    def _largest_parked(self) -> int:
        """Bytes of the largest block that may be parked, if it is of a size class."""
        return min(self.max_cap, self._max_bytes, sys.maxsize)

    def _prefill(self, nbytes: int, n: int) -> int:
        size, made = self._size_for(nbytes), 0
        while made < n and not OFF and size <= self._largest and self.parked_bytes + size <= self._max_bytes:
            memory = self._new_memory(size, zero=False)
            self._blank(memory, size)  # the system gives memory when it is first touched: now
            self._note("prefilled", size, [memory])
            made += 1
        return made

    # The way home.

    def _take_back(self, memory: list[Memory[Any]]) -> None:
        """Park memory that nobody else can reach, or let it die."""
        self._note("recycled", len(memory[0]), memory)

    def _let_go(self, fate: str) -> None:
        """Count memory that does not come home, by a name in `Stats`."""
        self._note(fate, 0)

    def _note(self, what: str, size: int, memory: list[Memory[Any]] | None = None) -> None:
        self._events.append((what, size, memory))
        self._settle()

    def _settle(self) -> None:
        """See to what happened, unless that is being done, on another thread or further up on this one.

        Threads that run at once may note more than one of them can see to. So this one sees to what there is, and a bit
        more; and those that find too much of it wait a little.
        """
        mine = [get_ident()]
        left = len(self._events) + _MORE
        while self._events and left > 0:
            try:
                turn = self._turn.setdefault("of", mine)
                if turn is not mine:
                    self._wait_for(turn)
                    return  # whoever has the turn looks once more when it is over
                while self._events and left > 0:
                    self._see_to(*self._events.popleft())
                    left -= 1
            finally:
                # Nothing is called here: a signal handler could raise after a call, and the turn would never end.
                try:
                    if self._turn["of"] is mine:
                        del self._turn["of"]
                except KeyError:
                    pass

    def _wait_for(self, turn: list[int]) -> None:
        """Let another thread see to what there is, where that is very much; not for ever: it may have ended."""
        for _ in range(100):
            if len(self._events) < _BEHIND or turn[0] == get_ident() or self._turn.get("of") is not turn:
                return
            sleep(0.0001)

    def _see_to(self, what: str, size: int, memory: list[Memory[Any]] | None) -> None:
        if what == "resized":
            self._keep_to_limits()
        elif what == "prefilled":
            self._park(size, memory)
        elif memory is not None:
            self._tally[self._park(size, memory)] += 1
        else:
            self._tally[what] += 1
            if size in self._by_size:  # it was taken
                self._by_size[size].last_taken = self._taken()

    def _park(self, size: int, memory: Any) -> str:
        """Park the block in this list if the limits allow it; say what became of it, by a name in `Stats`."""
        if size > self._largest or size < _SMALLEST or size & (size - 1):  # of no size class: it was made to measure
            return "discarded_large" if self._max_bytes else "discarded_full"
        if not self._has_room(size):
            self._give_up_idle(size)
            if not self._has_room(size):
                return "discarded_full"
        shelf = self._by_size.get(size)
        if shelf is None:
            shelf = self._by_size[size] = _Shelf(size, self._taken())
            self._shelves = (*self._shelves, shelf)
        self._bytes_at_most += size
        shelf.blocks.append(memory.pop())
        return "recycled"

    def _has_room(self, size: int) -> bool:
        if self._bytes_at_most + size > self._max_bytes:
            self._bytes_at_most = self.parked_bytes
        return self._bytes_at_most + size <= self._max_bytes

    def _taken(self) -> int:
        return self._tally["hits"] + self._tally["misses"]

    def _give_up_idle(self, size: int) -> None:
        """Let blocks of sizes that nobody asks for any more die, until there is room for one of `size` bytes."""
        for shelf in self._shelves:
            if self._taken() - shelf.last_taken > _IDLE:
                blocks_of_this = self._coldest(shelf)
                while not self._has_room(size) and next(blocks_of_this, None):
                    pass

    def _keep_to_limits(self) -> None:
        for shelf in self._shelves:
            if shelf.size > self.max_cap:
                shelf.blocks.clear()
        coldest = self._coldest(*self._shelves)
        while self.parked_bytes > self._max_bytes and next(coldest, None):
            pass

    def _coldest(self, *shelves: _Shelf) -> Iterator[int]:
        """Let parked blocks die one by one, those of the size first that was not asked for the longest; give sizes."""
        for shelf in sorted(shelves, key=lambda shelf: shelf.last_taken):
            for _ in range(len(shelf.blocks)):
                try:
                    shelf.blocks.popleft()
                except IndexError:  # another thread took it
                    break
                yield shelf.size


_all: Final[WeakValueDictionary[int, MemoryPool]] = WeakValueDictionary()


def memory_pools() -> list[MemoryPool]:
    """Every pool of memory there is, oldest first."""
    pools = (reference() for reference in _all.valuerefs())
    return [pool for pool in pools if pool is not None]


def check_size(name: str, value: object) -> int:
    """Give back `value` as a number of bytes or blocks, or raise an error that names the parameter and the value."""
    if type(value) is int and 0 <= value <= sys.maxsize:
        return value
    try:
        size = index(value)  # type: ignore[arg-type] # that is what is tried out
    except TypeError:
        size = None
    if size is None or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected an int of 0 or more, got {type(value).__name__}")
    if not 0 <= size <= sys.maxsize:
        raise ValueError(f"{name}={value!r}: expected 0 or more, and no more than memory can have ({sys.maxsize})")
    return size


def _after_fork_in_child() -> None:
    for pool in memory_pools():
        pool._turn.clear()  # the thread that had it, if any, is not in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
