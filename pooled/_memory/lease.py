"""Leases: short-lived objects that expose recycled memory, and return it to its pool when they are freed.

Each view of the memory, such as a memoryview, a slice of one or a numpy array, keeps the lease alive, so the lease is
freed when the last view is released. A lease is a ctypes array: in all supported versions of Python, only that kind of
object can both expose the memory of another object through the buffer protocol and have a `__del__`.
"""

from __future__ import annotations

import ctypes
from functools import cache
from sys import getrefcount, is_finalizing
from typing import Any, Final, Protocol

Memory = ctypes.Array
"""Recycled memory: a ctypes array, which has memory of its own or uses the buffer of another object."""


class Lender(Protocol):
    """The part of a pool that memory returns to. It does not keep the pool itself."""

    def take_back(self, memory: list[Memory[Any]]) -> None:
        """Take back the memory in this list, which alone refers to it."""

    def count_lost(self, outcome: str) -> None:
        """Count memory that does not return, by a name in `Stats`."""


def own_memory(size: int) -> Memory[Any]:
    """Allocate `size` bytes, and set all of them to 0."""
    return (ctypes.c_ubyte * size)()


def memory_of(exporter: Any, size: int) -> Memory[Any]:
    """The memory of an object with a writable buffer of `size` bytes. It keeps the object alive."""
    return (ctypes.c_ubyte * size).from_buffer(exporter)


def lend(memory: Memory[Any], lender: Lender) -> Any:
    """An object that exposes `memory` through the buffer protocol, and returns it to `lender` when it is freed."""
    lease = _lease_class(len(memory)).from_address(ctypes.addressof(memory))
    lease._memory = memory
    lease._lender = lender
    return lease


def blank(memory: Memory[Any], nbytes: int) -> None:
    """Set the first `nbytes` bytes to 0."""
    ctypes.memset(memory, 0, nbytes)


def _end(lease: Any, is_exiting: Any = is_finalizing) -> None:
    # A parameter, since Python clears the globals of this module at exit, and this function is still called.
    if is_exiting():
        return
    try:
        lender, memory = lease._lender, [lease._memory]
    except AttributeError:
        return  # a copy of a lease has memory of its own
    references = getrefcount(lease), getrefcount(memory[0])
    if references == _ALONE:
        del lease._memory
        lender.take_back(memory)
    elif lender is _counting:
        _counting.append(references)
    else:
        # The garbage collector calls this before it frees anything, and the object may still be resurrected.
        lender.count_lost("escaped" if references[0] == _ALONE[0] else "collected")


@cache
def _lease_class(size: int) -> Any:
    """The class of leases of `size` bytes; the class of a ctypes array defines its size."""
    return type("Lease", (ctypes.c_ubyte * size,), {"__slots__": ("_lender", "_memory"), "__del__": _end})


# The reference count of a lease without other references differs between versions of Python and between functions. So
# `_end` itself measures it once, at import.
_counting: Final[Any] = []
_ALONE: tuple[int, int] = (0, 0)
lend(own_memory(1), _counting)
_ALONE = _counting.pop()
