"""Stand-ins: what takes the place of a builtin container in a module, so that what it makes there comes from a pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import wrapt

from pooled._plan.builtins import capacity_of, of_the_builtin
from pooled._pool.decorate import poolable

STOCK: Final[Mapping[str, type]] = MappingProxyType({cls.__name__: cls for cls in (list, dict, set, bytearray)})
"""The containers that have a name in every module, by it."""


class BuiltinShim(wrapt.CallableObjectProxy[Any]):
    """Stands for a builtin container in a module: a call makes one from a pool, in all else it is the builtin.

    Among it `isinstance`, subclassing, `list[int]`, `list | None` and comparison. It cannot be what a class pattern
    of `match` names, nor what `type(x) is list` asks for.
    """

    def __init__(self, stock: type, make: Callable[..., Any]) -> None:
        super().__init__(make)  # so that a call costs no code in Python
        self._self_stock = stock

    def __instancecheck__(self, obj: object) -> bool:
        return isinstance(obj, self._self_stock)

    def __subclasscheck__(self, cls: type) -> bool:
        return issubclass(cls, self._self_stock)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self._self_stock,)

    def __eq__(self, other: object) -> bool:
        return bool(self._self_stock == other)

    def __ne__(self, other: object) -> bool:
        return bool(self._self_stock != other)

    def __hash__(self) -> int:
        return hash(self._self_stock)

    def __getitem__(self, parameters: Any) -> Any:
        return self._self_stock[parameters]  # type: ignore[index] # as list[int]

    def __or__(self, other: Any) -> Any:
        return self._self_stock | other

    def __ror__(self, other: Any) -> Any:
        return other | self._self_stock

    def __repr__(self) -> str:
        return repr(self._self_stock)

    def __str__(self) -> str:
        return str(self._self_stock)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _stock_called, (self._self_stock.__name__,)


def _stock_called(name: str) -> type:
    return STOCK[name]


def as_builtin(stock: type) -> dict[str, Any]:
    """What objects of a subclass of a builtin container need to be copied, pickled and shown as its own are."""
    methods: dict[str, Any] = {"__reduce_ex__": lambda self, _: (stock, (stock(self),))}
    if stock is set:  # which shows the name of a subclass
        methods["__repr__"] = lambda self: repr(stock(self))
    return methods


def shim(name: str, module: str, limits: Mapping[str, Any]) -> BuiltinShim:
    """What makes pooled containers in the place of the builtin `name` in `module`, from a pool of their own.

    Copied and pickled, they are what the program takes them for.
    """
    stock = STOCK[name]

    @of_the_builtin
    def capacity(self: Any) -> int:
        """What it has room for."""
        return capacity_of(self)

    body = {
        "__slots__": (),
        "__module__": module,
        **as_builtin(stock),
        "capacity": capacity,
    }
    return BuiltinShim(stock, poolable(**limits)(type(name, (stock,), body)))
