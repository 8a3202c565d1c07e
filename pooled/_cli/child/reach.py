"""Reaches the Python processes that a program starts: a folder comes first on their path, and they import it first.

Only the environment of a process that runs this interpreter is changed, and that process restores it before it runs any
code of the program. This module imports nothing of the package, because a process loads it without the package.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` and `collections.abc` take longer to import than this module
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

_SITE = os.path.dirname(os.path.abspath(__file__))
_VARIABLE = b"PYTHONPATH"
_WITH_VALUE = "WX"
"""The options of Python that have a value."""

_WITHOUT_SITE = "ESI"
"""The options of Python with which it ignores the environment, or does not import `sitecustomize`."""

_TRACKER = b"from multiprocessing.resource_tracker import "
"""The start of a program that belongs to multiprocessing, and runs no code of the program."""


def reach(prepare: Callable[[], str | None]) -> None:
    """Reach the Python processes that this one starts from now on.

    Args:
        prepare: returns the folder of the parts; None leaves a process alone.
    """
    environ = os.environ  # the program may replace the name

    def changed(executables: Iterable[Any], arguments: Sequence[Any], given: Any) -> Any:
        """The environment to give to a program."""
        try:
            folder = prepare() if _is_reached([os.fsencode(each) for each in executables], arguments) else None
            if folder is None:
                return given
            if isinstance(given, list):
                return _in_list(folder, given)
            return _in_mapping(folder, environ if given is None else given)
        except Exception:  # noqa: BLE001 (the original function raises its error)
            return given

    def in_fork_exec(original: Any, args: tuple[Any, ...]) -> Any:
        given = args[5]
        if given is None:
            given = [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in environ.items()]
        new = changed(args[1], args[0], given)
        return original(*args[:5], args[5] if new is given else new, *args[6:])

    def in_exec(original: Any, args: tuple[Any, ...]) -> Any:
        return original(*args[:2], changed([args[0]], args[1], args[2]), *args[3:])

    import _posixsubprocess

    before = _posixsubprocess.fork_exec
    _replace(_posixsubprocess, "fork_exec", 6, in_fork_exec)
    subprocess: Any = sys.modules.get("subprocess")
    if getattr(subprocess, "_fork_exec", None) is before:
        subprocess._fork_exec = _posixsubprocess.fork_exec
    for name in ("posix_spawn", "posix_spawnp", "execve"):
        _replace(os, name, 3, in_exec)


def _replace(module: Any, name: str, least: int, call: Callable[[Any, tuple[Any, ...]], Any]) -> None:
    """Replace a function by one that goes through `call`, if it gets at least so many positional arguments."""
    original = getattr(module, name, None)
    if original is None:
        return

    def replaced(*args: Any, **kwargs: Any) -> Any:
        if len(args) < least:
            return original(*args, **kwargs)
        return call(lambda *changed: original(*changed, **kwargs), args)

    replaced.__name__ = replaced.__qualname__ = name
    replaced.__doc__, replaced.__module__ = original.__doc__, original.__module__
    for each in (module, sys.modules.get(original.__module__)):
        if getattr(each, name, None) is original:
            setattr(each, name, replaced)


def _is_reached(executables: list[bytes], arguments: Sequence[Any]) -> bool:
    """Whether a command runs this interpreter, so that it imports `sitecustomize`."""
    path = next((each for each in executables if os.access(each, os.X_OK) and not os.path.isdir(each)), None)
    if path is None:
        return False
    options = [os.fsencode(each) for each in arguments[1:]]
    own = os.path.realpath(os.fsencode(sys.executable))
    if os.path.realpath(path) != own:
        interpreter, *options = _first_line(path) or [b""]
        if os.path.realpath(interpreter) != own:
            return False
    return _imports_site(options)


def _first_line(script: bytes) -> list[bytes]:
    """The interpreter that the first line of a script names, and its options."""
    with open(script, "rb") as file:
        first, second = file.readline(512), file.readline(512)
    words = first[2:].split() if first.startswith(b"#!") else []
    if words == [b"/bin/sh"] and second.startswith(b"'''exec' "):  # pip writes this where the path is long
        words = second[len(b"'''exec' ") :].split(b' "$0"')[0].strip(b'" ').split(b"\0")
    if words and os.path.basename(words[0]) == b"env" and len(words) > 1:
        folders = os.fsencode(os.environ.get("PATH", "")).split(b":")
        found = (os.path.join(folder, words[1]) for folder in folders)
        words[:2] = [next((each for each in found if os.access(each, os.X_OK)), b"")]
    return words


def _imports_site(options: list[bytes]) -> bool:
    """Whether Python imports `sitecustomize` with these options and arguments."""
    for at, option in enumerate(options):
        text = os.fsdecode(option)
        if not text.startswith("-") or text in ("-", "--"):
            return True
        for position, letter in enumerate(text[1:], 2):
            if letter in _WITHOUT_SITE:
                return False
            if letter in "cm":
                code = option[position:] or b"".join(options[at + 1 : at + 2])
                return not (letter == "c" and code.startswith(_TRACKER))
            if letter in _WITH_VALUE:
                return _imports_site(options[at + 1 + (position == len(text)) :])
    return True


def _path(folder: str, given: bytes | None) -> bytes:
    """The value of the variable. A last slash says that it was empty."""
    own = os.fsencode(_SITE + os.pathsep + folder)
    if given is None:
        return own
    return own + os.fsencode(os.pathsep) + given if given else own + os.fsencode(os.sep)


def _in_list(folder: str, environ: list[Any]) -> list[Any]:
    """The environment in the form `b"NAME=value"`."""
    start = _VARIABLE + b"="
    given = next((each[len(start) :] for each in environ if each.startswith(start)), None)
    return [*(each for each in environ if not each.startswith(start)), start + _path(folder, given)]


def _in_mapping(folder: str, environ: Any) -> dict[Any, Any]:
    items = {os.fsencode(name): os.fsencode(value) for name, value in environ.items()}
    return {**items, _VARIABLE: _path(folder, items.get(_VARIABLE))}
