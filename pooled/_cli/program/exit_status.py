"""Runs the code of a program to its end, prints its error as Python would, and returns its exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, ModuleType, TracebackType
from typing import Any

import pooled


def exit_status(compiled: Callable[[], CodeType], module: ModuleType) -> int:
    """Run the code of a program in its module, print an uncaught error as Python does, and return the exit status.

    Raises:
        KeyboardInterrupt: it ended the program, and was printed. Python sets the exit status and prints nothing more.
    """
    try:
        exec(compiled(), vars(module))  # noqa: S102 (it is the program)
    except SystemExit as end:
        return _status(end.code)
    except BaseException as error:
        status = _print_error(error)
        if isinstance(error, KeyboardInterrupt) and status is None:
            sys.excepthook = partial(_skip_once, sys.excepthook)
            raise
        return 1 if status is None else status
    return 0


def _status(code: object) -> int:
    """The exit status that `sys.exit(code)` sets; a message is printed."""
    if code is None or isinstance(code, int):
        return int(code or 0)
    if sys.stderr is not None:
        print(code, file=sys.stderr)
    return 1


def _print_error(error: BaseException) -> int | None:
    """Call `sys.excepthook` as Python does. Return the exit status, if the hook raises `SystemExit`."""
    for each in _error_chain(error):
        each.__traceback__ = _without_plumbing(each.__traceback__)
    known: Any = sys
    known.last_type, known.last_value, known.last_traceback = type(error), error, error.__traceback__
    if sys.version_info >= (3, 12):
        known.last_exc = error
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit as end:
        return _status(end.code)
    except BaseException as another:  # noqa: BLE001 (an error of the hook does not end this process)
        another.__traceback__ = _without_plumbing(another.__traceback__)
        another.__context__ = None
        import traceback  # here: few programs come to this

        for title, each in (("Error in sys.excepthook:", another), ("\nOriginal exception was:", error)):
            print(title, file=sys.stderr)
            traceback.print_exception(each)
    return None


def _skip_once(hook: Any, *_: object) -> None:
    """Print nothing, and restore the hook."""
    sys.excepthook = hook


def _error_chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its causes, its contexts, and the members of groups."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]
            waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


def _plumbing() -> tuple[str, ...]:
    """The files whose frames a traceback would not have without `python -m pooled`."""
    (package,) = pooled.__path__
    paths = [(package, "_cli"), (package, "_instrument", "import_hooks.py"), (package, "instrument.py")]
    return tuple(map(os.sep.join, paths))


def _without_plumbing(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of this package and those of the import system that called it."""
    kept: list[TracebackType] = []
    plumbing = _plumbing()
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(plumbing):
            while kept and kept[-1].tb_frame.f_code.co_filename.startswith("<frozen importlib"):
                kept.pop()
        else:
            kept.append(trace)
        trace = trace.tb_next
    inner = None
    for each in reversed(kept):
        inner = TracebackType(inner, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return inner
