"""One asyncio task produces objects, another consumes them: producer_consumer.py on one thread.

All objects are taken and dropped on the thread of the event loop, so local pools (--local) work as well as global ones
here, and are faster.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from _batches import BATCHES_IN_FLIGHT, Batch, Source, options, print_pools, source_for
from _common import Run, count_lines, existing


async def produce(source: Source, files: list[Path], batches: asyncio.Queue[Batch | None]) -> None:
    """Send the lines of the files, and None at the end."""
    for batch in source.batches(files):
        await batches.put(batch)
    await batches.put(None)


async def consume(run: Run, batches: asyncio.Queue[Batch | None]) -> None:
    """Count the identifiers in the lines that arrive, and drop them."""
    while (batch := await batches.get()) is not None:
        for line in batch:
            run.consume(line)


async def cross(source: Source, files: list[Path], run: Run) -> None:
    """Let both tasks run to their ends."""
    batches: asyncio.Queue[Batch | None] = asyncio.Queue(BATCHES_IN_FLIGHT)
    await asyncio.gather(produce(source, files, batches), consume(run, batches))


def main() -> None:
    """Run the program."""
    chosen = options(__doc__)
    files, source = existing(chosen.files), source_for(chosen)
    run = Run(count_lines(files))
    asyncio.run(cross(source, files, run))
    run.report()
    print_pools(source)


if __name__ == "__main__":
    main()
