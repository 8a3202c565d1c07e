"""What `python -m pooled` says where the package cannot even be imported: a message, in the place of a traceback."""

from __future__ import annotations

import sys


def end_command(error: Exception) -> None:
    """Where this process is `python -m pooled`, which imports the package first: say what is wrong, and end with 2."""
    if sys.argv[:1] == ["-m"] and sys.orig_argv[-len(sys.argv)] in ("pooled", "-mpooled"):
        print(f"python -m pooled: {error}", file=sys.stderr)  # noqa: T201 (it is a command)
        raise SystemExit(2)
