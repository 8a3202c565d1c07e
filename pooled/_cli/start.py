"""`python -m pooled` without a command: prints the next steps."""

from __future__ import annotations

import sys
from typing import Final

import pooled

_NEXT: Final = """\
pooled {version} on Python {python}, {engine} engine

Check the installation:
    python -m pooled doctor
Find out which classes of a program to pool, and write them to a file:
    python -m pooled advise --write pools.toml program.py
Run the program with these pools, and print their statistics:
    python -m pooled run --config pools.toml program.py
Show the current configuration:
    python -m pooled info

The program stays unchanged. `python -m pooled COMMAND --help` lists all options.
In your own code, decorate a class: @pooled.poolable(max=1024)"""


def print_next_steps() -> int:
    """Print the commands for a beginner, and return the exit status."""
    print(_NEXT.format(version=pooled.__version__, python=sys.version.split()[0], engine=pooled.engine))
    return 0
