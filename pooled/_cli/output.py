"""Where reports go, when the program is over: files that were tried before, and standard error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Self

import attrs

from pooled._report import files


@attrs.frozen
class Destination:
    """A file that can be written, wherever the program may go meanwhile.

    Attributes:
        typed: how the command line names it.
        path: where it is.
    """

    typed: str
    path: Path

    @classmethod
    def of(cls, typed: str) -> Self:
        """Try whether it can be written; what is in it stays until then.

        Raises:
            OSError: it cannot. The text says why.
        """
        path = Path(typed).absolute()
        if path.is_dir():
            raise IsADirectoryError(f"{typed}: cannot be written: it is a folder; name a file")
        if files.is_replaced(path):
            path = path.resolve()  # a link stays, and leads to what is written
            _try(typed, path)
        return cls(typed, path)


def write(text: str, file: Destination | None) -> None:
    """Write to a file, as a whole or not at all, or to standard error."""
    if file is None:
        stream = sys.__stderr__  # the program may have put something else in its place
        if stream is not None and not stream.closed:
            stream.write(text + "\n")
            stream.flush()
        return
    try:
        files.write(file.path, (text + "\n").encode())
    except OSError as error:
        write(f"python -m pooled: {file.typed}: cannot be written: {error.strerror}", None)


def _try(typed: str, path: Path) -> None:
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(f"{typed}: cannot be written: it is read-only; name another file")
    draft = files.draft_of(path)
    try:
        draft.touch()
    except OSError as error:
        raise OSError(f"{typed}: cannot be written: {error.strerror}; name a file in a folder that can") from None
    draft.unlink()
