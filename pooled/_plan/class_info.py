"""Class information: the pool of a poolable class, and what was written for it, found by the class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pooled._policy import Limits

ATTRIBUTE: Final = "__pooled_class__"
"""The attribute of a class with its information, where no C module keeps that outside the dictionary of the class.

A class under `PooledMeta` always has it: `attrs` and `dataclasses` make a second class from the namespace of the first.
"""


class ClassInfo:
    """What is known of a poolable class.

    Attributes:
        pool: the pool of the class.
        limits: the limits in its class statement, under `PooledMeta`.
        keep: the names of the attributes that its objects keep, including those of its bases, under `PooledMeta`.
    """

    __slots__ = ("__weakref__", "keep", "limits", "pool")

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.limits = Limits()
        self.keep: tuple[str, ...] = ()


def info_in(namespace: Mapping[str, Any]) -> ClassInfo | None:
    """The information in the namespace of a class, or in what a decorator copied of one; else None."""
    return namespace.get(ATTRIBUTE)


def _info_in_dict(cls: type) -> ClassInfo | None:
    return info_in(cls.__dict__)


def _put_into_dict(cls: type, info: ClassInfo) -> None:
    setattr(cls, ATTRIBUTE, info)


_get: Callable[[type], ClassInfo | None] = _info_in_dict
_set: Callable[[type, ClassInfo], None] = _put_into_dict


def keep_outside(get: Callable[[type], Any], put: Callable[[type, Any], None]) -> None:
    """Keep the information outside the dictionaries of classes, by two functions of a C module."""
    global _get, _set
    _get, _set = get, put


def info_of(cls: type) -> ClassInfo | None:
    """The information about a poolable class; None for any other class. That of a base does not count."""
    return _get(cls)


def set_info(cls: type, info: ClassInfo) -> None:
    """Store the information about a class. The class owns it."""
    _set(cls, info)


def pool_in(cls: type) -> Any:
    """The pool of a poolable class; None for any other class."""
    info = _get(cls)
    return None if info is None else info.pool
