"""Atomic writes of files: a reader finds either the whole new file or the old one."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Replace a file, or the target of a symbolic link. Anything but a regular file, such as a pipe, is appended to.

    Raises:
        OSError: it failed; an existing file is unchanged.
    """
    if not is_replaced(path):
        with path.open("ab") as file:
            file.write(content)
        return
    with suppress(FileNotFoundError):
        path.open("r+b").close()  # replace a file only with the permission to write it
    _replace(Path(os.path.realpath(path)), content)


def is_replaced(path: Path) -> bool:
    """Whether the path is a regular file or does not exist. A name below /dev, such as /dev/stderr, does not count."""
    return not path.absolute().is_relative_to("/dev") and (path.is_file() or not path.exists())


def _replace(path: Path, content: bytes) -> None:
    """Replace a file in one step, with the same permissions. If that fails, nothing is changed."""
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
    """A unique path in the folder of a file, also if several threads and processes write the file at once."""
    return path.with_name(f"pooled-{os.urandom(8).hex()}.draft")
