"""The kinds of classes with fields, and the containers that such fields hold."""

import collections
import dataclasses
import functools
import io
from collections.abc import Callable
from typing import Any

import attrs

CALLS = 20
"""More calls of a class than the native engine counts before it reads the `__init__`."""


@attrs.frozen
class Kind:
    """A way to define a class with fields; the body of the class is the same for each."""

    package: str
    slots: bool = False
    frozen: bool = False
    kw_only: bool = False

    def define(self, cls: type) -> type:
        decorate = attrs.define if self.package == "attrs" else dataclasses.dataclass
        return decorate(slots=self.slots, frozen=self.frozen, kw_only=self.kw_only)(cls)

    def field(self, **options: Any) -> Any:
        if self.package == "attrs":
            return attrs.field(**options)
        if "factory" in options:
            options["default_factory"] = options.pop("factory")
        return dataclasses.field(**options)

    def __str__(self) -> str:
        said = {"slots": self.slots, "frozen": self.frozen, "kw_only": self.kw_only}
        return "-".join([self.package, *(name for name, is_so in said.items() if is_so)])


KINDS = [
    *(Kind(library, slots) for library in ("attrs", "dataclass") for slots in (True, False)),
    Kind("attrs", slots=True, frozen=True),
    Kind("attrs", frozen=True, kw_only=True),
    Kind("dataclass", slots=True, frozen=True, kw_only=True),
    Kind("dataclass", frozen=True),
]


@attrs.frozen
class Container:
    """A container that the factory of a field creates.

    Attributes:
        name: its name in the ids of tests.
        factory: returns an empty container.
        fill: adds the elements of a list, or as many bytes or characters.
        keeps: the builtin type whose capacity can be kept when a container is recycled.
        holds: whether it holds objects.
        weak: whether weak references to it are possible.
        stays: whether an object keeps it, emptied, if C carries out the `__init__` that makes it.
    """

    name: str
    factory: Callable[[], Any]
    fill: Callable[[Any, list[Any]], object]
    keeps: type | None = None
    holds: bool = True
    weak: bool = False
    stays: bool = True

    def __str__(self) -> str:
        return self.name


def _map(part, elements):
    part.update({element: element for element in elements})


CONTAINERS = [
    Container("list", list, lambda part, elements: part.extend(elements), keeps=list),
    Container("dict", dict, _map, keeps=dict),
    Container("set", set, lambda part, elements: part.update(elements), keeps=set, weak=True),
    Container("deque", collections.deque, lambda part, elements: part.extend(elements), weak=True),
    Container("bytearray", bytearray, lambda part, elements: part.extend(b"x" * len(elements)), bytearray, holds=False),
    Container("OrderedDict", collections.OrderedDict, _map, keeps=dict, weak=True),
    Container("defaultdict", collections.defaultdict, _map, keeps=dict),
    Container(
        "Counter",
        collections.Counter,
        lambda part, elements: part.update(elements),
        keeps=dict,
        weak=True,
        stays=False,  # its constructor is written in Python
    ),
    Container("BytesIO", io.BytesIO, lambda part, elements: part.write(b"x" * len(elements)), holds=False, weak=True),
    Container(
        "StringIO",
        io.StringIO,
        lambda part, elements: part.write("x" * len(elements)),
        holds=False,
        weak=True,
        stays=False,  # nothing in C empties it
    ),
    Container(
        "bounded deque",
        functools.partial(collections.deque, maxlen=3),
        lambda part, elements: part.extend(elements),
        weak=True,
        stays=False,  # the arguments of a partial function can be changed in place
    ),
    Container(
        "defaultdict of lists",
        functools.partial(collections.defaultdict, list),
        _map,
        keeps=dict,
        stays=False,  # for the same reason
    ),
]


def state(value: Any) -> Any:
    """The state of a container without its attributes, for comparison with another container."""
    kind = value.__class__
    if isinstance(value, io.BytesIO | io.StringIO):
        return kind, value.closed or (value.getvalue(), value.tell())
    if isinstance(value, collections.deque):
        return kind, list(value), value.maxlen
    if isinstance(value, collections.defaultdict):
        return kind, list(value.items()), value.default_factory
    if isinstance(value, dict):
        return kind, list(value.items())
    return kind, next((stock(value) for stock in (list, set, bytearray) if isinstance(value, stock)), value)


def warm(cls: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
    """Call a class often enough for the native engine to carry out its `__init__` in C from then on, if it can."""
    for _ in range(CALLS):
        cls(*args, **kwargs)


def plan(pooled: Any, cls: type, /, *args: Any, **kwargs: Any) -> Any:
    """`warm` a poolable class, and clear its pool; return the statistics."""
    warm(cls, *args, **kwargs)
    pooled.pool_of(cls).clear()
    return pooled.pool_of(cls).stats()


def keeps_parts(pooled: Any) -> bool:
    """Whether an object keeps the containers that its `__init__` makes, if C carries that out."""
    return pooled.engine == "native"


def is_set(obj: Any, name: str) -> bool:
    """Whether a field is set."""
    try:
        getattr(obj, name)
    except AttributeError:
        return False
    return True


def error_of(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The error of a call, as a string: a reference to the error would keep the objects alive."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def check_counts(pooled: Any, cls: type, since: Any = None, **expected: int) -> None:
    """Check the statistics of the pool of `cls`, or how they changed `since`. Counts that are not given must be zero.

    `live` is computed from the other counts, so this also checks that they add up.
    """
    stats = pooled.pool_of(cls).stats()
    former = {} if since is None else {**since.asdict(), "parked": 0}
    counts = {name: count - former.get(name, 0) for name, count in stats.asdict().items()}
    found = {name: count for name, count in {**counts, "live": stats.live}.items() if count}
    assert found == expected, f"{found}, not {expected}"


class Payload:
    """An object of the user."""
