"""Plans: how the objects of one pool are made, emptied and measured."""

from __future__ import annotations

import inspect
import io
import operator
import types
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from sys import getrefcount
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

import attrs

from pooled._builtins import Builtin, builtin_of, says_builtin
from pooled._construction import allocate, class_with_new, construct
from pooled._refusals import refuse_immutable, refuse_unscrubbable

Reset: TypeAlias = Callable[[Any], object]
Capacity: TypeAlias = Callable[[Any], int]


@runtime_checkable
class Poolable(Protocol):
    """What a poolable class can say of its objects; both methods may be left out.

    Without `reset`, an object is scrubbed: every attribute goes, and the next `cls(...)` or `take(cls)` runs
    `__init__`. Without `capacity`, an object is never too large; subclasses of the builtin containers are
    measured all the same.
    """

    def reset(self) -> bool | None:
        """Empty the object. It runs when the last reference goes, on the thread that let it go.

        Returns:
            False to have the object discarded; anything else to have it parked.

        An exception goes to `sys.unraisablehook`, and the object is discarded.
        """

    def capacity(self) -> int:
        """Say how large the object is, in a unit of the class's own: above `max_cap` it is discarded.

        It is asked after `reset`, or, where there is none, before the object is scrubbed. An exception goes
        to `sys.unraisablehook`, and the object is discarded.
        """
        ...


@attrs.frozen(kw_only=True, eq=False)
class Plan:
    """How the objects of one pool are made, emptied and measured.

    Attributes:
        factory: makes an object that is ready to use.
        parkable: makes an object that can be parked, as `empty` would have left it.
        cls: the class of the objects; `object` where a function makes them.
        empty: empties an object; False means: do not keep it.
        measure: says the capacity of an object, an integer; None: it is never too large.
        scrubs: whether `empty` leaves an object blank, so that `__init__` has to run before it is used again.
        hooked: whether calling the class leads to a pool.
        plain: whether `object.__new__` makes the objects.
        builtin: what recycling has to know of the builtin base, where the class has one.
    """

    factory: Callable[[], Any]
    parkable: Callable[[], Any]
    cls: type
    empty: Reset
    measure: Capacity | None
    scrubs: bool
    hooked: bool = False
    plain: bool = False
    builtin: Builtin | None = None

    def is_for(self, obj: object) -> bool:
        """Whether a pool of this plan can keep `obj`."""
        return self.cls is object or obj.__class__ is self.cls

    @property
    def measures_builtin(self) -> bool:
        """Whether the capacity of an object is what its builtin part has room for."""
        return self.builtin is not None and self.measure is self.builtin.capacity

    @property
    def takes_nothing(self) -> bool:
        """Whether the class is to be called without arguments; its `__init__` may be changed at any time."""
        return self.plain and self.cls.__init__ is object.__init__  # type: ignore[misc] # it is only compared


def plan_for_class(cls: type, *, reset: Reset | None, capacity: Capacity | None, hooked: bool) -> Plan:
    """The plan for objects of `cls`; its own `reset` and `capacity` serve where none are given.

    Calling a class that is `hooked` leads to its pool, so its objects are made another way.

    Raises:
        TypeError: its objects cannot be emptied, or `reset` or `capacity` cannot be called with one alone.
    """
    builtin = builtin_of(cls)
    reset = _checked(cls, "reset", reset)
    capacity = _checked(cls, "capacity", capacity)
    if builtin is not None and (capacity is None or says_builtin(capacity)):
        capacity = builtin.capacity
    refuse_immutable(cls)
    if reset is None:
        refuse_unscrubbable(cls)
    factory = partial(construct, cls) if hooked else cls
    has_new = class_with_new(cls) is not None
    if builtin is not None and has_new:
        builtin = attrs.evolve(builtin, fits=None, refill=None)  # what is passed on to it is the class's own affair
    return Plan(
        factory=factory,
        parkable=partial(_blank, cls, hooked=hooked) if reset is None else factory,
        cls=object if has_new and not hooked else cls,  # it may give objects of other classes
        empty=reset or _scrub(cls, builtin),
        measure=capacity,
        scrubs=reset is None,
        hooked=hooked,
        plain=builtin is None and not has_new,
        builtin=builtin,
    )


