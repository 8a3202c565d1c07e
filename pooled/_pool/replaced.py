"""Poolable classes that another decorator has replaced by a class without a pool.

`dataclass(slots=True)` and `attrs.define` make a second class from the dictionary of the first. If they stand above
`poolable`, the second class has no pool, because nothing in that dictionary belongs to this package. Both also write to
the first class. Only this distinguishes their class from a new definition under the same name, which may share any
attribute.
"""

from __future__ import annotations

import atexit
import sys
import types
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from weakref import ref

from pooled._plan.class_info import info_of

_unchecked: Final[deque[tuple[ref[type], int, int]]] = deque()
"""Poolable classes to look up by name, each with the `id` of its dataclass fields and the number of tries left."""

_TRIES: Final = 8
"""The most look-ups of a name. Otherwise, classes without a name would be looked up at every decoration."""


def watch_for_replacement(cls: type) -> None:
    """Warn if another decorator replaces `cls`. The warning comes with the next decoration of a class, or at exit."""
    check_replaced()
    if "<locals>" not in cls.__qualname__:
        _unchecked.append((ref(cls), id(_dataclass_fields(cls)), _TRIES))


def check_replaced() -> None:
    """Warn of the classes that another decorator has replaced since they were decorated."""
    for _ in range(len(_unchecked)):
        try:
            reference, fields, tries = _unchecked.popleft()
        except IndexError:
            return  # another thread checks the rest
        cls = reference()
        found = None if cls is None else _bound_to_the_name_of(cls)
        if cls is None or found is cls:
            continue
        if isinstance(found, type) and _is_made_from(cls, found, fields):
            if info_of(found) is None:
                _warn(cls)
        elif tries:  # its class statement is still executed, or it has no name of its own
            _unchecked.append((reference, fields, tries - 1))


def _bound_to_the_name_of(cls: type) -> Any:
    """The object that the name of a class refers to; None while its class statement is executed."""
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(name)
    return found


def _is_made_from(cls: type, found: type, fields: int) -> bool:
    """Whether a decorator made `found` from `cls`, whose dataclass fields had the `id` `fields` before.

    `dataclass` describes the fields of `cls` before it copies its dictionary, and `attrs.define` leaves a weak
    reference to the new class in `cls`. attrs before 25.4 leaves none, so what it made is not noticed.
    """
    described = _dataclass_fields(cls)
    if id(described) != fields and described is _dataclass_fields(found):
        return True
    made = vars(cls).get("__attrs_base_of_slotted__")
    return isinstance(made, ref) and made() is found


def _dataclass_fields(cls: type) -> object:
    return vars(cls).get("__dataclass_fields__")


def _warn(cls: type) -> None:
    import warnings  # here, since few programs need it

    warnings.warn_explicit(
        f"cls={cls.__qualname__}: another decorator has replaced the poolable class, so objects are not "
        "recycled; make @poolable the outermost decorator, above dataclass(slots=True) and attrs.define",
        RuntimeWarning,
        getattr(sys.modules.get(cls.__module__), "__file__", None) or cls.__module__,
        _line_of(cls),
    )


def _line_of(cls: type) -> int:
    functions = (value for value in vars(cls).values() if isinstance(value, types.FunctionType))
    first: Callable[..., Any] | None = next(functions, None)
    return getattr(cls, "__firstlineno__", None) or (first.__code__.co_firstlineno if first else 1)


atexit.register(check_replaced)
