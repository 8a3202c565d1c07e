"""Files that are replaced as a whole: who reads one finds all of it, or what was there before."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another, in one step and with its permissions, or leave everything as it was.

    Raises:
        OSError: it cannot be done.
    """
    draft = draft_of(path)
    try:
        with draft.open("xb") as file:
            file.write(content)
        with suppress(FileNotFoundError):
            draft.chmod(stat.S_IMODE(path.stat().st_mode))
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def draft_of(path: Path) -> Path:
    """A name beside a file that nobody else has, however many threads and processes write it at once."""
    return path.with_name(f"pooled-{os.urandom(8).hex()}.draft")
