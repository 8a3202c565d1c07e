"""Checks of classes that cannot be pooled. Each error names the reason and the remedy."""

from __future__ import annotations

import collections
import enum
import sys
import threading
import types
import typing
import weakref
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from pooled._plan.builtins import EMPTIABLE
from pooled._plan.construction import class_with_new
from pooled._plan.scrub import has_dict, slots_of

_REFERENCES: Final = (weakref.ref, weakref.ProxyType, weakref.CallableProxyType)
_IMMUTABLE: Final = (
    *(int, float, complex, str, bytes, tuple, frozenset, range, slice, memoryview),
    *_REFERENCES,  # their target has a list of them
)
_own_immutable: Final[list[type]] = []
_IN_CONTAINERS: Final[Mapping[type, str]] = {
    **{base: base.__name__.title() for base in EMPTIABLE},
    bytearray: "ByteArray",
    collections.OrderedDict: "OrderedDict",
    collections.defaultdict: "DefaultDict",
    collections.Counter: "Counter",
    **{base: base.__name__ for base in EMPTIABLE if base.__name__.endswith("IO")},
}
_REMEDY: Final = "pass reset= the name of its method that empties one, or a function"

_POINTER: Final = tuple.__itemsize__
_HEAP_TYPE: Final = 1 << 9
_IMMUTABLE_TYPE: Final = 1 << 8


def refuse_unhookable(cls: object) -> None:
    """Raise TypeError if the construction and the end of objects of `cls` cannot be routed through a pool."""
    if not isinstance(cls, type):
        refuse_alias(cls)
        raise TypeError(
            f"cls={cls!r}: expected a class; for objects that a function makes, use GlobalPool(function, reset=...)"
        )
    name = cls.__qualname__
    if issubclass(cls, type):
        raise TypeError(f"cls={name}: a metaclass cannot be pooled; pool the objects of its classes")
    if issubclass(cls, enum.Enum):
        raise TypeError(f"cls={name}: an enum cannot be pooled, because its members live forever; do not decorate it")
    if typing.is_typeddict(cls):
        raise TypeError(f"cls={name}: a TypedDict makes plain dicts; use pooled.containers.Dict")
    refuse_exceptions(cls)
    if cls in _IN_CONTAINERS:
        raise TypeError(f"cls={name}: a builtin class cannot be hooked; use pooled.containers.{_IN_CONTAINERS[cls]}")
    refuse_immutable(cls)
    if not _is_python_class(cls):
        raise TypeError(
            f"cls={name}: a class written in C cannot be hooked; use GlobalPool({cls.__name__}, reset=...), "
            "or decorate a subclass, with reset= a function that empties one"
        )


def refuse_own_call(cls: type) -> None:
    """Raise TypeError if the metaclass of `cls` has a `__call__` of its own, which passes by the hooks of a class."""
    metaclass = type(cls)
    if metaclass.__call__ is not type.__call__:
        raise TypeError(
            f"cls={cls.__qualname__}: its metaclass {metaclass.__name__} has a __call__ of its own, which cannot be "
            f"hooked; use GlobalPool({cls.__name__}, ...) or LocalPool({cls.__name__}, ...)"
        )


def refuse_alias(cls: object) -> None:
    """Raise TypeError if `cls` is a generic alias, such as `Box[int]`, instead of a class."""
    origin = getattr(cls, "__origin__", None)
    if isinstance(origin, type):
        raise TypeError(
            f"cls={cls!r}: expected a class, got one with type arguments; write {origin.__qualname__} without them"
        )


def register_immutable(*classes: type) -> None:
    """Refuse these classes and their subclasses, like the immutable classes of Python."""
    _own_immutable.extend(classes)


def refuse_immutable(cls: type) -> None:
    """Raise TypeError if instances of `cls` are immutable."""
    base = next((base for base in cls.__mro__ if base in _IMMUTABLE or base in _own_immutable), None)
    if base is not None:
        raise TypeError(
            f"cls={cls.__qualname__}: {base.__name__} objects are immutable and cannot be recycled; "
            "pool the objects that hold them"
        )


def refuse_exceptions(cls: type) -> None:
    """Raise TypeError if `cls` is an exception class: Python itself stores state in exceptions while they are raised.

    No reset can know all of this state: `OSError.__new__` sets attributes, and the interpreter sets those of a
    NameError.
    """
    if issubclass(cls, BaseException):
        raise TypeError(
            f"cls={cls.__qualname__}: an exception cannot be pooled, because Python keeps its traceback, context and "
            "cause in it; raise a new one"
        )


