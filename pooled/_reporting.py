"""`pooled.report`: what the pools did, as a table, and as a page."""

from __future__ import annotations

import os
from pathlib import Path

from pooled._page import page
from pooled._report import stats
from pooled._sampling import latest


def report(*, html: str | os.PathLike[str] | None = None) -> str:
    """What became of the objects that the pools handed out, for people.

    Args:
        html: where to write it as a page, too: one file, which needs nothing from the network, with a chart of what
            was parked and live over time where sampling (`sample`) was on. It is replaced as a whole.

    Returns:
        The table that `stats` prints.

    Raises:
        OSError: the page cannot be written; what was there stays.
    """
    found = stats()
    if html is not None:
        _replace(Path(html), page(found, latest()))
    return str(found)


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
