"""The processes of a program: each one except the first writes a part of the report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pooled._cli.program.part_writer import Counts, PartWriter
from pooled._cli.program.parts import Parts


class Processes:
    """Makes all processes of a program write their parts. The process that creates this object is the first.

    Args:
        counts: the counts of a process.
        settings: those of the command, as builtin objects.
    """

    def __init__(self, counts: Counts, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._parts = Parts()
        self._writer = PartWriter(self._parts, counts, self._prepare, first=os.getpid())
        if os.name == "posix":
            from pooled._cli.child.reach import reach

            reach(self._prepare)

    def _prepare(self) -> str | None:
        return self._parts.prepare(self._settings)

    def end_child(self) -> None:
        """Write the part of a child that ends."""
        self._writer.end()

    def read_parts(self) -> tuple[list[Any], int]:
        """The parts of other processes, and the number of these processes. This removes the folder."""
        parts, idle = self._parts.read_all()
        self._parts.remove()
        self._writer.end()
        return parts, idle
