"""Errors of `python -m pooled` before the package is imported: a message in place of a traceback."""

from __future__ import annotations

import sys


def end_command(error: Exception) -> None:
    """If this process is `python -m pooled`, print the error and exit with status 2.

    The command imports the package before its own code runs, so it cannot catch an error of that import.
    """
    if sys.argv[:1] == ["-m"] and sys.orig_argv[-len(sys.argv)] in ("pooled", "-mpooled"):
        print(f"python -m pooled: {error}", file=sys.stderr)  # noqa: T201 (it is a command)
        raise SystemExit(2)
