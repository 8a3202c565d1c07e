"""Runs `python -m pooled`, or plain `python`, in a process of its own."""

import os
import subprocess
import sys

PROGRAM = """
import os
import sys
from collections import Counter

import attrs


@attrs.define
class Order:
    number: int
    lines: list = attrs.field(factory=list)


class Outer:
    class Inner:
        def __init__(self):
            self.value = 1


def main():
    total = 0
    for number in range(int(os.environ.get("ORDERS", 3_000))):
        order = Order(number)
        order.lines.extend(range(3))
        total += sum(order.lines) + Outer.Inner().value
    print(total, sys.argv[1:], __name__, isinstance([], list), Order.__module__)


if __name__ == "__main__":
    main()
"""
"""A program that does not use pools."""


def run(*arguments, cwd, engine=None, given="", **environment):
    """Run `python` with these arguments; `given` is its standard input."""
    environ = {**os.environ, "COLUMNS": "80", **environment}
    if engine is not None:
        environ["POOLED_ENGINE"] = engine
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environ,
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def pooled(command, *arguments, **options):
    """Run `python -m pooled`."""
    return run("-m", "pooled", command, *arguments, **options)
