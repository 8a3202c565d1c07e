"""Parts: containers that only one object refers to, which are emptied in place and kept with it."""

from __future__ import annotations

import collections
import functools
import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pooled._plan.builtins import EMPTIABLE, builtin_of
from pooled._plan.class_info import pool_in
from pooled._plan.strategy import Strategy
from pooled._record import Record


class Part(Record, eq=False):
    """A kind of part: how one is made, and how one is emptied so that it is like a new one.

    Attributes:
        cls: the class of the part.
        make: makes one, without arguments.
        empty: empties one; the result False means that it is not to be kept.
        capacity: measures one, in elements, bytes or characters; None means that it is never too large.
        pool: the pool of `cls`, if that is poolable; the engine then empties a part as an object of that pool.
        in_c: whether emptying its builtin part and setting the attribute `restore` has the same effect as `empty`.
        restore: the name and the value of that attribute, or None.
    """

    cls: type
    make: Callable[[], Any]
    empty: Callable[[Any], object]
    capacity: Callable[[Any], int] | None = None
    pool: Any = None
    in_c: bool = False
    restore: tuple[str, Any] | None = None

    def kind_of(self, value: Any) -> Part | None:  # noqa: ARG002 (`AnyPart` uses it)
        """The kind of part that `value` has to be."""
        return self

    def keep(self, value: Any, max_cap: int) -> bool:
        """Empty `value` in place if it is of this kind; False if it is not to be kept."""
        if type(value) is not self.cls:
            return False  # a value of another class was assigned
        if self.cls in _STOCK and getattr(value, "__dict__", None):
            return False  # it has attributes, which `empty` would leave
        if self.capacity is not None and self.capacity(value) > max_cap:
            return False
        return self.empty(value) is not False


class AnyPart(Record, eq=False):
    """A part of any kind, which is kept because of `keep=`.

    Attributes:
        make: makes one, without arguments; None if only an existing value shows how.
    """

    make: Callable[[], Any] | None = None

    def kind_of(self, value: Any) -> Part | None:
        """The kind of part that `value` is; None if it is unknown how to empty it."""
        return part_like(value)

    def keep(self, value: Any, max_cap: int) -> bool:
        """Empty `value` in place; False if it is not to be kept."""
        part = part_like(value)
        return part is not None and part.keep(value, max_cap)


_COUNTER: Final = Part(
    cls=collections.Counter,
    make=collections.Counter,
    empty=dict.clear,
    capacity=EMPTIABLE[dict].capacity,
    in_c=True,
)


def _stock(cls: type) -> Part:
    builtin, in_c = EMPTIABLE[cls], cls is not io.StringIO
    return Part(cls=cls, make=cls, empty=builtin.empty, capacity=builtin.capacity, in_c=in_c)


_STOCK: Final[Mapping[Any, Part]] = MappingProxyType(
    {collections.Counter: _COUNTER}
    # Not array: a construction without a type code fails.
    | {cls: _stock(cls) for cls, builtin in EMPTIABLE.items() if builtin.fits is None}
)


def part_made_by(factory: Any) -> Part | None:
    """The kind of part that a factory makes, if it is known to make empty ones; else None."""
    if isinstance(factory, functools.partial):
        return _part_made_by_partial(factory)
    if isinstance(factory, type):
        return _STOCK.get(factory) or _nested(factory)
    return None


def _part_made_by_partial(factory: functools.partial[Any]) -> Part | None:
    """The kind of part that `partial(deque, maxlen=n)` or `partial(defaultdict, f)` makes; None for other ones."""
    function: Any = factory.func
    capacity = EMPTIABLE[function].capacity if function in EMPTIABLE else None
    if function is collections.deque and not factory.args and set(factory.keywords) == {"maxlen"}:
        init = functools.partial(_init_deque, maxlen=factory.keywords["maxlen"])
        return Part(cls=function, make=factory, empty=init, capacity=capacity)
    if function is collections.defaultdict and len(factory.args) == 1 and not factory.keywords:
        (default,) = factory.args
        empty = functools.partial(_empty_defaultdict, default_factory=default)
        restore = ("default_factory", default)
        return Part(cls=function, make=factory, empty=empty, capacity=capacity, in_c=True, restore=restore)
    return None


def _init_deque(value: collections.deque[Any], maxlen: int | None) -> None:
    collections.deque.__init__(value, maxlen=maxlen)


def _empty_defaultdict(value: collections.defaultdict[Any, Any], default_factory: Any) -> None:
    dict.clear(value)
    value.default_factory = default_factory


def _nested(cls: type) -> Part | None:
    """The kind of part that a poolable class makes, if its objects can be reused without `__init__`; else None."""
    pool = pool_in(cls)
    if pool is None:
        return None
    plan = pool._store.plan
    if plan.strategy is Strategy.SCRUB and not _starts_empty(cls):
        return None
    return Part(cls=cls, make=cls, empty=plan.empty, capacity=plan.measure, pool=pool)


def _starts_empty(cls: type) -> bool:
    """Whether a container of class `cls` is an empty one without a call of `__init__`."""
    builtin = builtin_of(cls)
    if builtin is None or builtin.fits is not None:
        return False
    init: Any = cls.__init__  # type: ignore[misc] # it is only compared
    return init is collections.Counter.__init__ or any(init is vars(base).get("__init__") for base in EMPTIABLE)


def part_like(value: Any) -> Part | None:
    """The kind of part that `value` is; None if it is unknown how to empty it."""
    cls = value.__class__
    if cls is collections.deque:
        return part_made_by(functools.partial(cls, maxlen=value.maxlen))
    if cls is collections.defaultdict:
        return part_made_by(functools.partial(cls, value.default_factory))
    if cls in _STOCK:
        return _STOCK[cls]
    if nested := _nested(cls):
        return nested
    clear = getattr(cls, "clear", None)
    return Part(cls=cls, make=cls, empty=clear) if callable(clear) else None


def replacement(value: Any) -> Any:
    """Make a new part like `value`; None if it is unknown how to empty such a part."""
    part = part_like(value)
    return None if part is None else part.make()
