"""Files that are replaced as a whole: who reads one finds all of it, or what was there before."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Put a file in the place of what is there; of a link, where it leads. What is no plain file is written to.

    Raises:
        OSError: it cannot be done; a file that was there stays.
    """
    if not is_replaced(path):
        with path.open("ab") as file:
            file.write(content)
        return
    with suppress(FileNotFoundError):
        path.open("r+b").close()  # who may not write it may not replace it
    _replace(Path(os.path.realpath(path)), content)


def is_replaced(path: Path) -> bool:
    """Whether it is a plain file, or will be: no pipe, and not what the system has under a name, as /dev/stderr."""
    return not path.absolute().is_relative_to("/dev") and (path.is_file() or not path.exists())


def _replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another, in one step and with its permissions, or leave everything as it was."""
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
