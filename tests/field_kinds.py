"""Classes with fields, in every kind they come in, and the parts that such fields hold."""

import collections
import dataclasses
import functools
import io
from collections.abc import Callable
from typing import Any

import attrs
import pytest


@attrs.frozen
class Kind:
    """A way to define a class from its fields; the class body reads the same for each."""

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
_TWO = [Kind("attrs", slots=True), Kind("dataclass")]

two_kinds = pytest.mark.parametrize("kind", _TWO, ids=str)
"""For tests that run over every container, too."""
two_mutable_kinds = pytest.mark.parametrize("mutable_kind", _TWO, ids=str)


@attrs.frozen
class Part:
    """A container that a field's factory makes.

    Attributes:
        name: what it is called here.
        factory: makes an empty one.
        fill: puts in the elements of a list, or as many bytes or characters.
        keeps: the stock container whose room it is that may be kept from life to life.
        holds: whether it holds objects.
        weak: whether it can be weakly referenced.
    """

    name: str
    factory: Callable[[], Any]
    fill: Callable[[Any, list[Any]], object]
    keeps: type | None = None
    holds: bool = True
    weak: bool = False

    def __str__(self) -> str:
        return self.name


def _map(part, elements):
    part.update({element: element for element in elements})


PARTS = [
    Part("list", list, lambda part, elements: part.extend(elements), keeps=list),
    Part("dict", dict, _map, keeps=dict),
    Part("set", set, lambda part, elements: part.update(elements), keeps=set, weak=True),
    Part("deque", collections.deque, lambda part, elements: part.extend(elements), weak=True),
    Part("bytearray", bytearray, lambda part, elements: part.extend(b"x" * len(elements)), bytearray, holds=False),
    Part("OrderedDict", collections.OrderedDict, _map, keeps=dict, weak=True),
    Part("defaultdict", collections.defaultdict, _map, keeps=dict),
    Part("Counter", collections.Counter, lambda part, elements: part.update(elements), keeps=dict, weak=True),
    Part("BytesIO", io.BytesIO, lambda part, elements: part.write(b"x" * len(elements)), holds=False, weak=True),
    Part("StringIO", io.StringIO, lambda part, elements: part.write("x" * len(elements)), holds=False, weak=True),
    Part(
        "bounded deque",
        functools.partial(collections.deque, maxlen=3),
        lambda part, elements: part.extend(elements),
        weak=True,
    ),
    Part("defaultdict of lists", functools.partial(collections.defaultdict, list), _map, keeps=dict),
]


def state(value: Any) -> Any:
    """All that can be seen of a part now but attributes, to be compared with that of another one."""
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


def is_set(obj: Any, name: str) -> bool:
    """Whether a field can be read."""
    try:
        getattr(obj, name)
    except AttributeError:
        return False
    return True


def error_of(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """How a call failed, as a string: keeping the error would keep the objects."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def counts(pooled: Any, cls: type, **expected: int) -> None:
    """Asserts what the pool of `cls` counted; of what is not named, nothing.

    What is live is worked out from all the others, so that this says that they add up.
    """
    stats = pooled.pool_of(cls).stats()
    found = {name: count for name, count in {**attrs.asdict(stats), "live": stats.live}.items() if count}
    assert found == expected, f"{found}, not {expected}"


class Payload:
    """Something a user put in."""
