"""Whole modules: all classes of a module become poolable, except those that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from pooled import _engine
from pooled._config import target_of
from pooled._pool.class_pool import is_poolable

left_out: Final[dict[str, str]] = {}
"""Why classes are not poolable although their module was named, by target."""


def make_all_poolable(module: ModuleType, make_poolable: Callable[[type], type]) -> None:
    """Make the classes that the code of a module defined poolable, also classes inside of classes.

    `make_poolable` returns the poolable class, or raises an error that says why there is none. A class that is poolable
    already stays as it is.
    """
    for cls, names in _own_classes(module):
        replacement = poolable_or_left_out(cls, make_poolable)
        for owner, name in names:
            if replacement is not cls:
                setattr(owner, name, replacement)


def poolable_or_left_out(cls: type, make_poolable: Callable[[type], type]) -> type:
    """The poolable class; the class itself if it is poolable already, or is left out."""
    if is_poolable(cls):
        return cls
    if _engine.name == "reference" and type.__subclasses__(cls):
        reason = "it has subclasses, which the reference engine does not reach"
    else:
        try:
            return make_poolable(cls)
        except Exception as error:  # noqa: BLE001 (a metaclass may raise anything)
            reason = str(error).removeprefix(f"cls={cls.__qualname__}: ") or type(error).__name__
    left_out[target_of(cls)] = reason
    return cls


def _own_classes(module: ModuleType) -> list[tuple[type, list[tuple[Any, str]]]]:
    """The classes that the code of a module defined, in its order, each with the owners and names that refer to it."""
    found: dict[int, tuple[type, list[tuple[Any, str]]]] = {}
    owners: list[Any] = [module]
    for owner in owners:
        for name, value in vars(owner).items():
            if issubclass(type(value), type) and vars(value).get("__module__") == module.__name__:
                if id(value) not in found:
                    found[id(value)] = (value, [])
                    owners.append(value)
                found[id(value)][1].append((owner, name))
    return list(found.values())
