"""The configuration as an object: defaults, the limits of single classes, and classes to instrument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from pooled._policy import Limits, Policy
from pooled._record import Record

Target: TypeAlias = str
"""The name of a class or a factory: `package.module:Class`."""


class ConfigurationError(ValueError):
    """The environment or the configuration file has an invalid entry.

    The message names the variable or the file, the key, the value, and what was expected there.
    """


# Tracebacks print the module of an error, so the public name stays when the class moves.
ConfigurationError.__module__ = "pooled._config"


class Instrumented(Record):
    """The entry of a configuration file for a class that becomes poolable when its module is imported.

    Attributes:
        where: the file and the section of the entry; an error about the entry begins with this text.
        limits: the limits of its pool.
        reset: the name of the method that empties an object; None for the default.
        capacity: the name of the method that measures an object; None for the default.
        keep: the names of the attributes to keep; None for the default.
    """

    where: str
    limits: Limits = Limits()
    reset: str | None = None
    capacity: str | None = None
    keep: tuple[str, ...] | None = None


Freeze: TypeAlias = Literal["steady", "fork"]


if TYPE_CHECKING:
    from typing import TypedDict

    class GcOptions(TypedDict, total=False):
        """The argument `gc` of `configure`. An omitted key changes nothing; None reverts its setting."""

        threshold: Sequence[int] | None
        freeze: Freeze | None

else:
    GcOptions = dict  # since Python 3.14, a TypedDict with an alias takes longer to import than this package


class GcSettings(Record):
    """Settings of the cyclic garbage collector.

    Attributes:
        threshold: the arguments of `gc.set_threshold`; None leaves the threshold alone.
        freeze: when to freeze the objects that are alive; None never does.
        yields: whether a threshold that the program set takes precedence.
    """

    threshold: tuple[int, int, int] | None = None
    freeze: Freeze | None = None
    yields: bool = False


class Configuration:
    """All configured values.

    Attributes:
        engine: the name of the engine; None chooses the native one where it was built.
        debug: in debug mode, one take in `debug` is recorded; 0 turns the mode off.
        budget: the number of bytes that all pools together may park; None for no limit.
        numpy: the bytes that are parked for the arrays of NumPy; None leaves them to NumPy.
        gc_trim: the least number of seconds between two trims after full collections; None turns these trims off.
        gc: settings of the garbage collector; None if none were configured.
        defaults: the limits of classes that do not set them.
        classes: limits by target; limits in the code of the class take precedence over them.
        override: limits by target, which take precedence over the limits in the code of the class.
        instrument: the classes to make poolable when they are imported, by target.
        matched: the targets for which a class was found.
        refused: why classes that `instrument` names are not poolable, by target.
        pooling: whether pools park anything; `pooled.disable` and `pooled.enable` set it.
    """

    def __init__(self) -> None:
        self.engine: str | None = None
        self.debug = 0
        self.budget: int | None = None
        self.gc_trim: float | None = 10.0
        self.numpy: int | None = None
        self.gc: GcSettings | None = None
        self.defaults = Limits()
        self.classes: dict[Target, Limits] = {}
        self.override: dict[Target, Limits] = {}
        self.instrument: dict[Target, Instrumented] = {}
        self.matched: set[Target] = set()
        self.refused: dict[Target, str] = {}
        self.pooling = True

    @property
    def names_classes(self) -> bool:
        """Whether the configuration names any class."""
        return bool(self.classes or self.override or self.instrument)

    def policy(self, target: Target, written: Limits) -> Policy:
        """The policy of the class named `target`, whose code sets the limits `written`."""
        if target in self.classes or target in self.override:
            self.matched.add(target)
        nothing = Limits()
        layers = (self.classes.get(target, nothing), written, self.override.get(target, nothing))
        limits = self.defaults
        for layer in layers:
            limits = layer.over(limits)
        return limits.completed()


def target_of(thing: object) -> Target:
    """The name of a class or a factory in configuration and reports: `package.module:Class`."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    return f"{module}:{name}"
