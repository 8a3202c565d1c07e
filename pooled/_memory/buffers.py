"""`BufferPool`: plain memory for input and output, recycled when its last view is released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pooled._memory.pool import OFF, LeasePool, check_size

if TYPE_CHECKING:
    from pooled._memory.lease import Memory


class BufferPool(LeasePool):
    """A pool of memory to read into: `sock.recv_into(view)`, `file.readinto(view)`.

    `take(nbytes)` returns a `memoryview`. Its memory returns to the pool when its last view is released; slices, casts,
    numpy arrays and all other users of the buffer protocol count as views. `with pool.take(n) as view:` releases the
    view at the end of the block; the memory returns then, unless other views exist. Any thread may take and drop.

    Block sizes are powers of two, at least 64 bytes. The pool parks up to `max_bytes`. When this limit is reached, it
    frees blocks of sizes that were not taken during the last 1000 takes. Unused memory stays parked until `prune` or
    `clear`.

    Cost: a take and a drop together take a few microseconds, for any size. The time of `bytearray(n)` grows with `n`,
        because it fills its memory with zeros. So the pool is faster from a few hundred kilobytes on, not for small
        messages.

    Args:
        max_bytes: the most bytes that are parked, in all threads together. 0 pools nothing.
        max_cap: the most bytes of a parked block. A larger block is at most an eighth larger than the take, and is
            freed when it is dropped. The default is `max_bytes`.
        name: the name of the pool in reports. The default is "BufferPool".

    Raises:
        TypeError, ValueError: an argument is invalid; the message names it, its value and the remedy.
        ImportError: this Python was built without ctypes.
    """

    __slots__ = ()

    def __init__(self, *, max_bytes: int = 1 << 26, max_cap: int | None = None, name: str | None = None) -> None:
        super().__init__(max_bytes=max_bytes, max_cap=max_cap, name=name)

    def take(self, nbytes: int, *, zero: bool = False) -> memoryview:
        """Take a writable view of exactly `nbytes` bytes, of format "B" and one dimension.

        Its content is left over from an earlier use of the same memory in this process. With `zero`, all bytes are set
        to 0.

        Raises:
            TypeError, ValueError: `nbytes` is not an int of 0 or more.
            MemoryError: a block that large cannot be allocated.
        """
        if self._is_exiting():
            return memoryview(bytearray(nbytes))  # Python clears the globals of modules then
        nbytes = check_size("nbytes", nbytes)
        if OFF:
            return memoryview(bytearray(nbytes))
        return memoryview(self._lease(nbytes, zero=zero)).cast("B")[:nbytes]

    def prefill(self, nbytes: int, n: int) -> int:
        """Allocate and park up to `n` blocks for takes of `nbytes` bytes, as many as fit into the pool.

        Returns:
            The number of allocated blocks.
        """
        return self._prefill(check_size("nbytes", nbytes), check_size("n", n))

    def _new_memory(self, size: int, *, zero: bool) -> Memory[Any]:  # noqa: ARG002 (new memory is all zeros)
        from pooled._memory.lease import own_memory  # not at the top, as in LeasePool

        return own_memory(size)
