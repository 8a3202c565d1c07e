"""`ArrayPool`: numpy arrays on memory that is recycled when the last view of it is gone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeAlias, TypeVar, overload

from pooled._memory.pool import OFF, MemoryPool, check_size

try:
    import numpy as np
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.numpy needs numpy, which is not installed: pip install 'pooled-objects[numpy]'"
    ) from _error

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from pooled._memory.lease import Memory

__all__ = ["ArrayPool"]

S = TypeVar("S", bound=np.generic)

Shape: TypeAlias = SupportsIndex | Sequence[SupportsIndex]


class ArrayPool(MemoryPool):
    """Arrays of any shape and dtype without objects, on recycled memory.

    `take(shape, dtype)` gives an `ndarray` as `numpy.empty` does. Its memory comes home when the last view of it is
    gone: slices, reshapes, transposes, memoryviews and whatever else uses the buffer protocol included. Any thread
    may take and drop. Pickles and copies are ordinary arrays with memory of their own. The memory belongs to the
    pool, so an array's `flags.owndata` is False, and its `resize` method refuses.

    Memory comes in blocks of powers of two, 64 bytes or more, whatever the dtype: a block that held 1000 float64
    serves 2000 float32 next, and what an array leaves over of its block, up to half of it, is not used. Up to
    `max_bytes` are parked; where that is all taken, blocks of a size that nobody asked for during the last 1000 takes
    make way. Memory that is not asked for stays parked until `prune` or `clear`.

    Cost: a take and a drop together are a few microseconds, whatever the size; `numpy.empty` needs a few tenths of
    one. What this saves are the pages of large arrays, which the system has to find and to zero again each time that
    the allocator had given them back: so it pays for arrays of some megabytes, not for small ones. `python -m
    benchmarks` measures arrays of 16 MiB that are filled: 12 times as fast where their pages had been given back, 3.5
    times where these were huge pages, and the same where the allocator had kept them.

    Args:
        max_bytes: how many bytes are parked at most, in all threads together. 0 pools nothing.
        max_cap: a block is discarded when it is dropped where its bytes, rounded up to a power of two, are more than
            this. Such a block is made an eighth larger than was asked for, at most. Left out, it is `max_bytes`.
        name: what reports call the pool. Else "ArrayPool".

    Raises:
        TypeError, ValueError: an argument is not what it should be; the text names it, its value and the way out.
        ImportError: this Python was built without ctypes.
    """

    __slots__ = ()

    def __init__(self, *, max_bytes: int = 1 << 28, max_cap: int | None = None, name: str | None = None) -> None:
        super().__init__(max_bytes=max_bytes, max_cap=max_cap, name=name)

    @overload
    def take(self, shape: Shape, *, zero: bool = ..., order: Literal["C", "F"] = ...) -> NDArray[np.float64]: ...

    @overload
    def take(
        self, shape: Shape, dtype: type[S] | np.dtype[S], *, zero: bool = ..., order: Literal["C", "F"] = ...
    ) -> NDArray[S]: ...

    @overload
    def take(
        self, shape: Shape, dtype: DTypeLike, *, zero: bool = ..., order: Literal["C", "F"] = ...
    ) -> NDArray[Any]: ...

    def take(
        self, shape: Shape, dtype: DTypeLike = float, *, zero: bool = False, order: Literal["C", "F"] = "C"
    ) -> NDArray[Any]:
        """A writable, aligned array of just this shape and dtype.

        One without elements needs no memory: it is as numpy makes it, and not counted.

        Args:
            shape: elements along each axis: an int, or a sequence of ints, which may be empty.
            dtype: what numpy takes as one, but nothing that holds references to objects.
            zero: whether all bytes are 0, which costs a write of each. Else what is in it is left over from an
                earlier use, in this process, of the same memory.
            order: "C", the last axis varies fastest; or "F", the first one does.

        Raises:
            TypeError: `dtype` holds references to objects, or is no dtype; `shape` is not of ints.
            ValueError: an element of `shape` is below 0, `order` is neither "C" nor "F", or the array is too large.
            MemoryError: there is no block that large.
        """
        shape, dtype = _checked(shape, dtype)
        if order not in ("C", "F"):
            raise ValueError(f"order={order!r}: expected 'C', the last axis varies fastest, or 'F', the first one does")
        nbytes = _bytes_of(shape, dtype)
        if OFF or not nbytes:
            return (np.zeros if zero else np.empty)(shape, dtype, order)
        return np.ndarray(shape, dtype, self._lease(nbytes, zero=zero), order=order)

    def prefill(self, shape: Shape, n: int, dtype: DTypeLike = float) -> int:
        """Make up to `n` blocks for arrays of this shape and dtype and park them, as far as there is room.

        Returns:
            How many were made.
        """
        return self._prefill(_bytes_of(*_checked(shape, dtype)), check_size("n", n))

    def _new_memory(self, size: int, *, zero: bool) -> Memory[Any]:
        from pooled._memory.lease import memory_of  # here for the reason that MemoryPool has

        return memory_of((np.zeros if zero else np.empty)(size, np.uint8), size)


def _checked(shape: Shape, dtype: DTypeLike) -> tuple[tuple[int, ...], np.dtype[Any]]:
    lengths = shape if not isinstance(shape, int) and isinstance(shape, Iterable) else (shape,)
    checked = tuple([check_size("shape", length) for length in lengths])
    dtype = np.dtype(dtype)
    if dtype.hasobject:
        raise TypeError(
            f"dtype={dtype!r}: its elements are references to objects, and recycled memory would hold on to them or "
            "take what is left in it for some; use numpy.empty, or a dtype of plain values"
        )
    if not dtype.itemsize:
        dtype = np.empty(0, dtype).dtype  # numpy takes "S" for "S1"
    return checked, dtype


def _bytes_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    nbytes = math.prod(shape) * dtype.itemsize
    try:
        return check_size("nbytes", nbytes)
    except ValueError as error:
        raise ValueError(
            f"shape={shape!r}: an array of {dtype!r} of that shape is larger than memory can be"
        ) from error