def plan_for_function(factory: Callable[[], Any], *, reset: Reset | None, capacity: Capacity | None) -> Plan:
    """The plan for what a function makes.

    Raises:
        TypeError: there is no `reset`, or `reset` or `capacity` cannot be called with an object alone.
    """
    if reset is None:
        raise TypeError(
            f"reset=None: what {factory!r} makes has to be emptied between two uses; pass reset= a function that "
            "empties one, or reset=lambda obj: None where nothing has to be done"
        )
    for name, function in (("reset", reset), ("capacity", capacity)):
        if function is not None:
            _check_hook(f"{name}={function!r}", name, function)
    return Plan(
        factory=factory,
        parkable=factory,
        cls=object,
        empty=reset,
        measure=capacity,
        scrubs=False,
    )


def _blank(cls: type, *, hooked: bool) -> Any:
    new: Any = cls.__new__
    return allocate(cls, cls, (), {}) if hooked else new(cls)


def _checked(cls: type, name: str, given: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """The function to use as `name`: the one given, or else the method of `cls`, or None where it has none.

    An attribute that is no method of the objects, such as a property, a number, a class or a class method, is the
    class's own affair, and so is what its metaclass has.
    """
    if given is not None:
        _check_hook(f"{name}={given!r}", name, given)
        return given
    method: Any = next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)
    if isinstance(method, types.FunctionType | types.MethodDescriptorType):
        _check_hook(f"{cls.__qualname__}.{name}", name, method)
        return method
    other = isinstance(method, type | property | classmethod | staticmethod) or not callable(getattr(cls, name, None))
    return None if method is None or other else operator.methodcaller(name)


def _check_hook(which: str, name: str, function: Callable[[Any], Any]) -> None:
    if not callable(function):
        raise TypeError(f"{which}: expected a function that takes the object")
    called = (function, inspect.getattr_static(type(function), "__call__", None))  # an object can be a function, too
    if any(inspect.iscoroutinefunction(each) or inspect.isgeneratorfunction(each) for each in called):
        raise TypeError(
            f"{which}: it runs while an object is dropped, where nothing awaits it; make it a plain function"
        )
    try:
        signature = inspect.signature(function)
    except ValueError:
        return  # some functions written in C do not tell
    try:
        signature.bind(object())
    except TypeError as error:
        raise TypeError(
            f"{which}: it is called with the object alone, but takes {signature}; "
            f"pass {name}= a function that takes only the object"
        ) from error


def _scrub(cls: type, builtin: Builtin | None) -> Reset:
    """A function that makes an instance of `cls` as `cls.__new__(cls)` would: no attributes, no items."""
    slots = tuple(
        member.__delete__
        for base in cls.__mro__
        if "__slots__" in base.__dict__
        for member in base.__dict__.values()
        if isinstance(member, types.MemberDescriptorType)
    )
    has_dict = cls.__dictoffset__ != 0

    def scrub(obj: Any) -> bool:
        if builtin is not None:
            builtin.empty(obj)
        for unset in slots:
            with suppress(AttributeError):  # it may not be set
                unset(obj)
        return _drop_attributes(obj) if has_dict else True

    return scrub


def _drop_attributes(obj: Any) -> bool:
    """Give `obj` a `__dict__` that nobody else has: whoever took `vars(obj)` keeps what they took.

    False where the class does not let its dict be replaced and somebody else holds it.
    """
    try:
        object.__setattr__(obj, "__dict__", {})  # whatever the class says of setting attributes
    except AttributeError:
        if _references_to_dict(obj) != _DICT_UNSHARED:
            return False
        obj.__dict__.clear()
    return True


def _references_to_dict(obj: Any) -> int:
    return getrefcount(obj.__dict__)


_DICT_UNSHARED: Final = _references_to_dict(io.BytesIO())  # differs between versions of Python
