"""Buffers: messages of many sizes come from a socket, each into memory of its own that is in use for a while."""

from __future__ import annotations

import random
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.workloads._makers import Makers
from pooled.containers import BufferPool

SIZES = (16 << 10, 64 << 10, 256 << 10, 1 << 20)
"""Bytes."""

MESSAGES = 64
"""Of an operation, at full scale."""

KEPT = 16
"""The last messages, which are still in use."""


def work(make: Makers, seed: int, scale: float) -> Iterator[int]:
    """An operation reads messages; what came out is what some of their bytes say."""
    rng = random.Random(seed)
    sizes = [rng.choice(SIZES) for _ in range(max(1, int(MESSAGES * scale)))]
    take: Callable[[int], Any] = BufferPool(max_bytes=1 << 28).take if make.pooling else bytearray
    ours, theirs = socket.socketpair()
    sender = threading.Thread(target=send, args=(theirs, sizes), daemon=True)
    kept: deque[Any] = deque(maxlen=KEPT)
    with ours, theirs:
        sender.start()
        yield 0
        while True:
            ours.sendall(b"?")
            for size in sizes:
                kept.append(receive(ours, take(size)))
            yield sum(buffer[0] + buffer[-1] + len(buffer) for buffer in kept)


def receive(stream: socket.socket, buffer: Any) -> Any:
    """Fill a buffer from a socket."""
    view = memoryview(buffer)
    while view:
        view = view[stream.recv_into(view) :]
    return buffer


def send(stream: socket.socket, sizes: list[int]) -> None:
    """Send all messages whenever a byte asks for them."""
    data = bytes(range(256)) * (max(SIZES) // 256)
    while stream.recv(1):
        for size in sizes:
            stream.sendall(data[:size])
