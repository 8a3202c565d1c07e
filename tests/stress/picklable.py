"""Classes at the top of a module, where pickle finds them, and a function that runs in other processes."""

import os
from typing import Any

import attrs

import pooled
from pooled import containers


@pooled.poolable
class Message:
    def __init__(self, topic: str, body: Any) -> None:
        self.topic, self.body = topic, body

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


@pooled.poolable(scope="global")
@attrs.define
class Request:
    topic: str
    tokens: list[int] = attrs.Factory(list)
    labels: dict[str, str] = attrs.Factory(dict)
    seen: set[int] = attrs.Factory(set)


@pooled.poolable(max=5)
class Slotted:
    __slots__ = ("left", "right")

    def __init__(self, left: Any = None, right: Any = None) -> None:
        self.left, self.right = left, right

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and (self.left, self.right) == (other.left, other.right)

    __hash__ = None  # type: ignore[assignment]


def samples(number: int) -> list[Any]:
    """One object of each kind, filled."""
    values = list(range(number % 50))
    return [
        Message(f"topic {number}", containers.List(values)),
        Request(f"topic {number}", values, {"number": str(number)}, set(values)),
        Slotted(Slotted(number), containers.Dict(number=number)),
        containers.List(values),
        containers.Dict(dict.fromkeys(values, number)),
        containers.Set(values),
        containers.Deque(values),
        containers.ByteArray(bytes(values)),
        containers.OrderedDict(dict.fromkeys(values, number)),
        containers.DefaultDict(int, dict.fromkeys(values, number)),
        containers.Counter(values),
        containers.Array("q", values),
    ]


def echo(objects: list[Any]) -> tuple[list[Any], int, int]:
    """Return the objects, the number of the process, and the number of parked objects in its pools."""
    parked = sum(len(pooled.pool_of(type(obj))) for obj in samples(0) if hasattr(type(obj), "__pooled_pool__"))
    return objects, os.getpid(), parked
