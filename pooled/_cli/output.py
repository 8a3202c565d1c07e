"""Writes reports after the program has ended: to files that were checked before it began, or to standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Self

from pooled._record import Record

if TYPE_CHECKING:
    from pathlib import Path


class Destination(Record, kw_only=False):
    """A file for a report. Its path is absolute, since the program may change the working directory.

    Attributes:
        typed: the name on the command line.
        path: the absolute path.
    """

    typed: str
    path: Path

    @classmethod
    def of(cls, typed: str) -> Self:
        """Check that the file can be written. Its content stays until the report replaces it.

        Raises:
            OSError: it cannot be written; the text says why.
        """
        from pathlib import Path  # here and below, since most runs write to standard error alone

        from pooled._report import files

        path = Path(typed).absolute()
        if path.is_dir():
            raise IsADirectoryError(f"{typed}: cannot be written: it is a folder; name a file")
        if files.is_replaced(path):
            path = path.resolve()  # the report replaces the target of a link, not the link
            _check_writable(typed, path)
        return cls(typed, path)


def write(text: str, file: Destination | None) -> None:
    """Write to a file, completely or not at all, or to standard error."""
    if file is None:
        stream = sys.__stderr__  # the program may have replaced `sys.stderr`
        if stream is not None and not stream.closed:
            stream.write(text + "\n")
            stream.flush()
        return
    from pooled._report import files

    try:
        files.write(file.path, (text + "\n").encode())
    except OSError as error:
        write(f"python -m pooled: {file.typed}: cannot be written: {error.strerror}", None)


def _check_writable(typed: str, path: Path) -> None:
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(f"{typed}: cannot be written: it is read-only; name another file")
    from pooled._report import files

    draft = files.draft_of(path)
    try:
        draft.touch()
    except OSError as error:
        raise OSError(f"{typed}: cannot be written: {error.strerror}; name a file in a folder that can") from None
    draft.unlink()
