"""Where a program creates an object: a file and a line."""

from __future__ import annotations

from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias

Place: TypeAlias = tuple[str, int]
"""A file, and a line of it."""

_SKIPPED: Final = (str(Path(__file__).parents[2]), "<attrs generated", "<string>")
"""Code whose file name begins with one of these is not the program's: this package, and generated methods."""


def place_of(frame: FrameType) -> Place:
    """The file and line of the innermost code of the program, from this frame outwards."""
    found: FrameType | None = frame
    while found is not None and found.f_code.co_filename.startswith(_SKIPPED):
        found = found.f_back
    found = found or frame
    return found.f_code.co_filename, found.f_lineno
