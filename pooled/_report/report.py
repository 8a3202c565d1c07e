"""`report`: the statistics of all pools as a table and as an HTML page."""

from __future__ import annotations

import os
from pathlib import Path

from pooled._gc.pauses import latest as latest_recording
from pooled._report import constructions, files
from pooled._report.collector import collector
from pooled._report.html import page
from pooled._report.sampling import latest
from pooled._report.stats import named_pools, stats


def report(*, html: str | os.PathLike[str] | None = None) -> str:
    """Report what happened to the objects that the pools handed out.

    Args:
        html: the path of an HTML page to write too: one file, in UTF-8, which loads nothing from the network. If
            sampling (`sample`) was on, it has charts of parked and live objects over time. If `record_gc` was called,
            it has the pauses of the garbage collector and the types of the objects that trigger it. An existing file is
            replaced in one step, so a reader never sees a part of it, even if several writers run at once; its
            permissions stay. A symbolic link is followed. A file that is not regular, such as a pipe or `/dev/stdout`,
            is written to.

    Returns:
        The table `str(stats())`. With the native engine, a second table follows: how calls of each class constructed
        its objects, and why `__init__` ran as Python code.

    Raises:
        TypeError: `html` is not a path.
        ValueError: `html` is empty, or not a valid path.
        OSError: the page cannot be written (on Windows, also while a program has it open); an existing file stays.
    """
    path = None if html is None else _checked(html)
    found = stats()
    if path is not None:
        _write(path, page(found, latest(), _collector()).encode("utf-8"))
    return "\n\n".join(filter(None, (str(found), constructions.table(named_pools()))))


def _collector() -> str:
    """The section on the garbage collector."""
    recording = latest_recording()
    return collector([], {}) if recording is None else collector(recording._histograms(), recording.types)


def _checked(html: object) -> Path:
    path = os.fspath(html) if isinstance(html, str | os.PathLike) else None
    if not isinstance(path, str):
        raise TypeError(
            f"html={html!r}: expected a path, as a string or an os.PathLike of one, got {type(html).__name__}; "
            "leave it out to get only the text"
        )
    if not path:
        raise ValueError("html='': expected the path of a file; leave it out to get only the text")
    try:
        is_possible = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        is_possible = False
    if not is_possible:
        raise ValueError(f"html={html!r}: not a valid name of a file; use no null characters and no surrogates")
    return Path(path)


def _write(path: Path, content: bytes) -> None:
    try:
        files.write(path, content)
    except OSError as error:  # it may name the temporary file
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
