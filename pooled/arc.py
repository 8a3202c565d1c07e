"""Reference-counted handles: several handles share one value, and each knows how many there are.

The handles share a cell, which comes from a pool of cells and returns to it with the last handle:

    from pooled import GlobalPool
    from pooled.arc import Arc, Cell

    CELLS = GlobalPool(Cell, max=1024)
    config = Arc(CELLS, {"debug": False})
    for worker in workers:
        worker.config = config.clone()
    if (mine := config.get_mut()) is not None:  # this is the only handle
        mine["debug"] = True
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any, Final, Generic, Self, TypeVar

from pooled._pool.decorate import poolable
from pooled._pool.functions import orphan
from pooled._pool.pools import Pool

__all__ = ["Arc", "Cell", "TArc"]

T = TypeVar("T")


@poolable
class Cell(Generic[T]):
    """The cell with the `value` that the handles of one `Arc` or `TArc` share. `GlobalPool(Cell)` makes a pool."""

    __slots__ = ("value",)

    def __init__(self, value: T | None = None) -> None:
        self.value: T | None = value


class _Handle(Generic[T]):
    """One of the handles on a value."""

    __slots__ = ("_cell",)

    def __init__(self, pool: Pool[Cell[T]] | None, value: T) -> None:
        cell: Cell[Any] = orphan(Cell) if pool is None else _checked(pool).take()
        cell.value = value
        self._cell: Cell[T] = cell

    def get(self) -> T:
        """The value, shared with all clones."""
        return self._cell.value  # type: ignore[return-value] # the value that __init__ was given

    def get_mut(self) -> T | None:
        """The value if this is the only handle, so that it may be changed; else None."""
        return self.get() if self.strong_count() == 1 else None

    def clone(self) -> Self:
        """Make another handle on the same value."""
        twin = type(self).__new__(type(self))
        twin._cell = self._cell
        return twin

    def strong_count(self) -> int:
        """The number of handles on the value, including this one."""
        return _references(self) - _BESIDES_HANDLES

    def ptr_eq(self, other: _Handle[Any]) -> bool:
        """Whether `other` is a handle on the same value, a clone of this one."""
        return self._cell is other._cell

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.get()!r})"

    def __copy__(self) -> Self:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None, self.get())  # a pool cannot leave its process


class Arc(_Handle[T]):
    """A handle on a shared value. It supports weak references.

    Args:
        pool: the pool of `Cell` that the shared cell comes from; None for a cell that is in no pool. With the last
            handle, the cell returns to its pool, without the value.
        value: the shared value.

    Raises:
        TypeError: `pool` is not a pool of `Cell`.
    """

    __slots__ = ("__weakref__",)


class TArc(_Handle[T]):
    """A handle like `Arc`, but one or two machine words smaller, and without support for weak references."""

    __slots__ = ()


def _checked(pool: Any) -> Pool[Cell[Any]]:
    if not (isinstance(pool, Pool) and pool._store.plan.cls is Cell):
        raise TypeError(f"pool={pool!r}: expected a pool of cells, GlobalPool(Cell) or LocalPool(Cell), or None")
    return pool


def _references(handle: _Handle[Any]) -> int:
    return getrefcount(handle._cell)


_BESIDES_HANDLES: Final = _references(TArc(None, None)) - 1  # differs between versions of Python
