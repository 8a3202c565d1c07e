"""`pooled.report`: what the pools did, as a table, and as a page."""

from __future__ import annotations

import os
from pathlib import Path

from pooled._report import files
from pooled._report.html import page
from pooled._report.sampling import latest
from pooled._report.stats import stats


def report(*, html: str | os.PathLike[str] | None = None) -> str:
    """What became of the objects that the pools handed out, for people.

    Args:
        html: where to write it as a page, too: one file, in UTF-8, which needs nothing from the network, with charts of
            what was parked and live over time where sampling (`sample`) was on. What is there is replaced as a whole,
            so that who reads it never sees half of it, whoever else writes it at the same time; its permissions stay.
            Of a symbolic link, the file that it leads to is replaced. What is no file, such as a pipe or `/dev/stdout`,
            is written to.

    Returns:
        The table that `stats` prints.

    Raises:
        TypeError: `html` is not a path.
        ValueError: `html` is empty, or no path can be like that.
        OSError: the page cannot be written (on Windows, nor while somebody has it open); what was there stays.
    """
    path = None if html is None else _checked(html)
    found = stats()
    if path is not None:
        _write(path, page(found, latest()).encode("utf-8"))
    return str(found)


def _checked(html: object) -> Path:
    path = os.fspath(html) if isinstance(html, str | os.PathLike) else None
    if not isinstance(path, str):
        raise TypeError(
            f"html={html!r}: expected a path, as a string or an os.PathLike of one, got {type(html).__name__}; "
            "leave it out for the text alone"
        )
    if not path:
        raise ValueError("html='': expected the path of a file; leave it out for the text alone")
    try:
        is_possible = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        is_possible = False
    if not is_possible:
        raise ValueError(f"html={html!r}: no file can be called that; name one without null characters and surrogates")
    return Path(path)


def _write(path: Path, content: bytes) -> None:
    try:
        files.write(path, content)
    except OSError as error:  # which may name the draft
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
