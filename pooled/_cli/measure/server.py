"""Drives a server: waits until it answers, runs a command against it, and stops it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from pooled._cli.measure.process import Child, Usage

_PAUSE: Final = 0.05
"""Seconds between two checks whether a server answers."""

_PORT_LIMIT: Final = 10.0
"""Seconds after which the command is run even if no socket listens."""

_START_LIMIT: Final = 60.0
"""Seconds within which the command has to succeed for the first time."""

_STOP_LIMIT: Final = 30.0
"""Seconds within which a server has to end after SIGTERM."""

_LISTENS: Final = "0A"
"""The state of a listening socket in `/proc/net/tcp`."""


class NoAnswerError(Exception):
    """The server ended before it answered, or the command kept failing."""


@attrs.frozen(kw_only=True)
class Driver:
    """A command that uses a server.

    Attributes:
        command: the command, for a shell.
        folder: where it runs.
        environ: its environment.
        log: the file for its errors.
    """

    command: str
    folder: Path | None
    environ: Mapping[str, str]
    log: Path

    def drive(self, child: Child, limit: float | None) -> tuple[Usage, bytes]:
        """Run the command once the server answers, and stop the server. Return its usage and the command's output.

        Raises:
            NoAnswerError: it did not answer.
        """
        try:
            self._wait_for_port(child)
            written = self._first_success(child, limit)
            child.terminate()
            usage = child.wait(_STOP_LIMIT)
        except BaseException:
            child.kill()
            raise
        child.kill_group()  # a worker that outlives its server would keep the port
        return usage, written

    def _wait_for_port(self, child: Child) -> None:
        """Wait until a process of the server listens on a port, where `/proc` can tell."""
        if not Path("/proc/self/net/tcp").exists():
            return
        end = time.monotonic() + _PORT_LIMIT
        while not _listens(child.pid) and time.monotonic() < end:
            _check_alive(child)
            time.sleep(_PAUSE)

    def _first_success(self, child: Child, limit: float | None) -> bytes:
        """Run the command until it succeeds, and return its output."""
        end = time.monotonic() + _START_LIMIT
        while True:
            with self.log.open("wb") as log:
                try:
                    done = subprocess.run(  # noqa: S602 (a shell, as --help says)
                        self.command,
                        shell=True,
                        cwd=self.folder,
                        env=self.environ,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=log,
                        timeout=limit,
                        check=False,
                    )
                except subprocess.TimeoutExpired:
                    raise NoAnswerError("the command of --drive took too long") from None
            if done.returncode == 0:
                return done.stdout
            _check_alive(child)
            if time.monotonic() > end:
                raise NoAnswerError(f"the command of --drive failed with status {done.returncode}; {self._last_line()}")
            time.sleep(_PAUSE)

    def _last_line(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it printed no error"


def latencies(written: bytes) -> tuple[list[float], bytes]:
    """The numbers that a command wrote, one a line, and its other lines."""
    numbers: list[float] = []
    others: list[bytes] = []
    for line in written.splitlines(keepends=True):
        try:
            numbers.append(float(line))
        except ValueError:
            others.append(line)
    return numbers, b"".join(others)


def _check_alive(child: Child) -> None:
    if child.has_ended:
        usage = child.wait(None)
        raise NoAnswerError(f"the program ended before it answered, with status {usage.status}")


def _listens(group: int) -> bool:
    """Whether a process of a group listens on a TCP port."""
    for process in _processes_of(group):
        sockets = set(_sockets(process))
        for table in ("tcp", "tcp6"):
            with suppress(OSError):
                rows = (process / "net" / table).read_text().splitlines()[1:]
                if any(row.split()[3] == _LISTENS and row.split()[9] in sockets for row in rows):
                    return True
    return False


def _processes_of(group: int) -> Iterator[Path]:
    """The folders in `/proc` of the processes of a group."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == group:
                    yield folder


def _sockets(process: Path) -> Iterator[str]:
    """The inodes of the sockets that a process has open."""
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                found = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
                if found:
                    yield found[1]
