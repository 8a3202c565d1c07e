"""The standard input of a program: recorded in the first run, and replayed in the others."""

from __future__ import annotations

import os
import select
import shutil
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

_CHUNK: Final = 1 << 16
_PAUSE: Final = 0.05
"""Seconds after which the recording checks whether the program has ended."""


class StandardInput:
    """Gives each run the same standard input. A terminal and other devices are inherited instead.

    A pipe is recorded while the first run reads from it. So an endless input does not block a program that reads none
    of it.
    """

    def __init__(self, folder: Path) -> None:
        self._record = folder / "stdin"
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        try:
            kind = os.fstat(0).st_mode
        except OSError:  # it is closed
            self._record = Path(os.devnull)
            self._inherited, self._to_record = False, False
            return
        self._inherited = stat.S_ISCHR(kind)
        self._to_record = not self._inherited and not stat.S_ISREG(kind)
        if stat.S_ISREG(kind):
            with os.fdopen(os.dup(0), "rb") as given, self._record.open("wb") as record:
                shutil.copyfileobj(given, record)

    @property
    def is_terminal(self) -> bool:
        """Whether the runs share a terminal."""
        return self._inherited and os.isatty(0)

    def open(self) -> int:
        """A file descriptor for a run; the caller closes it."""
        if self._inherited:
            return os.dup(0)
        if not self._to_record:
            return os.open(self._record, os.O_RDONLY)
        self._to_record = False
        ours, theirs = os.pipe()
        self._thread = threading.Thread(target=self._copy, args=(theirs,), daemon=True)
        self._thread.start()
        return ours

    def end_of_run(self) -> None:
        """End the recording with the run that it was made in."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def _copy(self, pipe: int) -> None:
        with self._record.open("wb", buffering=0) as record, suppress(OSError):
            try:
                while not self._stopped.is_set():
                    if not select.select([0], [], [], _PAUSE)[0]:
                        continue
                    part = os.read(0, _CHUNK)
                    if not part:
                        break
                    record.write(part)
                    while part:
                        part = part[os.write(pipe, part) :]
            finally:
                os.close(pipe)