def refuse_unscrubbable(cls: type) -> None:
    """Raise TypeError if only a reset of its own can make an instance of `cls` blank."""
    name = cls.__qualname__
    for base in _bound_to_the_system():
        if issubclass(cls, base):
            raise TypeError(f"cls={name}: a {base.__name__} holds state that scrubbing cannot empty; {_REMEDY}")
    if _hides_its_dict(cls):
        raise TypeError(f"cls={name}: its __dict__ is not where its attributes are; {_REMEDY}")
    base = _c_base(cls)
    if base is not object and base not in EMPTIABLE:
        raise TypeError(
            f"cls={name}: its base {base.__name__} is written in C and holds state that scrubbing cannot empty; "
            f"{_REMEDY}"
        )
    if own := class_with_new(cls):
        raise TypeError(f"cls={name}: {own.__qualname__}.__new__ does not run for a recycled object; {_REMEDY}")


def refuse_unkept(cls: type, keep: tuple[str, ...]) -> None:
    """Raise ValueError if `keep` names an attribute that objects of `cls` cannot have themselves."""
    slots = slots_of(cls)
    for name in keep:
        found = next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)
        if name not in slots and hasattr(type(found), "__set__"):
            raise ValueError(
                f"keep={keep!r}: {name!r} is a {type(found).__name__} of {cls.__qualname__}, not an attribute of its "
                "objects; name the attribute that holds the value"
            )
        if name not in slots and not has_dict(cls):
            raise ValueError(
                f"keep={keep!r}: {cls.__qualname__} can have no attribute {name!r}; name some of its slots: "
                f"{', '.join(slots) or 'it has none'}"
            )


def _bound_to_the_system() -> list[type]:
    """Classes written in Python whose objects control a thread or a process of the system."""
    processes = sys.modules.get("multiprocessing.process")  # without it, no such class exists
    return [threading.Thread, *([processes.BaseProcess] if processes else [])]


def _hides_its_dict(cls: type) -> bool:
    """Whether a class attribute `__dict__` hides the one that Python defines."""
    found = next((base.__dict__["__dict__"] for base in cls.__mro__ if "__dict__" in base.__dict__), None)
    return found is not None and not isinstance(found, types.GetSetDescriptorType)


def _c_base(cls: type) -> type:
    """The nearest class not written in Python that defines the memory layout of `cls`."""
    base: type | None = cls
    while base is not None and base not in EMPTIABLE and _is_python_class(base):
        base = base.__base__
    return base or object


def new_reads_arguments(cls: type) -> bool:
    """Whether a `__new__` in C may read the arguments of a call: the class has a base in C that is not known here."""
    base = _c_base(cls)
    return base is not object and base not in EMPTIABLE


def _is_python_class(cls: type) -> bool:
    """Whether `cls` adds to its base only what Python code can see: slots, a dict, and a list of weak references."""
    base = cls.__base__
    if base is None or not cls.__flags__ & _HEAP_TYPE or cls.__flags__ & _IMMUTABLE_TYPE:
        return False
    if "__slots__" in cls.__dict__:
        return True  # also where a program has overwritten the attribute of a slot, so that it cannot be counted
    offsets = (cls.__dictoffset__, cls.__weakrefoffset__)
    pointers = sum(offset >= base.__basicsize__ for offset in offsets)
    return cls.__basicsize__ == base.__basicsize__ + pointers * _POINTER


def check_keep(keep: Any) -> tuple[str, ...]:
    """Return `keep` as a tuple of names; None is an empty tuple.

    Raises:
        TypeError: it is not an iterable of strings.
        ValueError: it has a name twice.
    """
    if keep is None:
        return ()
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise TypeError(f"keep={keep!r}: expected the names of attributes, as in keep=('buffer', 'seen')")
    names = tuple(keep)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"keep={names!r}: expected strings, got {type(name).__name__}: name the attributes to keep")
    twice = [name for name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"keep={names!r}: it has {', '.join(map(repr, twice))} more than once; name each attribute once"
        )
    return tuple(str.__str__(name) for name in names)  # a subclass of str may compare and hash as it likes


def refuse_foreign(obj: object, cls: type, pool: str) -> NoReturn:
    """Raise TypeError: `pool` keeps objects of `cls`, and `obj` is of another class."""
    given = obj.__class__
    if given.__qualname__ == cls.__qualname__:
        remedy = "its class is another one of the same name, as for objects made before the class was decorated"
    else:
        remedy = f"insert it into a pool of {given.__qualname__}"
    raise TypeError(f"obj={obj!r}: {pool} keeps objects of {cls.__qualname__}; {remedy}")


def refuse_uninsertable(obj: object) -> NoReturn:
    """Raise TypeError: the class of `obj` has no pool that could keep it."""
    name = obj.__class__.__qualname__
    raise TypeError(
        f"obj={obj!r}: {name} is not a poolable class; decorate it with @poolable, or make a pool of {name} and call "
        "its method insert"
    )
