"""`BufferPool`: plain memory for input and output, recycled when the last view of it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pooled._memory.pool import OFF, MemoryPool, check_size

if TYPE_CHECKING:
    from pooled._memory.lease import Memory


class BufferPool(MemoryPool):
    """Memory for loops that read into it: `sock.recv_into(view)`, `file.readinto(view)`.

    `take(nbytes)` gives a `memoryview`. The memory behind it comes home when the last view of it is gone: slices,
    casts, arrays of numpy's made of it and whatever else uses the buffer protocol included. `with pool.take(n) as
    view:` lets go of it at the end of the block, unless there are other views by then. Any thread may take and drop.

    Blocks have sizes of powers of two, 64 bytes or more. Up to `max_bytes` of them are parked; where that is all
    taken, blocks of a size that nobody asked for during the last 1000 takes make way. Memory that is not asked for
    stays parked until `prune` or `clear`.

    Cost: a take and a drop together are a few microseconds, whatever the size, against a `bytearray(n)`, which fills
    its memory with zeros. So this pays from some hundred kilobytes on, not for small messages.

    Args:
        max_bytes: how many bytes are parked at most, in all threads together. 0 pools nothing.
        max_cap: a block is discarded when it is dropped where its bytes, rounded up to a power of two, are more than
            this. Such a block is made an eighth larger than was asked for, at most. Left out, it is `max_bytes`.
        name: what reports call the pool. Else "BufferPool".

    Raises:
        TypeError, ValueError: an argument is not what it should be; the text names it, its value and the way out.
        ImportError: this Python was built without ctypes.
    """

    __slots__ = ()

    def __init__(self, *, max_bytes: int = 1 << 26, max_cap: int | None = None, name: str | None = None) -> None:
        super().__init__(max_bytes=max_bytes, max_cap=max_cap, name=name)

    def take(self, nbytes: int, *, zero: bool = False) -> memoryview:
        """A writable view of just `nbytes` bytes: format "B", one dimension.

        What is in it is left over from an earlier use, in this process, of the same memory. With `zero` all bytes
        are 0, which costs a write of each.

        Raises:
            TypeError, ValueError: `nbytes` is not an int of 0 or more.
            MemoryError: there is no block that large.
        """
        if self._is_exiting():
            return memoryview(bytearray(nbytes))  # modules lose their names by then
        nbytes = check_size("nbytes", nbytes)
        if OFF:
            return memoryview(bytearray(nbytes))
        return memoryview(self._lease(nbytes, zero=zero)).cast("B")[:nbytes]

    def prefill(self, nbytes: int, n: int) -> int:
        """Make up to `n` blocks for takes of `nbytes` bytes and park them, as far as there is room.

        Returns:
            How many were made.
        """
        return self._prefill(check_size("nbytes", nbytes), check_size("n", n))

    def _new_memory(self, size: int, *, zero: bool) -> Memory[Any]:  # noqa: ARG002 (it is all zeros anyway)
        from pooled._memory.lease import own_memory  # here for the reason that MemoryPool has

        return own_memory(size)
