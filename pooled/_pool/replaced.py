"""Poolable classes that another decorator has replaced by a class without a pool.

`dataclass(slots=True)` and `attrs.define` make a second class from the dictionary of the first. Above `poolable`, they
lose the pool, since nothing in that dictionary belongs to this package.
"""

from __future__ import annotations

import atexit
import sys
import types
import warnings
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from weakref import ref

from pooled._plan.class_info import info_of

_unchecked: Final[deque[tuple[ref[type], ref[type] | None, int]]] = deque()
"""Poolable classes to look up by name, each with the class that had its name before and the number of tries left."""

_TRIES: Final = 8
"""How often a name is looked up. Classes that no name refers to would else be looked up at every decoration."""


def watch_for_replacement(cls: type) -> None:
    """Warn if another decorator replaces `cls`. The warning comes with the next decoration of a class, or at exit."""
    check_replaced()
    if "<locals>" not in cls.__qualname__:
        before = _bound_to_the_name_of(cls)
        _unchecked.append((ref(cls), ref(before) if isinstance(before, type) else None, _TRIES))


def check_replaced() -> None:
    """Warn of the classes that another decorator has replaced since they were decorated."""
    for _ in range(len(_unchecked)):
        try:
            reference, former, tries = _unchecked.popleft()
        except IndexError:
            return  # another thread checks the rest
        cls, before = reference(), former and former()
        found = None if cls is None else _bound_to_the_name_of(cls)
        if cls is not None and (found is None or found is before):
            if tries:  # its class statement is still executed, or it has no name of its own
                _unchecked.append((reference, former, tries - 1))
        elif cls is not None and _is_replaced(cls, found):
            warnings.warn_explicit(
                f"cls={cls.__qualname__}: another decorator has replaced the poolable class, so objects are not "
                "recycled; make @poolable the outermost decorator, above dataclass(slots=True) and attrs.define",
                RuntimeWarning,
                getattr(sys.modules.get(cls.__module__), "__file__", None) or cls.__module__,
                _line_of(cls),
            )


def _bound_to_the_name_of(cls: type) -> Any:
    """The object that the name of a class refers to; None while its class statement is executed."""
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(name)
    return found


def _is_replaced(cls: type, found: Any) -> bool:
    if found is cls or not isinstance(found, type) or info_of(found) is not None:
        return False
    own = vars(cls)
    copied = (value is own.get(name) for name, value in vars(found).items() if isinstance(value, _COPIED))
    return found.__qualname__ == cls.__qualname__ and any(copied)


_COPIED: Final = (types.FunctionType, dict)
"""The types of attributes of which no two classes have the same one, unless they were made from one dictionary."""


def _line_of(cls: type) -> int:
    functions = (value for value in vars(cls).values() if isinstance(value, types.FunctionType))
    first: Callable[..., Any] | None = next(functions, None)
    return getattr(cls, "__firstlineno__", None) or (first.__code__.co_firstlineno if first else 1)


atexit.register(check_replaced)
