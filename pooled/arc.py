"""Reference-counted handles: several handles share one value, and each knows the number of handles.

The handles share a cell, which comes from a pool of cells. When the last handle is dropped, the value is released and
the cell returns to its pool. A `Weak` handle does not keep the value alive. A pool counts its cells: one for each
`Arc(value)`, however many clones there are. With the native engine, the handles are written in C. An example:

    from pooled.arc import Arc

    config = Arc({"debug": False})
    for worker in workers:
        worker.config = config.clone()
    if (mine := config.get_mut()) is not None:  # there is no other handle
        mine["debug"] = True
"""

from __future__ import annotations

import copy
import os
from contextlib import suppress
from reprlib import recursive_repr
from sys import getrefcount
from threading import RLock
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, Self, TypeGuard, TypeVar
from weakref import getweakrefs, ref

from pooled import _engine
from pooled._plan.checks import register_immutable
from pooled._pool.class_pool import pool_of
from pooled._pool.decorate import poolable
from pooled._pool.pools import GlobalPool, LocalPool, Pool

__all__ = ["Arc", "Cell", "TArc", "Weak"]

T = TypeVar("T")

if TYPE_CHECKING:

    class _OfAny(Generic[T]):
        pass

else:

    class _OfAny:  # without Generic, whose own deallocator would slow that of the cells
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)


class _LoneCell(_OfAny[T]):
    """A cell that is in no pool."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value: T | None = None) -> None:
        self.value: T | None = value

    def __getstate__(self) -> tuple[T | None]:
        return (self.value,)

    def __setstate__(self, state: tuple[T | None]) -> None:
        (self.value,) = state


@poolable
class Cell(_LoneCell[T]):
    """The cell with the `value` that the handles of one `Arc` or `TArc` share. `GlobalPool(Cell)` makes a pool."""

    __slots__ = ()


_counting: Final = RLock()  # held while weak handles are made and counted, so that `is_unique` sees all of them

if hasattr(os, "register_at_fork"):  # the thread that holds it may not exist in the child
    os.register_at_fork(before=_counting.acquire, after_in_parent=_counting.release, after_in_child=_counting.release)


class _Handle(_OfAny[T]):
    __slots__ = ("_cell",)
    _cell: _LoneCell[T]

    def __new__(cls, value: T, pool: Pool[Cell[T]] | Literal[False] | None = None) -> Self:
        return cls._on(_filled(_store_for(value, pool), value))

    @classmethod
    def _on(cls, cell: _LoneCell[T]) -> Self:
        if not isinstance(cell, _LoneCell):
            raise TypeError(f"cell={cell!r}: expected a cell")
        self = object.__new__(cls)
        self._cell = cell
        return self

    def get(self) -> T:
        """Return the value, which all clones share."""
        return self._cell.value  # type: ignore[return-value] # the value that __new__ was given

    def get_mut(self) -> T | None:
        """Return the value if this is the only handle, so that it may be changed; else None.

        Only handles are counted. References that `get` has returned are not.
        """
        return self.get() if self.is_unique() else None

    def make_mut(self) -> T:
        """Return a value that no other handle shares: the present one, or else a copy, which this handle gets.

        The copy is that of `copy.copy`. The other handles keep the former value.
        """
        if self.is_unique():
            return self.get()
        value = copy.copy(self.get())
        self._cell = _filled(_engine.store_of(self._cell), value)
        return value

    def clone(self) -> Self:
        """Make another handle on the same value."""
        return self._on(self._cell)

    def strong_count(self) -> int:
        """Return the number of handles on the value, including this one."""
        return _references(self) - _BESIDES_HANDLES

    def is_unique(self) -> bool:
        """Return whether there is no other handle on the value, strong or weak."""
        with _counting:
            return _weak_count(self._cell) == 0 and self.strong_count() == 1

    def ptr_eq(self, other: object) -> bool:
        """Return whether `other` is a handle on the same value: this one, or a clone of it."""
        return isinstance(other, _Handle) and self._cell is other._cell

    def __eq__(self, other: object) -> Any:
        return self.get() == other.get() if _are_alike(other, self) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return self.get() != other.get() if _are_alike(other, self) else NotImplemented

    def __lt__(self: Any, other: _Handle[T]) -> Any:
        return self.get() < other.get() if _are_alike(other, self) else NotImplemented

    def __le__(self: Any, other: _Handle[T]) -> Any:
        return self.get() <= other.get() if _are_alike(other, self) else NotImplemented

    def __gt__(self: Any, other: _Handle[T]) -> Any:
        return self.get() > other.get() if _are_alike(other, self) else NotImplemented

    def __ge__(self: Any, other: _Handle[T]) -> Any:
        return self.get() >= other.get() if _are_alike(other, self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.get())

    @recursive_repr()
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.get()!r})"

    def __copy__(self) -> Self:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._on, (self._cell,)


class Arc(_Handle[T]):
    """A handle on a shared value. It supports weak handles, and Python's weak references.

    Handles compare, hash and print as their values do. A pickle or a deep copy has cells from the receiver's own pool;
    handles that share a value share it there, too. A subclass that changes the parameters defines `__new__`.

    Args:
        value: the shared value.
        pool: the pool of `Cell` that the shared cell comes from. None: that of the class, of this thread. False: none.

    Raises:
        TypeError: `pool` is something else, or `value` is a pool of cells: 0.1.0 had the order `Arc(pool, value)`.
    """

    __slots__ = ("__weakref__",)

    def weak_count(self) -> int:
        """Return the number of weak handles on the value."""
        return _weak_count(self._cell)

    def downgrade(self) -> Weak[T]:
        """Make a weak handle on the value, which does not keep it alive."""
        with _counting:
            return Weak._on(_Target(self._cell))


class TArc(_Handle[T]):
    """A handle like `Arc`, but a machine word smaller, without weak handles and Python's weak references."""

    __slots__ = ()


