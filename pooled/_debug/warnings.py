"""The warning that an object changed while it was parked."""

from __future__ import annotations


class DirtyWarning(RuntimeWarning):
    """An object changed while it was parked: code that still referred to a part of it changed that part.

    The message names the class, the difference, and where the last owner took the object. The debug mode
    (`POOLED_DEBUG`) issues the warning at the line that takes the object; that line gets another object.
    """
