"""The warning that a parked object is not as it was left."""

from __future__ import annotations


class DirtyWarning(RuntimeWarning):
    """A parked object is not as it was left: somebody kept a part of it, and changed that meanwhile.

    Its text names the class, what differs, and where the last owner took the object. It is given by the debug mode
    (`POOLED_DEBUG`), at the line that was about to get the object; that gets another one.
    """
