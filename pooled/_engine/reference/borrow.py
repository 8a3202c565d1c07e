"""Borrowing: an object without a proxy, for the length of a `with` block."""

from __future__ import annotations

from typing import Any, Protocol

from pooled._engine.reference.proxy import Held


class Lender(Protocol):
    """The store that an object is borrowed from."""

    def is_closed(self) -> bool:
        """Whether no object returns any more."""
        ...

    def take_bare(self) -> Any:
        """Take an object, without a proxy."""

    def give_back(self, held: Held) -> None:
        """Return an object from `take_bare` to the pool."""


class Borrowed:
    """A context manager that lends one object for the length of its block."""

    __slots__ = ("_held", "_lender")

    def __init__(self, lender: Lender) -> None:
        self._lender = lender
        self._held: Held | None = None

    def __enter__(self) -> Any:
        if self._held is not None:
            raise RuntimeError("this borrow is in use already; call borrow() for each block")
        self._held = Held(self._lender.take_bare())
        return self._held.__wrapped__

    def __del__(self) -> None:
        self.__exit__()  # it was entered, but the block never ended

    def __exit__(self, *exc_info: object) -> None:
        held, self._held = self._held, None
        if held is not None and not self._lender.is_closed():
            self._lender.give_back(held)
