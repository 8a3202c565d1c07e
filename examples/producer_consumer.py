"""One thread produces objects, another consumes them: the objects return through global pools.

The producer reads text and sends it through a queue of 10 batches; a batch is a pooled list of 100 pooled byte
strings. The consumer counts the identifiers in them and drops them. With global pools they return to the
producer. With local pools (--local) they stay with the consumer, which does not need them. (On free-threaded Python,
the last drop may be left to the thread that took the object, so some objects return.)

Counting takes most of the time, so the program as a whole gains little. Making and dropping the batches is faster than
with --no-pool.
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from _batches import BATCHES_IN_FLIGHT, Batch, Source, options, print_pools, source_for
from _common import Run, count_lines, existing


def produce(source: Source, files: list[Path], batches: queue.Queue[Batch | None]) -> None:
    """Send the lines of the files, and None at the end."""
    try:
        for batch in source.batches(files):
            batches.put(batch)
    finally:
        batches.put(None)


def consume(run: Run, batches: queue.Queue[Batch | None]) -> None:
    """Count the identifiers in the lines that arrive, and drop them."""
    while (batch := batches.get()) is not None:
        for line in batch:
            run.consume(line)


def main() -> None:
    """Run the program."""
    chosen = options(__doc__)
    files, source = existing(chosen.files), source_for(chosen)
    run = Run(count_lines(files))
    batches: queue.Queue[Batch | None] = queue.Queue(BATCHES_IN_FLIGHT)
    threading.Thread(target=produce, args=(source, files, batches), daemon=True).start()
    consume(run, batches)
    run.report()
    print_pools(source)


if __name__ == "__main__":
    main()
