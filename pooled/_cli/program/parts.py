"""The private folder in which the processes of a program write their parts of the report."""

from __future__ import annotations

import marshal
import os
from contextlib import suppress
from typing import Any, Final

_MAX_PARTS: Final = 4_096
"""The most processes that write a part."""

_MAX_BYTES: Final = 4 << 20
"""The largest size of a part."""

_PART: Final = ".part"
_BEGUN: Final = ".begun"
"""The ending of an empty file that a spawned process makes at its start."""


class Parts:
    """A folder of parts, one file for each process. An operation that the system refuses has no effect.

    Attributes:
        folder: the path of the folder; None until `prepare` has made it.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder

    def prepare(self, settings: Any = None) -> str | None:
        """Make the folder, which only this user can read, and return its path; None if that is impossible.

        Args:
            settings: those of the command, as builtin objects, for the processes that do not inherit them.
        """
        if self.folder is None:
            for parent in (*filter(None, map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))), "/tmp", "."):  # noqa: S108
                folder = os.path.join(os.path.abspath(parent), f"pooled-{os.urandom(8).hex()}")
                with suppress(OSError):
                    os.mkdir(folder, 0o700)
                    with open(os.path.join(folder, "settings"), "wb") as file:
                        file.write(marshal.dumps(settings))
                    self.folder = folder
                    break
        return self.folder

    def new_name(self) -> str | None:
        """A name for the part of this process; None if there is no folder, or too many parts already."""
        if self.folder is not None:
            with suppress(OSError):
                if len(os.listdir(self.folder)) < _MAX_PARTS:
                    return f"{os.getpid()}-{os.urandom(4).hex()}"
        return None

    def write(self, name: str, part: Any) -> None:
        """Write a part, or replace it in one step. It consists of builtin objects."""
        content = marshal.dumps(part)
        if self.folder is None or len(content) > _MAX_BYTES:
            return
        path = os.path.join(self.folder, name)
        with suppress(OSError):
            with open(f"{path}.new", "wb") as file:
                file.write(content)
            os.replace(f"{path}.new", f"{path}{_PART}")

    def read_all(self) -> tuple[list[Any], int]:
        """The parts of all processes, and the number of processes that have started, but counted nothing."""
        names: list[str] = []
        if self.folder is not None:
            with suppress(OSError):
                names = sorted(os.listdir(self.folder))
        parts = [self._read(name) for name in names if name.endswith(_PART)]
        idle = sum(name.endswith(_BEGUN) and name.replace(_BEGUN, _PART) not in names for name in names)
        return [part for part in parts if part is not None], idle

    def _read(self, name: str) -> Any:
        try:
            with open(os.path.join(str(self.folder), name), "rb") as file:
                return marshal.loads(file.read())  # noqa: S302 (a process of this user wrote it)
        except (OSError, EOFError, ValueError, TypeError):
            return None

    def remove(self) -> None:
        """Remove the folder. Processes that still run write nothing any more."""
        if self.folder is None:
            return
        with suppress(OSError):
            for name in os.listdir(self.folder):
                os.unlink(os.path.join(self.folder, name))
            os.rmdir(self.folder)
