"""One child process: its output, exit status, processor time and peak memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import attrs

_MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024
"""The bytes of one unit of `ru_maxrss`."""


@attrs.frozen(kw_only=True)
class Usage:
    """The usage of a process that has ended.

    Attributes:
        status: the exit status; that of a process that a signal ended is negative.
        cpu: seconds of processor time, with those of its children.
        wall: seconds from start to end.
        memory: the peak of resident memory, in bytes.
        timed_out: whether it was killed because it took too long.
    """

    status: int
    cpu: float
    wall: float
    memory: int
    timed_out: bool


class Child:
    """A running child process. It is killed if the wait for it is interrupted.

    Attributes:
        ended: its usage, after it has ended.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path | None,
        environ: Mapping[str, str],
        streams: tuple[int, Any, Any],
        own_group: bool,
    ) -> None:
        stdin, stdout, stderr = streams
        self._own_group = own_group  # lets the children of the program be signalled, too; a terminal cannot be read
        self._timed_out = False
        self.ended = Usage(status=-signal.SIGKILL, cpu=0.0, wall=0.0, memory=0, timed_out=False)
        self._begun = perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 (it is the user's program)
            command,
            cwd=folder,
            env=environ,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            process_group=0 if own_group else None,
        )

    @property
    def pid(self) -> int:
        """The process; in a group of its own, also the number of the group."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self, limit: float | None) -> Usage:
        """Wait for the end, and kill the process after `limit` seconds."""
        timer = None if limit is None else threading.Timer(limit, self._time_out)
        try:
            if timer is not None:
                timer.daemon = True
                timer.start()
            _, status, usage = os.wait4(self.pid, 0)
        except BaseException:
            self.kill()
            raise
        finally:
            if timer is not None:
                timer.cancel()
        wall = perf_counter() - self._begun
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.ended = Usage(
            status=self._process.returncode,
            cpu=usage.ru_utime + usage.ru_stime,
            wall=wall,
            memory=usage.ru_maxrss * _MAXRSS_UNIT,
            timed_out=self._timed_out,
        )
        return self.ended

    def terminate(self) -> None:
        """Ask the process to end."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process, and those of its group."""
        self._signal_all()
        if self._process.returncode is None:
            self._process.wait()

    def kill_group(self) -> None:
        """Kill the remaining processes of the group of a process that has ended."""
        if self._own_group:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def _time_out(self) -> None:
        self._timed_out = True
        self._signal_all()

    def _signal_all(self) -> None:
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if self._own_group:
                os.killpg(self.pid, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
