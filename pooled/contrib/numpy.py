"""NumPy arrays on recycled memory: `pooled_arrays` and `install` for unchanged code, `ArrayPool` for single arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeAlias, TypeVar, overload

from pooled._memory.pool import OFF, MemoryPool, check_size
from pooled._pool.arrays import install, pooled_arrays

try:
    import numpy as np
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.numpy needs numpy, which is not installed: pip install 'pooled-objects[numpy]'"
    ) from _error

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from pooled._memory.lease import Memory

__all__ = ["ArrayPool", "install", "pooled_arrays"]

S = TypeVar("S", bound=np.generic)

Shape: TypeAlias = SupportsIndex | Sequence[SupportsIndex]


class ArrayPool(MemoryPool):
    """A pool of memory for arrays of any shape, and of any dtype without references to objects.

    `take(shape, dtype)` returns an `ndarray`, as `numpy.empty` does. Its memory returns to the pool when its last view
    is released; slices, reshapes, transposes, memoryviews and all other users of the buffer protocol count as views.
    Any thread may take and drop. Pickles and copies are ordinary arrays with memory of their own. The memory belongs to
    the pool, so `flags.owndata` of an array is False, and its `resize` method raises an error.

    Block sizes are powers of two, at least 64 bytes, independent of the dtype: a block of 1000 float64 can serve 2000
    float32 next. The rest of a block that an array does not need, up to half of it, is unused. The pool parks up to
    `max_bytes`. When that is full, it frees blocks of sizes that were not taken during the last 1000 takes. Unused
    memory stays parked until `prune` or `clear`.

    Cost: a take and a drop together take a few microseconds, for any size; `numpy.empty` takes a few tenths of one.
    Pooling saves the page faults of large arrays: if the allocator returned the pages to the system, the system has to
    map and zero them again. So it pays for arrays of some megabytes, not for small ones. `python -m benchmarks`
    measures arrays of 16 MiB that are filled: it is 12 times as fast if the pages had been returned, 3.5 times if they
    were huge pages, and equally fast if the allocator had kept them.

    Args:
        max_bytes: the most bytes that are parked, in all threads together. 0 pools nothing.
        max_cap: the most bytes of a parked block, where the size of a take is rounded up to a power of two. A larger
            block is freed when it is dropped, and is at most an eighth larger than the take. The default is
            `max_bytes`.
        name: the name of the pool in reports. The default is "ArrayPool".

    Raises:
        TypeError, ValueError: an argument is invalid; the text names it, its value and the remedy.
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
        """Take a writable, aligned array of exactly this shape and dtype.

        An array without elements needs no memory: numpy makes it, and it is not counted.

        Args:
            shape: the number of elements along each axis: an int, or a sequence of ints, which may be empty.
            dtype: anything that numpy converts to a dtype, except dtypes with references to objects.
            zero: whether all bytes are 0, which costs a write of each. Else the content is left over from an earlier
                use of the same memory in this process.
            order: "C": the last axis varies fastest. "F": the first axis varies fastest.

        Raises:
            TypeError: `dtype` has references to objects, or is not a dtype; or `shape` is not made of ints.
            ValueError: an element of `shape` is below 0, `order` is neither "C" nor "F", or the array is too large.
            MemoryError: a block that large cannot be allocated.
        """
        shape, dtype = _checked(shape, dtype)
        if order not in ("C", "F"):
            raise ValueError(f"order={order!r}: expected 'C', the last axis varies fastest, or 'F', the first one does")
        nbytes = _bytes_of(shape, dtype)
        if OFF or not nbytes:
            return (np.zeros if zero else np.empty)(shape, dtype, order)
        return np.ndarray(shape, dtype, self._lease(nbytes, zero=zero), order=order)

    def prefill(self, shape: Shape, n: int, dtype: DTypeLike = float) -> int:
        """Allocate and park up to `n` blocks for arrays of this shape and dtype, as many as there is room for.

        Returns:
            The number of allocated blocks.
        """
        return self._prefill(_bytes_of(*_checked(shape, dtype)), check_size("n", n))

    def _new_memory(self, size: int, *, zero: bool) -> Memory[Any]:
        from pooled._memory.lease import memory_of  # not at the top, as in MemoryPool

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
        dtype = np.empty(0, dtype).dtype  # numpy makes "S1" of "S"
    return checked, dtype


def _bytes_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    nbytes = math.prod(shape) * dtype.itemsize
    try:
        return check_size("nbytes", nbytes)
    except ValueError as error:
        raise ValueError(
            f"shape={shape!r}: an array of {dtype!r} of that shape is larger than memory can be"
        ) from error
