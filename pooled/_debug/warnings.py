"""The warning that an object changed while it was parked."""

from __future__ import annotations


class DirtyWarning(RuntimeWarning):
    """An object changed while it was parked: somebody kept a part of it and changed that part.

    The text names the class, the difference, and where the last owner took the object. The debug mode (`POOLED_DEBUG`)
    issues it at the line that was about to get the object; that line gets another object.
    """
