"""The engine off: a call of a poolable class, and `take`, against a call of the class without the decorator.

The engine is chosen at import, so another process measures it, and prints the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks._measuring import Result

ROOT: Final = Path(__file__).resolve().parent.parent

PROGRAM: Final = """
import json, sys
import attrs, pooled
from benchmarks._measuring import compare
from benchmarks._construction_classes import CLASSES, poolable_twin

class Empty(type):
    pass

Under = pooled.PooledMeta("Under", (), {"__init__": CLASSES["two attributes"][0].__init__})
Plain = Empty("Plain", (), {"__init__": CLASSES["two attributes"][0].__init__})
pairs = int(sys.argv[1])

def compared():
    for name, (cls, *_) in CLASSES.items():
        names = {"ours": poolable_twin(cls), "theirs": cls, "take": pooled.take}
        yield compare(f"{name}: call", "ours(1, 2)", "theirs(1, 2)", names, pairs=pairs, wanted=0.97)
        yield compare(f"{name}: take", "take(ours, 1, 2)", "theirs(1, 2)", names, pairs=pairs, wanted=0.65)
        keywords = ("take(ours, a=1, b=2)", "theirs(a=1, b=2)")
        yield compare(f"{name}: take with keywords", *keywords, names, pairs=pairs, wanted=0.75)
    names = {"ours": Under, "theirs": Plain}
    yield compare("PooledMeta: call", "ours(1, 2)", "theirs(1, 2)", names, pairs=pairs, wanted=0.97)

for result in compared():
    print(json.dumps(attrs.asdict(result)), flush=True)
"""


def cases(pairs: int) -> Iterator[Result]:
    """Yield the result of each case."""
    command = [sys.executable, "-c", PROGRAM, str(pairs)]
    environment = {**os.environ, "POOLED_ENGINE": "off"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 (it is a pipe)
        for line in process.stdout:
            yield Result(**json.loads(line))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
