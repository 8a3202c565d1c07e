"""Instructions of a take and a drop, counted by callgrind: these figures have no noise.

A program runs the statement a few times, and then many more times. The difference gives the instructions of one run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks._measuring import Result, result_of

ROOT = Path(__file__).resolve().parent.parent

FEW, MANY = 1_000, 11_000

CASES: Final = {
    "List() against list()": ("List()", "list()"),
    "List() against a subclass": ("List()", "Sub()"),
    "class, 2 slots": ("slotted(1, 2)", "Slotted(1, 2)"),
    "class, 2 attributes": ("two(1, 2)", "Two(1, 2)"),
    "class, 2 slots, global": ("slotted_global(1, 2)", "Slotted(1, 2)"),
    "take of 8 fields, against a call": ("take(Request)", "Plain()"),
}

PROGRAM: Final = """
import sys
from benchmarks._subjects import Slotted, Two, attrs_class, classes, subclass_of
from pooled import poolable, take
from pooled.containers import List
Sub, Plain, Request = subclass_of(list), attrs_class(), poolable(attrs_class())
slotted, two = (classes()[name][0] for name in ("class, 2 slots", "class, 2 attributes"))
slotted_global = classes(scope="global")["class, 2 slots"][0]
def run(times):
    for _ in range(times):
        {statement}
run(100)
run(int(sys.argv[1]))
"""


def cases() -> Iterator[Result]:
    """The instructions of each case; none if valgrind is not installed."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        print("  left out: valgrind is not installed")
        return
    for case, statements in CASES.items():
        ours, theirs = (_count(valgrind, statement) for statement in statements)
        yield result_of(case, [(ours, theirs)], unit="instructions")


def _count(valgrind: str, statement: str) -> float:
    few, many = (_run(valgrind, statement, times) for times in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _run(valgrind: str, statement: str, times: int) -> int:
    program = PROGRAM.format(statement=statement)
    tool = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    process = subprocess.run(  # noqa: S603 (this very Python, under valgrind)
        [*tool, sys.executable, "-c", program, str(times)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    counted = re.search(r"Collected : (\d+)", process.stderr)
    if counted is None:
        raise ValueError(f"callgrind printed no count: {process.stderr[-500:]}")
    return int(counted[1])
