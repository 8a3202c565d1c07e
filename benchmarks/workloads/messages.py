"""A producer and a consumer on threads: messages with a header and parts go over a bounded queue, batch by batch."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import attrs

from benchmarks.workloads._makers import Makers

BATCH = 5_000
"""Messages of an operation, at full scale."""

TOPICS = ("orders", "prices", "trades")


@attrs.define(eq=False)
class Message:
    """A message: its topic, its header, and its parts."""

    topic: str = ""
    number: int = 0
    header: dict[str, Any] = attrs.field(factory=dict)
    parts: list[int] = attrs.field(factory=list)
    seen: set[int] = attrs.field(factory=set)


def work(make: Makers, seed: int, scale: float) -> Iterator[int]:
    """An operation is a batch that was produced and consumed; what came out is what its messages said."""
    rng = random.Random(seed)
    bodies = [[rng.randrange(1_000) for _ in range(8)] for _ in range(100)]
    message = make.maker(Message, scope="global")  # made on one thread, dropped on the other
    count = max(1, int(BATCH * scale))
    with Producer(message, bodies, count) as producer:
        yield 0
        while True:
            yield producer.batch()


class Producer:
    """The thread that makes messages, a batch when it is asked for one."""

    def __init__(self, message: Callable[..., Any], bodies: list[list[int]], count: int) -> None:
        self._message, self._bodies, self._count = message, bodies, count
        self._orders: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._batches: queue.Queue[list[Message]] = queue.Queue(maxsize=8)
        self._thread = threading.Thread(target=self._produce, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._orders.put(False)

    def _produce(self) -> None:
        while self._orders.get():
            for start in range(0, self._count, 500):
                numbers = range(start, min(start + 500, self._count))
                self._batches.put([fill(self._message, self._bodies, number) for number in numbers])

    def batch(self) -> int:
        """Consume a batch."""
        self._orders.put(True)
        total = left = 0
        while left < self._count:
            messages = self._batches.get()
            left += len(messages)
            total += consume(messages)
        return total


def fill(make_message: Callable[..., Any], bodies: list[list[int]], number: int) -> Message:
    """Make a message."""
    message: Message = make_message(topic=TOPICS[number % 3], number=number)
    message.header.update(source="desk", urgent=number % 7 == 0)
    message.parts.extend(bodies[number % 100])
    return message


def consume(messages: list[Message]) -> int:
    """Work on messages and drop them; what they say."""
    total = 0
    while messages:
        message = messages.pop()
        message.seen.update(message.parts)
        total += len(message.seen) + message.number * message.header["urgent"]
    return total
