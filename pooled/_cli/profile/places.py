"""Where a program creates an object: a file and a line."""

from __future__ import annotations

from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias

Place: TypeAlias = tuple[str, int]
"""A file, and a line of it."""

SKIPPED: Final = (str(Path(__file__).parents[2]), "<attrs generated", "<string>")
"""Code whose file name begins with one of these is not the program's: this package, and generated methods."""


def place_of(frame: FrameType | None) -> Place | None:
    """The file and line of the innermost code of the program, from this frame outwards.

    None if there is no such code: C code may call a class, for example as the function of a thread.
    """
    while frame is not None and frame.f_code.co_filename.startswith(SKIPPED):
        frame = frame.f_back
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)
