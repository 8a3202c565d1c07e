"""Plans: how the objects of one pool are made, emptied and measured."""

from __future__ import annotations

import operator
import sys
import types
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from pooled._plan.builtins import Builtin, builtin_of, is_of_the_builtin
from pooled._plan.checks import refuse_alias, refuse_immutable, refuse_unkept, refuse_unscrubbable
from pooled._plan.construction import allocate, class_with_new, construct, is_new_replaced
from pooled._plan.fields import FieldPlan
from pooled._plan.schema import schema_of, schema_of_kept, with_kept
from pooled._plan.scrub import Reset, scrubber
from pooled._plan.strategy import Strategy
from pooled._record import Record

if TYPE_CHECKING:
    import inspect

Capacity: TypeAlias = Callable[[Any], int]


@runtime_checkable
class Poolable(Protocol):
    """The optional methods of a poolable class.

    Without `reset`, an object of an attrs class or a dataclass is emptied field by field, as `field_reset` shows. An
    object of any other class is scrubbed: all attributes are deleted, and the next `cls(...)` or `take(cls)` runs
    `__init__`. Without `capacity`, an object is never too large, except that instances of builtin containers and of
    their subclasses are measured.
    """

    def reset(self) -> bool | None:
        """Empty the object. It runs when the last reference goes, on the thread that drops it.

        Returns:
            False to discard the object; any other result parks it.

        An exception goes to `sys.unraisablehook`, and the object is discarded.
        """

    def capacity(self) -> int:
        """Measure the object, in a unit that the class chooses. An object above `max_cap` is discarded.

        It runs after `reset`; without a `reset`, it runs before the object is emptied. An exception goes to
        `sys.unraisablehook`, and the object is discarded.
        """
        ...


class Plan(Record, eq=False):
    """How the objects of one pool are made, emptied and measured.

    Attributes:
        factory: makes an object that is ready to use.
        parkable: makes an object in the state in which `empty` leaves one.
        cls: the class of the objects; `object` if a function makes them.
        mro: its method resolution order when the plan was made.
        empty: empties an object; the result False discards it. If there are `fields`, these empty it instead.
        measure: returns the capacity of an object, an int; None if an object is never too large.
        reset: the function that the user passed to empty an object, or else the method of the class; None if there is
            neither.
        fields: empties an object field by field; None if it is emptied as a whole.
        why: how an object is emptied and why, for reports.
        keep: the names of the attributes that the user wants to keep.
        hooked: whether a call of the class leads to its pool.
        plain: whether `object.__new__` makes the objects.
        builtin: how the builtin part of an object is recycled; None if the class has no builtin base.
    """

    factory: Callable[[], Any]
    parkable: Callable[[], Any]
    cls: type
    mro: tuple[type, ...]
    empty: Reset
    measure: Capacity | None
    why: str
    reset: Reset | None = None
    fields: FieldPlan | None = None
    keep: tuple[str, ...] = ()
    hooked: bool = False
    plain: bool = False
    builtin: Builtin | None = None

    def is_outdated(self) -> bool:
        """Whether the bases of the class were changed since, so that its objects may have unknown attributes."""
        return self.cls.__mro__ is not self.mro

    def is_for(self, obj: object) -> bool:
        """Whether a pool with this plan can park `obj`."""
        return self.cls is object or obj.__class__ is self.cls

    @property
    def strategy(self) -> Strategy:
        """How an object is emptied."""
        if self.reset is not None:
            return Strategy.RESET
        return Strategy.SCRUB if self.fields is None else self.fields.strategy

    @property
    def derived(self) -> FieldPlan | None:
        """The fields where they are all that is to be known of an object, so that `take` needs no `__init__`."""
        return self.fields if self.strategy is Strategy.FIELDS else None

    def check(self, given: Mapping[str, Any]) -> None:
        """Raise TypeError if `take` does not accept these arguments."""
        if self.derived is not None:
            self.derived.check(given)
        elif given and self.strategy is not Strategy.SCRUB:
            raise TypeError(
                f"take({self.cls.__qualname__}, {', '.join(given)}=...): an object is taken as its reset left it, so "
                "there is nothing to give; set its attributes afterwards"
            )
        elif given and self.takes_nothing:
            raise TypeError(f"{self.cls.__name__}() takes no arguments")

    @property
    def measures_builtin(self) -> bool:
        """Whether the capacity of an object is that of its builtin part."""
        return self.builtin is not None and self.measure is self.builtin.capacity

    @property
    def takes_nothing(self) -> bool:
        """Whether the class takes no arguments. It is computed each time, since methods may be replaced."""
        if not self.plain or self.cls.__init__ is not object.__init__:  # type: ignore[misc] # it is only compared
            return False
        return not (self.hooked and is_new_replaced(self.cls))