class Weak(_OfAny[T]):
    """A handle that does not keep the value alive. `Arc.downgrade` makes one. A copy is a clone; a pickle, an error."""

    __slots__ = ("_target",)
    _target: _Target

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Raise TypeError: `Arc.downgrade` makes weak handles."""
        raise TypeError("Weak() is not possible: call the method downgrade of an Arc")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("type 'pooled.arc.Weak' is not an acceptable base type")

    @classmethod
    def _on(cls, target: _Target) -> Self:
        self = object.__new__(cls)
        self._target = target
        return self

    def upgrade(self) -> Arc[T] | None:
        """Make an `Arc` on the value; return None if the last strong handle was dropped."""
        return None if (cell := self._target.cell()) is None else Arc._on(cell)

    def clone(self) -> Weak[T]:
        """Make another weak handle on the same value."""
        return self._on(self._target if (cell := self._target.cell()) is None else _Target(cell))

    def strong_count(self) -> int:
        """Return the number of strong handles on the value; 0 if the value is gone."""
        return 0 if (handle := self.upgrade()) is None else handle.strong_count() - 1

    def weak_count(self) -> int:
        """Return the number of weak handles on the value, including this one; 0 if the value is gone."""
        return 0 if (cell := self._target.cell()) is None else _weak_count(cell)

    def ptr_eq(self, other: object) -> bool:
        """Return whether `other` is a weak handle on the same value, and the value is alive."""
        return isinstance(other, Weak) and self._target.cell() is other._target.cell() is not None

    def __repr__(self) -> str:
        return f"<Weak {'dead' if self._target.cell() is None else 'alive'}>"

    def __copy__(self, _memo: object = None) -> Weak[T]:
        return self.clone()

    __deepcopy__ = __copy__

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle a Weak: pickle the Arc that upgrade returns")


class _Target(ref):  # type: ignore[type-arg] # it takes no parameter at run time
    """The reference of a weak handle to a cell: one object for each handle, so that they can be counted."""

    __slots__ = ()

    def cell(self) -> _LoneCell[Any] | None:
        """The cell; None once it is emptied, too."""
        with suppress(ReferenceError):
            return cell if hasattr(cell := self(), "value") else None
        return None


def _weak_count(cell: _LoneCell[Any]) -> int:
    return sum(type(each) is _Target for each in getweakrefs(cell))


def _store_for(value: object, pool: Any) -> Any:
    """The store of the pool that `Arc(value, pool)` takes its cell from; None for no pool."""
    if _is_of_cells(value):
        raise TypeError(f"value={value!r}: a pool of cells is no value; the order is Arc(value, pool)")
    if pool is None or pool is False:
        return None if pool is False else pool_of(Cell)._store
    if not _is_of_cells(pool):
        raise TypeError(
            f"pool={pool!r}: expected a pool of cells, GlobalPool(Cell) or LocalPool(Cell), None or False; "
            "the order is Arc(value, pool)"
        )
    return pool._store


def _is_of_cells(pool: Any) -> bool:
    return isinstance(pool, Pool) and pool._store.plan.cls is Cell


def _filled(store: Any, value: T) -> _LoneCell[T]:
    cell: _LoneCell[T] = _LoneCell() if store is None else store.take()
    cell.value = value
    return cell


def _are_alike(other: object, one: _Handle[Any]) -> TypeGuard[_Handle[Any]]:
    return isinstance(other, Arc if isinstance(one, Arc) else TArc)


def _references(handle: _Handle[Any]) -> int:
    return getrefcount(handle._cell)


_BESIDES_HANDLES: Final = _references(TArc(None, False)) - 1  # differs between versions of Python

if not TYPE_CHECKING and _engine.handles is not None:
    Arc, TArc, Weak = _engine.handles(_LoneCell, pool_of(Cell)._store, GlobalPool, LocalPool, _store_for, copy.copy)

register_immutable(Arc, TArc, Weak)
