"""Leases: short-lived objects that lend out memory, and tell its pool when nobody can reach it any more.

What is recycled is the memory. Everything that looks at it, be it a memoryview, a slice of one or an array of numpy's,
keeps the lease alive, so the lease dies just when the last of them is gone. It is a ctypes array, which is the one
kind of object that shows the memory of another to the buffer protocol and can have a `__del__` in all of the versions
of Python that are served here.
"""

from __future__ import annotations

import ctypes
from functools import cache
from sys import getrefcount, is_finalizing
from typing import Any, Final, Protocol

Memory = ctypes.Array
"""What is recycled: an array of ctypes', which has memory of its own or was made from another's buffer."""


class Lender(Protocol):
    """What memory comes home to."""

    def _take_back(self, memory: list[Memory[Any]]) -> None:
        """Take memory that nobody else can reach out of this list, which alone holds it."""

    def _count_lost(self, outcome: str) -> None:
        """Count memory that does not come home, by a name in `Stats`."""


def own_memory(size: int) -> Memory[Any]:
    """New memory of `size` bytes, all 0. Touches all of it."""
    return (ctypes.c_ubyte * size)()


def memory_of(exporter: Any, size: int) -> Memory[Any]:
    """The memory of an object with a writable buffer of `size` bytes, which lives on with it. Touches none of it."""
    return (ctypes.c_ubyte * size).from_buffer(exporter)


def lend(memory: Memory[Any], lender: Lender) -> Any:
    """An object that shows `memory` to the buffer protocol, and has it come home to `lender` when it dies."""
    lease = _lease_class(len(memory)).from_address(ctypes.addressof(memory))
    lease._memory = memory
    lease._lender = lender
    return lease


def blank(memory: Memory[Any], nbytes: int) -> None:
    """Set the first `nbytes` bytes to 0."""
    ctypes.memset(memory, 0, nbytes)


def _end(lease: Any, is_exiting: Any = is_finalizing) -> None:
    # The parameter is there still when the interpreter ends and this module has lost its names.
    if is_exiting():
        return
    try:
        lender, memory = lease._lender, [lease._memory]
    except AttributeError:
        return  # a copy of a lease, which has memory of its own
    references = getrefcount(lease), getrefcount(memory[0])
    if references == _ALONE:
        del lease._memory
        lender._take_back(memory)
    elif lender is _counting:
        _counting.append(references)
    else:
        # The cyclic collector calls before it lets go of anything, and what it found may yet come back to life.
        lender._count_lost("escaped" if references[0] == _ALONE[0] else "collected")


@cache
def _lease_class(size: int) -> Any:
    """The class of leases of `size` bytes: the size of a ctypes array is a matter of its class."""
    return type("Lease", (ctypes.c_ubyte * size,), {"__slots__": ("_lender", "_memory"), "__del__": _end})


# How many references there are when nobody else has any differs between versions of Python, and from one function to
# the next. So it is the function itself that finds it out.
_counting: Final[Any] = []
_ALONE: tuple[int, int] = (0, 0)
lend(own_memory(1), _counting)
_ALONE = _counting.pop()
