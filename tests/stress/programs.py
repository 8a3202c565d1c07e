"""Programs in their own interpreters: they must exit with the expected status, and print nothing."""

import os
import subprocess
import sys

COMMON = """
import atexit, gc, os, sys, threading, weakref
import attrs
import pooled
from pooled.containers import *

@pooled.poolable
class Thing:
    def __init__(self, next_thing=None):
        self.next = next_thing

@pooled.poolable(scope="global")
class Slotted:
    __slots__ = ("next", "__weakref__")
    def __init__(self, next_thing=None):
        self.next = next_thing

@pooled.poolable(keep=("buffer",))
class Keeping:
    def __init__(self):
        self.buffer = []

@pooled.poolable
@attrs.define
class Fields:
    items: list = attrs.Factory(list)
    table: dict = attrs.Factory(dict)
    inner: object = attrs.Factory(Keeping)

@pooled.poolable(reset="reset")
class Resetting:
    def reset(self):
        Thing(List([Slotted()]))

def some():
    keeping, fields = pooled.take(Keeping), pooled.take(Fields)
    keeping.buffer.append(Thing())
    fields.items.append(Slotted(Deque([Thing()])))
    fields.table[1] = Set([1])
    return [Thing(Thing()), Slotted(Thing()), keeping, fields, pooled.take(Resetting), List([Dict(a=Thing())])]

some()
"""


def run_program(code: str, *, status: int = 0) -> None:
    """Run a program after `COMMON`; raise if its status differs, or if it prints anything."""
    process = subprocess.run(
        [sys.executable, "-P", "-X", "faulthandler", "-c", COMMON + code],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = process.stdout + process.stderr
    assert (process.returncode, said) == (status, ""), f"ended with {process.returncode}:\n{code}\n{said}"
