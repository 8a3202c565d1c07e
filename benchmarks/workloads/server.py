"""A server that has a large table in memory, and answers queries by ranking objects that it builds from all matches.

Its heap is full of long-lived objects, which a full collection has to examine. A query is a line of JSON. The server
builds an object of several parts for each of thousands of matching records, ranks these objects, and sends the best.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import attrs

from benchmarks.workloads._makers import Makers
from benchmarks.workloads._measured import Collections, Measured, peak, set_collector

HELD = 1_000_000
"""Records, at full scale; each is two objects that the collector knows: a list, and a list of tags in it."""

GROUPS = 256
"""Of records."""

MATCHED = 4_000
"""Records that match a query, at full scale."""

BEST = 10

ROOT = Path(__file__).resolve().parent.parent.parent

BEGIN = "begin"
"""What a client says when the working set is there."""


@attrs.define(eq=False)
class Row:
    """A record that matched: how it scores, by what, and what is to be shown of it."""

    record: int = 0
    score: float = 0.0
    reasons: dict[str, float] = attrs.field(factory=dict)
    tags: list[str] = attrs.field(factory=list)
    groups: set[int] = attrs.field(factory=set)


class Table:
    """The records, and what answers queries on them."""

    def __init__(self, make: Makers, seed: int, scale: float) -> None:
        rng = random.Random(seed)
        words = [f"tag{number}" for number in range(500)]
        count = max(1_000, int(HELD * scale))
        self.records = [[number, rng.random(), [words[number % 500], words[number % 77]]] for number in range(count)]
        self._matched = min(count, max(100, int(MATCHED * min(1.0, scale * 4))))
        self._row = make.maker(Row)

    def answer(self, query: dict[str, Any]) -> dict[str, Any]:
        """The best of what matches."""
        start = query["start"] % (len(self.records) - self._matched + 1)
        rows = [self._row_of(record, query["weight"]) for record in self.records[start : start + self._matched]]
        rows.sort(key=_score, reverse=True)
        return {"best": [[row.record, round(row.score, 6), row.tags] for row in rows[:BEST]], "matched": len(rows)}

    def _row_of(self, record: list[Any], weight: float) -> Row:
        number, value, tags = record
        row: Row = self._row(record=number)
        row.reasons["value"] = value
        row.reasons["weight"] = weight
        row.tags.extend(tags)
        row.groups.add(number % GROUPS)
        row.score = value * weight + (number % GROUPS) * 0.001
        return row


def _score(row: Row) -> float:
    return row.score


class Service:
    """Answers a client, and measures itself from when that says that it begins."""

    def __init__(self, table: Table, collector: str) -> None:
        self._table = table
        self._collector = collector
        self.collections = Collections()
        self.blocks = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer line by line, until there are no more."""
        async for line in reader:
            query = json.loads(line)
            answer = self._begin() if query == BEGIN else self._table.answer(query)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    def _begin(self) -> dict[str, Any]:
        set_collector(self._collector)
        self.blocks = sys.getallocatedblocks()
        self.collections.__enter__()
        return {}


def run(make: Makers, *, seed: int, scale: float, collector: str, warm: int, count: int) -> Measured:
    """Serve a client, a process of its own, which measures how long it waits for each answer."""
    service = Service(Table(make, seed, scale), collector)
    busy = time.process_time()
    found = asyncio.run(_serve(service, [seed, warm, count]))
    service.collections.__exit__()
    return Measured(
        seconds=found["seconds"],
        busy=time.process_time() - busy,
        digest=found["digest"],
        collections=service.collections.counts,
        collecting=service.collections.seconds,
        peak=peak(),
        blocks=(service.blocks, sys.getallocatedblocks()),
    )


async def _serve(service: Service, client: list[int]) -> dict[str, Any]:
    """Answer until the client has all it asked for; what it says."""
    server = await asyncio.start_server(service.converse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.workloads.client", str(port), *map(str, client)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    server.close()
    found: dict[str, Any] = json.loads(output)
    return found
