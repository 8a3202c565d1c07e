"""NumPy arrays on recycled memory: `pooled_arrays` and `install` for unchanged code, `ArrayPool` for single arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, SupportsIndex, TypeAlias, TypeVar, overload

from pooled._memory.array_memory import ArrayMemory, connect, release
from pooled._memory.pool import OFF, check_size
from pooled._policy import check_limit, check_name
from pooled._pool.arrays import install, pooled_arrays
from pooled._pool.bulk import clear

try:
    import numpy as np
except ImportError as _error:
    raise ImportError(
        "pooled.contrib.numpy needs numpy, which is not installed: pip install 'pooled-objects[numpy]'"
    ) from _error

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

__all__ = ["ArrayPool", "install", "pooled_arrays"]

S = TypeVar("S", bound=np.generic)

_FLOAT: Final = np.dtype(float)

Shape: TypeAlias = SupportsIndex | Sequence[SupportsIndex]


class ArrayPool(ArrayMemory):
    """A pool of memory for arrays of any shape, and of any dtype without references to objects.

    `take(shape, dtype)` returns an `ndarray`, as `numpy.empty` does. Its memory returns to the pool when its last view
    is dropped; slices, reshapes, transposes, memoryviews and all other users of the buffer protocol count as views.
    Any thread may take and drop. Pickles and copies are ordinary arrays with their own memory. For code that creates
    its arrays itself, use `pooled_arrays`.

    A block of memory is a multiple of 4 KiB, and at most an eighth larger than that. It serves any shape and dtype: a
    block of 1000 float64 can serve 2000 float32 next. The pool parks up to `max_bytes`. When this limit is reached, it
    frees blocks of the sizes that have not been taken for the longest time. Unused memory stays parked until `prune` or
    `clear`.

    Cost: a take and a drop together take 0.2 to 0.3 µs, for any size (`python -m benchmarks arrays` measures it).
        `numpy.empty` takes as long, and longer if the system has to map and zero new pages. So the pool is faster for
        arrays from a few hundred kilobytes on.

    Args:
        max_bytes: the most bytes that are parked, in all threads together. 0 pools nothing.
        max_cap: the most bytes of a parked block. A larger block is freed when it is dropped. The default is
            `max_bytes`.
        name: the name of the pool in reports. The default is "ArrayPool".

    Raises:
        TypeError, ValueError: an argument is invalid; the message names it, its value and the remedy.
        ImportError: the C extension was not built, or does not know this version of NumPy.
    """

    __slots__ = ("_array", "_max_cap")

    def __init__(self, *, max_bytes: int = 1 << 28, max_cap: int | None = None, name: str | None = None) -> None:
        check_name(name)
        limit = check_limit("max_bytes", max_bytes)
        cap = None if max_cap is None else check_limit("max_cap", max_cap)
        if not OFF:
            connect(clear)
        super().__init__(limit, name=name or "ArrayPool", min_bytes=1)
        self._array: Final = self._depot.array
        self._max_cap = cap
        self._depot.cap(self.max_cap)

    @property
    def max_cap(self) -> int:
        """The most bytes of a parked block; larger ones are discarded. By default, it is `max_bytes`."""
        return self.max_bytes if self._max_cap is None else self._max_cap

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
            zero: whether all bytes are 0. Else the content is left over from an earlier use of the same memory in this
                process.
            order: "C": the last axis varies fastest. "F": the first axis varies fastest.

        Raises:
            TypeError: `dtype` has references to objects, or is not a dtype; or `shape` is not made of ints.
            ValueError: an element of `shape` is below 0, `order` is neither "C" nor "F", or the array is too large.
            MemoryError: a block that large cannot be allocated.
        """
        if order == "C" and not OFF:
            made = self._array(shape, _FLOAT if dtype is float else dtype, zero is True, False)
            if made is not NotImplemented:
                return made  # type: ignore[no-any-return] # the extension has no types of NumPy's
        return self._take_checked(shape, dtype, bool(zero), order)

    def _take_checked(self, shape: Shape, dtype: DTypeLike, zero: bool, order: Literal["C", "F"]) -> NDArray[Any]:
        lengths, dtype = _checked(shape, dtype)
        if order not in ("C", "F"):
            raise ValueError(f"order={order!r}: expected 'C' (the last axis varies fastest) or 'F' (the first one)")
        nbytes = _bytes_of(lengths, dtype)
        if nbytes and not OFF:
            made = self._array(lengths, dtype, zero, order == "F")
            if made is not NotImplemented:  # it has more dimensions than the pool knows, or address space is short
                return made  # type: ignore[no-any-return]
        make = np.zeros if zero else np.empty
        try:
            return make(lengths, dtype, order)
        except MemoryError:
            if OFF:
                raise
            release()
            return make(lengths, dtype, order)

    def prefill(self, shape: Shape, n: int, dtype: DTypeLike = float) -> int:
        """Allocate and park up to `n` blocks for arrays of this shape and dtype, as many as fit into the pool.

        Returns:
            The number of allocated blocks.
        """
        nbytes, wanted, made = _bytes_of(*_checked(shape, dtype)), check_size("n", n), 0
        while made < wanted and self._depot.park(nbytes):
            made += 1
        return made

    def resize(self, *, max_bytes: int | None = None, max_cap: int | None = None) -> None:
        """Change the limits, in bytes. Omitted limits stay unchanged. Parked blocks beyond the new limits are freed.

        Raises:
            TypeError, ValueError: a limit is not an int of 0 or more; nothing changes.
        """
        limit = self.max_bytes if max_bytes is None else check_limit("max_bytes", max_bytes)
        self._max_cap = self._max_cap if max_cap is None else check_limit("max_cap", max_cap)
        self._limit(limit)
        self._depot.cap(self.max_cap)

    def __repr__(self) -> str:
        limits = f"max_bytes={self.max_bytes} max_cap={self.max_cap} parked_bytes={self.parked_bytes}"
        return f"<{type(self).__name__} {self.name} {limits}>"


def _checked(shape: Shape, dtype: DTypeLike) -> tuple[tuple[int, ...], np.dtype[Any]]:
    lengths = shape if not isinstance(shape, int) and isinstance(shape, Iterable) else (shape,)
    checked = tuple([check_size("shape", length) for length in lengths])
    dtype = np.dtype(dtype)
    if dtype.hasobject:
        raise TypeError(
            f"dtype={dtype!r}: its elements are references to objects, which recycled memory cannot have; use "
            "numpy.empty, or a dtype of plain values"
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
            f"shape={shape!r}: an array of {dtype!r} of that shape is larger than the address space"
        ) from error
