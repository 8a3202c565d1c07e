"""Parked blocks of memory, in size classes of powers of two, under limits in bytes."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pooled._stats import COUNTERS

if TYPE_CHECKING:
    from pooled._memory.lease import Memory

_SMALLEST: Final = 64
"""Bytes of the smallest size class."""

_IDLE: Final = 1000
"""A size class frees its parked blocks for one in use after this many takes of other sizes."""


class SizeClass:
    """The parked blocks of one size, the most recently used on top.

    Attributes:
        size: bytes of each block.
        blocks: the parked ones.
        last_taken: the number of blocks that the pool had handed out when a block of this size was last taken.
    """

    __slots__ = ("blocks", "last_taken", "size")

    def __init__(self, size: int, taken: int) -> None:
        self.size = size
        self.blocks: deque[Memory[Any]] = deque()
        self.last_taken = taken


class Blocks:
    """The parked blocks of one pool, with their limits and counts.

    `pop` may run on any thread at any time, also within another method of this object. Only `handle` makes other
    changes, and only one thread at a time calls it. So the lists that it reads may shrink meanwhile, but not grow.

    Attributes:
        tally: counts of blocks, by their names in `Stats`.
        max_bytes: the most bytes that are parked.
        max_cap: the most bytes of one parked block; None: `max_bytes`.
    """

    __slots__ = ("_by_size", "_bytes_at_most", "_classes", "_largest", "max_bytes", "max_cap", "tally")

    def __init__(self, max_bytes: int, max_cap: int | None) -> None:
        self.tally: Final = dict.fromkeys(COUNTERS, 0)
        self._by_size: Final[dict[int, SizeClass]] = {}
        self._classes: tuple[SizeClass, ...] = ()  # the same; a tuple does not change during an iteration
        self._bytes_at_most = 0  # an upper bound of the parked bytes: takes are subtracted only when it matters
        self.limit(max_bytes, max_cap)

    def limit(self, max_bytes: int, max_cap: int | None) -> None:
        """Set the limits. Blocks beyond them stay parked until `handle` is called with "resized"."""
        self.max_bytes, self.max_cap = max_bytes, max_cap
        self._largest = min(self._most(), max_bytes, sys.maxsize)

    def size_for(self, nbytes: int) -> int:
        """The bytes of a block for a take of `nbytes`.

        This is the next power of two. If such a block could not be parked, it is at most an eighth more than `nbytes`.
        """
        size = 1 << (nbytes - 1).bit_length() if nbytes > _SMALLEST else _SMALLEST
        if size <= self._largest:
            return size
        step = 1 << max(0, nbytes.bit_length() - 4)
        return min(max(1, -(-nbytes // step) * step), sys.maxsize)

    def has_room_for_new(self, size: int) -> bool:
        """Whether a block of `size` bytes can be parked without freeing another. Costs a walk over the size classes."""
        return size <= self._largest and self.parked_bytes() + size <= self.max_bytes

    def pop(self, size: int) -> Memory[Any] | None:
        """Take a parked block of exactly `size` bytes, or return None."""
        try:
            return self._by_size[size].blocks.pop()
        except (KeyError, IndexError):
            return None

    def __len__(self) -> int:
        """How many blocks are parked."""
        return sum(len(each.blocks) for each in self._classes)

    def parked_bytes(self) -> int:
        """How many bytes are parked."""
        return sum(len(each.blocks) * each.size for each in self._classes)

    def free_coldest(self) -> Iterator[int]:
        """Free parked blocks one by one, the least recently taken size first; yield their sizes."""
        return _free_coldest(self._classes)

    def handle(self, what: str, size: int, memory: list[Memory[Any]] | None) -> None:
        """Apply an event: its name, the bytes of the block, and a list with the only reference to a returned block.

        The name is "resized", "prefilled", or a count of `Stats`.
        """
        if what == "resized":
            self._free_beyond_limits()
        elif what == "prefilled":
            self._park(size, memory)
        elif memory is not None:
            self.tally[self._park(size, memory)] += 1
        else:
            self.tally[what] += 1
            if size in self._by_size:  # the block was taken
                self._by_size[size].last_taken = self._taken()

    def _most(self) -> int:
        return self.max_bytes if self.max_cap is None else self.max_cap

    def _park(self, size: int, memory: Any) -> str:
        """Park the block in the list `memory` if the limits allow it; return the outcome, by its name in `Stats`."""
        if size > self._largest or size < _SMALLEST or size & (size - 1):  # of no size class: larger than `max_cap`
            return "discarded_large" if self.max_bytes else "discarded_full"
        if not self._has_room(size):
            self._free_idle(size)
            if not self._has_room(size):
                return "discarded_full"
        size_class = self._by_size.get(size)
        if size_class is None:
            size_class = self._by_size[size] = SizeClass(size, self._taken())
            self._classes = (*self._classes, size_class)
        self._bytes_at_most += size
        size_class.blocks.append(memory.pop())
        return "recycled"

    def _has_room(self, size: int) -> bool:
        if self._bytes_at_most + size > self.max_bytes:
            self._bytes_at_most = self.parked_bytes()
        return self._bytes_at_most + size <= self.max_bytes

    def _taken(self) -> int:
        return self.tally["hits"] + self.tally["misses"]

    def _free_idle(self, size: int) -> None:
        """Free blocks of size classes that are no longer taken, until there is room for one of `size` bytes."""
        for each in self._classes:
            if self._taken() - each.last_taken > _IDLE:
                freed = _free_coldest((each,))
                while not self._has_room(size) and next(freed, None):
                    pass

    def _free_beyond_limits(self) -> None:
        for each in self._classes:
            if each.size > self._most():
                each.blocks.clear()
        freed = self.free_coldest()
        while self.parked_bytes() > self.max_bytes and next(freed, None):
            pass


def _free_coldest(classes: tuple[SizeClass, ...]) -> Iterator[int]:
    for each in sorted(classes, key=lambda each: each.last_taken):
        for _ in range(len(each.blocks)):
            try:
                each.blocks.popleft()
            except IndexError:  # another thread took it
                break
            yield each.size
