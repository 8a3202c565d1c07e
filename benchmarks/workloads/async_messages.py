"""The producer and the consumer as tasks of asyncio: the same messages, on one thread, through an `asyncio.Queue`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.workloads._makers import Makers
from benchmarks.workloads.messages import BATCH, Message, consume, fill


def work(make: Makers, seed: int, scale: float) -> Iterator[int]:
    """An operation is a batch that was produced and consumed; what came out is what its messages said."""
    rng = random.Random(seed)
    bodies = [[rng.randrange(1_000) for _ in range(8)] for _ in range(100)]
    message = make.maker(Message)
    count = max(1, int(BATCH * scale))
    with asyncio.Runner() as runner:
        yield 0
        while True:
            yield runner.run(cross(message, bodies, count))


async def cross(make_message: Callable[..., Any], bodies: list[list[int]], count: int) -> int:
    """Produce and consume so many messages."""
    batches: asyncio.Queue[list[Message] | None] = asyncio.Queue(maxsize=8)

    async def produce() -> None:
        for start in range(0, count, 500):
            numbers = range(start, min(start + 500, count))
            await batches.put([fill(make_message, bodies, number) for number in numbers])
        await batches.put(None)

    producer = asyncio.create_task(produce())
    total = 0
    while (messages := await batches.get()) is not None:
        total += consume(messages)
    await producer
    return total
