"""Leases: short-lived objects that lend out memory, and tell its pool when nobody can reach it any more.

What is recycled is the memory. Everything that looks at it, be it a memoryview, a slice of one or an array of numpy's,
keeps the lease alive, so the lease dies just when the last of them is gone. It is a ctypes array, which is the one
kind of object that shows the memory of another to the buffer protocol and can have a `__del__` in all of the versions
of Python that are served here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from sys import getrefcount, is_finalizing
from typing import Any, Final, Protocol

Memory = ctypes.Array
"""What is recycled: an array of ctypes', which has memory of its own or was made from another's buffer."""


class Lender(Protocol):
    """What memory comes home to."""

    def take_back(self, memory: list[Memory[Any]]) -> None:
        """Take memory that nobody else can reach out of this list, which alone holds it."""

    def let_go(self, fate: str) -> None:
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
    of_lease, of_memory = _holders(lease, memory)
    if of_lease != _ALONE[0]:
        # The cyclic collector calls before it lets go of anything, and what it found may yet come back to life.
        lender.let_go("collected")
    elif of_memory != _ALONE[1]:
        lender.let_go("escaped")
    else:
        del lease._memory
        lender.take_back(memory)


def _holders(lease: Any, memory: list[Memory[Any]]) -> tuple[int, int]:
    """How many references there are to a lease and to its memory, those of the callers included."""
    return getrefcount(lease), getrefcount(memory[0])


def _lease_class_of(size: int, end: Callable[[Any], None]) -> Any:
    return type("Lease", (ctypes.c_ubyte * size,), {"__slots__": ("_lender", "_memory"), "__del__": end})


@cache
def _lease_class(size: int) -> Any:
    """The class of leases of `size` bytes: the size of a ctypes array is a matter of its class."""
    return _lease_class_of(size, _end)


def _holders_of_one_alone() -> tuple[int, int]:
    seen: list[tuple[int, int]] = []

    def end(lease: Any) -> None:
        memory = [lease._memory]
        seen.append(_holders(lease, memory))

    lease = _lease_class_of(1, end)()
    lease._memory = own_memory(1)
    del lease
    return seen.pop()


_ALONE: Final = _holders_of_one_alone()  # differs between versions of Python
