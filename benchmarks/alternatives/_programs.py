"""The three programs. Each yields, for each operation, its processor time in seconds and its result."""

from __future__ import annotations

import asyncio
import csv
import json
import random
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Final

from benchmarks._measuring import CLOCK
from benchmarks.alternatives._makers import Kind

HELD: Final = 100_000
"""Products that the server keeps; each is two lists, which a full collection visits."""

LINES: Final = 2_000
"""Lines that a request makes."""

ROWS: Final = 5_000
"""Rows of a batch."""

EVENTS: Final = 5_000
"""Events that make an operation of the stream, one after the other."""

CYCLE: Final = 8_192
"""Bytes that a request leaves in a reference cycle, as a traceback or a closure does."""


class Server:
    """An asyncio server on TCP, whose client is in the same process."""

    def __init__(self, kind: Kind, scale: float) -> None:
        maker = kind("Line")
        self.make, self.give_back = maker.make, maker.give_back
        self.catalogue = [[number, number % 90 + 10, [number % 7]] for number in range(int(HELD * scale))]
        self.seconds = 0.0
        self.ended = asyncio.Event()

    def answer(self, query: dict[str, int]) -> dict[str, Any]:
        """Price an order, and return its most expensive lines."""
        context: dict[str, Any] = {"query": query, "trace": bytearray(CYCLE)}
        context["self"] = context
        make, catalogue, start = self.make, self.catalogue, query["start"]
        lines = [make(catalogue[(start + 31 * i) % len(catalogue)], i % 5 + 1) for i in range(LINES)]
        for line in lines:
            if line.count > 3:
                line.discounts.append(line.product[1] // 10)
        lines.sort(key=_cost, reverse=True)
        total = sum(map(_cost, lines))
        best = [line.product[0] for line in lines[:10]]
        if self.give_back is not None:
            for line in lines:
                self.give_back(line)
        return {"total": total, "best": best}

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for request in reader:
            began = CLOCK()
            writer.write(json.dumps(self.answer(json.loads(request))).encode() + b"\n")
            self.seconds = CLOCK() - began
            await writer.drain()
        writer.close()
        self.ended.set()

    async def requests(self) -> AsyncGenerator[tuple[float, int], None]:
        """Send requests until the caller stops."""
        rng = random.Random(25)
        server = await asyncio.start_server(self.converse, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                while True:
                    writer.write(json.dumps({"start": rng.randrange(1 << 20)}).encode() + b"\n")
                    yield self._measured(json.loads(await reader.readline()))
            finally:
                writer.close()
                await self.ended.wait()

    def _measured(self, answer: dict[str, Any]) -> tuple[float, int]:
        return self.seconds, answer["total"] * 31 + answer["best"][0]


def _cost(line: Any) -> int:
    total: int = line.product[1] * line.count - sum(line.discounts)
    return total


def serve(kind: Kind, scale: float) -> Iterator[tuple[float, int]]:
    """The server; an operation is a request."""
    requests = Server(kind, scale).requests()
    with asyncio.Runner() as runner:
        try:
            while True:
                yield runner.run(_next(requests))
        finally:
            runner.run(_close(requests))


async def _next(requests: AsyncGenerator[tuple[float, int], None]) -> tuple[float, int]:
    return await anext(requests)


async def _close(requests: AsyncGenerator[tuple[float, int], None]) -> None:
    await requests.aclose()


def batches(kind: Kind, scale: float) -> Iterator[tuple[float, int]]:
    """Read, clean and sum the rows of a CSV file; an operation is a batch of rows."""
    rng = random.Random(25)
    rows = [f"{n}, name {n % 97} ,{rng.choice('ABCD')},{rng.randrange(-5, 1_000)}" for n in range(int(ROWS * scale))]
    maker = kind("Record")
    return _measured(lambda: _batch(maker.make, maker.give_back, rows))


def _batch(make: Callable[..., Any], give_back: Callable[[Any], None] | None, rows: list[str]) -> int:
    batch = []
    for number, (key, name, city, amount) in enumerate(csv.reader(rows)):
        record = make(number, "orders.csv")
        record.values.update(id=key, name=name, city=city, amount=int(amount))
        batch.append(record)
    for record in batch:
        values = record.values
        values["name"] = values["name"].strip()
        values["cents"] = values["amount"] * 100
        if values["amount"] < 0:
            record.errors.append("negative amount")
    total: int = sum(record.values["cents"] for record in batch if not record.errors)
    if give_back is not None:
        for record in batch:
            give_back(record)
    return total


def stream(kind: Kind, scale: float) -> Iterator[tuple[float, int]]:
    """Count small events, only one of which is alive at a time."""
    count = int(EVENTS * scale)
    maker = kind("Event")
    return _measured(lambda: _events(maker.make, maker.give_back, count))


def _events(make: Callable[..., Any], give_back: Callable[[Any], None] | None, count: int) -> int:
    totals = [0, 0, 0, 0]
    if give_back is None:
        for number in range(count):
            event = make(number & 3, number)
            totals[event.kind] += event.value
    else:
        for number in range(count):
            event = make(number & 3, number)
            totals[event.kind] += event.value
            give_back(event)
    return sum(total * place for place, total in enumerate(totals))


def _measured(operation: Callable[[], int]) -> Iterator[tuple[float, int]]:
    while True:
        began = CLOCK()
        came_out = operation()
        yield CLOCK() - began, came_out


PROGRAMS: Final[dict[str, Callable[[Kind, float], Iterator[tuple[float, int]]]]] = {
    "server": serve,
    "batch": batches,
    "stream": stream,
}
