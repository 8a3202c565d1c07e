"""The warning about code whose meaning changed since an earlier version of this package."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Final

_FOLDER: Final = str(Path(__file__).parent) + os.sep


class PooledDeprecationWarning(FutureWarning):
    """The code means, or will mean, something else than in an earlier version of this package.

    The message says what to write instead, and the warning points at the line of the program. It is a `FutureWarning`,
    since Python shows these by default; a `DeprecationWarning` in an imported module is hidden.
    """


def warn_deprecated(text: str) -> None:
    """Issue the warning at the innermost line outside of this package."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_FOLDER):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, PooledDeprecationWarning, stacklevel=level)
