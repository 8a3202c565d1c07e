"""The client of the server: `python -m benchmarks.workloads.client PORT SEED WARM COUNT` prints what it measured."""

from __future__ import annotations

import json
import random
import socket
import sys
import time
import zlib
from io import BufferedRWPair
from typing import Any

from benchmarks.workloads.server import BEGIN


def main(port: int, seed: int, warm: int, count: int) -> None:
    """Ask, one query after another: some for the working set, and those that are measured."""
    rng = random.Random(seed)
    seconds, digest = [], 0
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rwb") as stream:
        for _ in range(warm):
            ask(stream, query(rng))
        ask(stream, BEGIN)
        for _ in range(count):
            wanted = query(rng)
            start = time.perf_counter()
            answer = ask(stream, wanted)
            seconds.append(time.perf_counter() - start)
            digest = zlib.crc32(answer, digest)
    print(json.dumps({"seconds": seconds, "digest": digest}))


def query(rng: random.Random) -> dict[str, Any]:
    """Where the records begin that match, and how their values weigh."""
    return {"start": rng.randrange(1 << 30), "weight": rng.randrange(1, 100)}


def ask(stream: BufferedRWPair, what: object) -> bytes:
    """A line there, and a line back."""
    stream.write(json.dumps(what).encode() + b"\n")
    stream.flush()
    return stream.readline()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
