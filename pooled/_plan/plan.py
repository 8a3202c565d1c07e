"""Plans: how the objects of one pool are made, emptied and measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pooled._plan.builtins import Builtin, builtin_of, is_of_the_builtin
from pooled._plan.cached_values import deleting_cached_values
from pooled._plan.checks import (
    new_reads_arguments,
    refuse_alias,
    refuse_exceptions,
    refuse_immutable,
    refuse_unkept,
    refuse_unscrubbable,
)
from pooled._plan.construction import allocate, class_with_new, construct, is_new_replaced
from pooled._plan.fields import KeptFields
from pooled._plan.hooks import Capacity, Hooks, Reset, functions_by_name, functions_of
from pooled._plan.scrub import scrubber
from pooled._plan.strategy import Strategy
from pooled._record import Record


class Plan(Record, eq=False):
    """How the objects of one pool are made, emptied and measured.

    Attributes:
        factory: makes an object that is ready to use.
        parkable: makes an object in the state in which `empty` leaves one.
        cls: the class of the objects; `object` if a function makes them.
        mro: its method resolution order when the plan was made.
        empty: empties an object; the result False discards it. If there are `fields`, these empty it instead.
        measure: returns the capacity of an object, an int; None if an object is never too large.
        reset: the user's function that empties an object; None if there is none.
        fields: empties an object except for the attributes to keep; None if there are none.
        keep: the names of the attributes that the user wants to keep.
        hooks: the hooks as they were named for the class itself; subclasses inherit them.
        hooked: whether a call of the class leads to its pool.
        plain: whether `object.__new__` makes the objects.
        has_new: whether a `__new__` written in Python makes them; a call of the class runs it for each object.
        builtin: how the builtin part of an object is recycled; None if the class has no builtin base.
        fits: whether a parked object can be used for a construction with these arguments; None means always.
    """

    factory: Callable[[], Any]
    parkable: Callable[[], Any]
    cls: type
    mro: tuple[type, ...]
    empty: Reset
    measure: Capacity | None
    reset: Reset | None = None
    fields: KeptFields | None = None
    keep: tuple[str, ...] = ()
    hooks: Hooks = Hooks()
    hooked: bool = False
    plain: bool = False
    has_new: bool = False
    builtin: Builtin | None = None
    fits: Callable[[Any, tuple[Any, ...]], bool] | None = None

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
        return Strategy.SCRUB if self.fields is None else Strategy.KEEP

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


def plan_for_class(cls: type, hooks: Hooks = Hooks(), *, hooked: bool, keep: tuple[str, ...] = ()) -> Plan:
    """The plan for objects of `cls`.

    Args:
        cls: the class.
        hooks: the hooks that the caller names; omitted ones are inherited.
        hooked: whether a call of the class leads to a pool, so that the plan makes objects in another way.
        keep: the names of the attributes to keep.

    Raises:
        TypeError: its objects cannot be emptied, or a hook cannot be called with an object alone.
        ValueError: the class has no method of the name of a hook, or `keep` names an attribute that objects of the
            class cannot have.
    """
    refuse_immutable(cls)
    refuse_exceptions(cls)
    builtin = builtin_of(cls)
    reset, capacity = functions_of(cls, hooks)
    if builtin is not None and (capacity is None or is_of_the_builtin(capacity)):
        capacity = builtin.capacity
    elif capacity is not None and reset is not None:  # without a reset, the object is emptied afterwards
        capacity = deleting_cached_values(cls, capacity)
    if reset is None:
        refuse_unscrubbable(cls)
    elif keep:
        raise TypeError(
            f"keep={keep!r}: {cls.__qualname__} has a reset, so keep= would have no effect; use only one of them "
            "(reset=None turns off the reset of a base)"
        )
    else:
        reset = deleting_cached_values(cls, reset)
    factory = partial(construct, cls) if hooked else cls
    has_new = class_with_new(cls) is not None
    if builtin is not None and has_new:
        builtin = builtin.replace(fits=None, refill=None)  # its own __new__ chooses the arguments
    fits = _fits_no_arguments if not has_new and new_reads_arguments(cls) else None
    scrub = scrubber(cls, builtin)
    if keep:
        refuse_unkept(cls, keep)
    fields = KeptFields(cls, keep, scrub) if keep else None
    known = object if has_new and not hooked else cls  # its __new__ may return objects of other classes
    keeps_what_init_made = reset is not None or fields is not None
    return Plan(
        factory=factory,
        parkable=factory if keeps_what_init_made else partial(_blank, cls, hooked=hooked),
        cls=known,
        mro=known.__mro__,
        empty=scrub if reset is None else reset,
        measure=capacity,
        reset=reset,
        fields=fields,
        keep=keep,
        hooks=hooks,
        hooked=hooked,
        plain=builtin is None and not has_new and fits is None,
        has_new=has_new,
        builtin=builtin,
        fits=fits if builtin is None else builtin.fits,
    )


def _fits_no_arguments(_: Any, args: tuple[Any, ...]) -> bool:
    """Whether a construction has no arguments, which the `__new__` of a base in C would have read."""
    return not args


def plan_for_function(factory: Callable[[], Any], hooks: Hooks) -> Plan:
    """The plan for objects that a function makes.

    Raises:
        TypeError: there is no `reset`, or a hook cannot be called with an object alone.
        ValueError: a hook is a string that cannot be the name of a method.
    """
    reset, capacity = functions_by_name(hooks)
    if reset is None:
        refuse_alias(factory)
        raise TypeError(
            f"reset=None: the objects of {factory!r} have to be emptied between two uses; pass reset= a function that "
            "empties one, the name of its method, or reset=lambda obj: None if nothing has to be done"
        )
    return Plan(
        factory=factory,
        parkable=factory,
        cls=object,
        mro=object.__mro__,
        empty=reset,
        measure=capacity,
        reset=reset,
    )


def _blank(cls: type, *, hooked: bool) -> Any:
    new: Any = cls.__new__
    return allocate(cls, cls, (), {}) if hooked else new(cls)