def plan_for_class(
    cls: type,
    *,
    reset: Reset | None,
    capacity: Capacity | None,
    hooked: bool,
    keep: tuple[str, ...] = (),
) -> Plan:
    """The plan for objects of `cls`.

    Args:
        cls: the class.
        reset: empties an object; None for the method of the class.
        capacity: measures an object; None for the method of the class.
        hooked: whether a call of the class leads to a pool, so that the plan makes objects in another way.
        keep: the names of the attributes to keep.

    Raises:
        TypeError: its objects cannot be emptied, or `reset` or `capacity` cannot be called with an object alone.
        ValueError: `keep` names an attribute that objects of the class cannot have.
    """
    builtin = builtin_of(cls)
    reset = _checked(cls, "reset", reset)
    capacity = _checked(cls, "capacity", capacity)
    if builtin is not None and (capacity is None or is_of_the_builtin(capacity)):
        capacity = builtin.capacity
    refuse_immutable(cls)
    if reset is None:
        refuse_unscrubbable(cls)
    elif keep:
        raise TypeError(
            f"keep={keep!r}: {cls.__qualname__} has a reset, which says what is kept; give it one or the other"
        )
    factory = partial(construct, cls) if hooked else cls
    has_new = class_with_new(cls) is not None
    if builtin is not None and has_new:
        builtin = builtin.replace(fits=None, refill=None)  # its own __new__ chooses the arguments
    scrub = scrubber(cls, builtin)
    fields, why = (None, "emptied by its reset") if reset is not None else _fields_of(cls, keep, scrub)
    known = object if has_new and not hooked else cls  # its __new__ may return objects of other classes
    keeps_what_init_made = reset is not None or (fields is not None and fields.strategy is Strategy.KEEP)
    return Plan(
        factory=factory,
        parkable=factory if keeps_what_init_made else partial(_blank, cls, hooked=hooked),
        cls=known,
        mro=known.__mro__,
        empty=reset or scrub,
        measure=capacity,
        why=why,
        reset=reset,
        fields=fields,
        keep=keep,
        hooked=hooked,
        plain=builtin is None and not has_new,
        builtin=builtin,
    )


def _fields_of(cls: type, keep: tuple[str, ...], scrub: Reset) -> tuple[FieldPlan | None, str]:
    """The field plan of `cls`, or None if no fields are known or kept; and how and why, for reports."""
    schema = schema_of(cls)
    if isinstance(schema, str):
        if not keep:
            return None, f"scrubbed, and made ready by __init__, because {schema}"
        refuse_unkept(cls, keep)
        return FieldPlan(cls, schema_of_kept(keep), scrub, strategy=Strategy.KEEP), "scrubbed, but for what it keeps"
    return FieldPlan(cls, with_kept(schema, keep), scrub, strategy=Strategy.FIELDS), "emptied field by field"


def plan_for_function(factory: Callable[[], Any], *, reset: Reset | None, capacity: Capacity | None) -> Plan:
    """The plan for objects that a function makes.

    Raises:
        TypeError: there is no `reset`, or `reset` or `capacity` cannot be called with an object alone.
    """
    if reset is None:
        refuse_alias(factory)
        raise TypeError(
            f"reset=None: what {factory!r} makes has to be emptied between two uses; pass reset= a function that "
            "empties one, or reset=lambda obj: None where nothing has to be done"
        )
    for name, function in (("reset", reset), ("capacity", capacity)):
        if function is not None:
            check_hook(f"{name}={function!r}", name, function)
    return Plan(
        factory=factory,
        parkable=factory,
        cls=object,
        mro=object.__mro__,
        empty=reset,
        measure=capacity,
        why="emptied by the reset of its pool",
        reset=reset,
    )


def _blank(cls: type, *, hooked: bool) -> Any:
    new: Any = cls.__new__
    return allocate(cls, cls, (), {}) if hooked else new(cls)


def _checked(cls: type, name: str, given: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """The function to use as `name`: the given one, else the method of `cls`, else None.

    An attribute that is not a method of the objects, such as a property, a number, a class or a class method, does not
    count, nor do methods of the metaclass.
    """
    if given is not None:
        check_hook(f"{name}={given!r}", name, given)
        return given
    method: Any = next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)
    if isinstance(method, types.FunctionType | types.MethodDescriptorType):
        check_hook(f"{cls.__qualname__}.{name}", name, method)
        return method
    other = isinstance(method, type | property | classmethod | staticmethod) or not callable(getattr(cls, name, None))
    return None if method is None or other else operator.methodcaller(name)


def check_hook(which: str, name: str, function: Callable[[Any], Any]) -> None:
    """Raise TypeError, with a text that begins with `which`, if `function` cannot be called with an object alone."""
    if not callable(function):
        raise TypeError(f"{which}: expected a function that takes the object")
    import inspect  # here and below, since it takes longer to import than this package

    called = (function, inspect.getattr_static(type(function), "__call__", None))  # a callable object
    if any(inspect.iscoroutinefunction(each) or inspect.isgeneratorfunction(each) for each in called):
        raise TypeError(
            f"{which}: it runs while an object is dropped, where nothing awaits it; make it a plain function"
        )
    try:
        signature = _signature_of(function)
    except ValueError:
        return  # some functions written in C have no signature
    try:
        signature.bind(object())
    except TypeError as error:
        raise TypeError(
            f"{which}: it is called with the object alone, but takes {signature}; "
            f"pass {name}= a function that takes only the object"
        ) from error


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, without an evaluation of its annotations, whose names may not exist yet."""
    import inspect

    if sys.version_info >= (3, 14):
        from annotationlib import Format  # new in this version

        return inspect.signature(function, annotation_format=Format.STRING)
    return inspect.signature(function)
