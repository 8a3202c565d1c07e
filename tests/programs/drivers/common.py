"""Code of all programs: arguments, the settings of the collector, a large heap, and a loop that serves requests.

A program is run as `python PROGRAM.py SIZE [LATENCIES]` and prints a digest of its results. A service also writes the
processor time of each request to the file LATENCIES, in seconds, one a line: with other work on the machine it varies
less than the latency, and these programs never wait. `PROGRAM_GC` selects a setting of `gc`: `freeze` freezes
all objects that are alive after loading; a number is the threshold of the first generation.
"""

import gc
import hashlib
import os
import random
import sys
import time
from collections import deque
from pathlib import Path

import two_lives

TEXT = "account amount banner city color count detail email field group height image index label margin name number "
TEXT += "order owner padding payment price region row score state status table text title total user width"
WORDS = TEXT.split()
SIZE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
COLLECTOR = os.environ.get("PROGRAM_GC", "")
RANDOM = random.Random(22)
KEPT = 40
"""How many parsed documents a service keeps."""
END = two_lives.begin()

if COLLECTOR.isdigit():
    gc.set_threshold(int(COLLECTOR), *gc.get_threshold()[1:])


def scaled(number, least=1):
    """Return this number, scaled by the size of the run."""
    return max(least, int(number * SIZE))


def loaded():
    """Programs call this when everything is imported and loaded, before the work begins."""
    if COLLECTOR == "freeze":
        gc.collect()
        gc.freeze()


def sentence(count):
    return " ".join(RANDOM.choice(WORDS) for _ in range(count))


def show(results):
    """Print a digest of the results, which are texts."""
    digest = hashlib.sha256()
    count = 0
    for result in results:
        digest.update(result.encode() + b"\n")
        count += 1
    print(f"{count} results, sha256 {digest.hexdigest()}")
    END()


class Record:
    """One of the many objects that a service holds in memory."""

    def __init__(self, key, title, tags):
        self.key = key
        self.title = title
        self.tags = tags


def records(count):
    """A table in memory: each record is an object with a list, both visible to the collector."""
    return {key: Record(key, WORDS[key % len(WORDS)], [key, key + 1]) for key in range(scaled(count))}


def serve(handle, requests, count):
    """Handle this many requests, in turn, with 1.2 million objects in memory; print a digest of the answers.

    `handle` returns the answer to a request and the parsed document. The latest documents are kept, as in a cache.
    """
    table = records(600_000)
    parsed = deque(maxlen=KEPT)
    loaded()
    latencies = []
    answers = []
    for number in range(scaled(count, least=3)):
        began = time.process_time()
        answer, document = handle(requests[number % len(requests)])
        parsed.append(document)
        del document
        record = table[number * 7919 % len(table)]
        latencies.append(time.process_time() - began)
        answers.append(f"{record.title} {record.tags} {answer}")
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text("".join(f"{latency:.6f}\n" for latency in latencies), encoding="utf-8")
    show(answers)
