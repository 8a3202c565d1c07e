"""How a program ends: what Python would have said of it, and the exit status."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any, Final

import wrapt

_PACKAGE: Final = Path(__file__).parents[2]

_PLUMBING: Final = (
    *(str(_PACKAGE / "_cli"), str(_PACKAGE / "_instrument" / "import_hooks.py"), str(_PACKAGE / "instrument.py")),
    str(Path(wrapt.__file__).parent / "importer.py"),
)
"""The files of code that would not be there without `python -m pooled`."""


def ended(compiled: Callable[[], CodeType], module: ModuleType) -> int:
    """Run the code of a program in its module; its exit status. Errors are told, as Python tells them.

    Raises:
        KeyboardInterrupt: that ended it; Python makes an exit status of it, and says nothing more.
    """
    try:
        exec(compiled(), vars(module))  # noqa: S102 (it is the program)
    except SystemExit as end:
        return _status(end.code)
    except BaseException as error:
        status = _tell(error)
        if isinstance(error, KeyboardInterrupt) and status is None:
            sys.excepthook = partial(_nothing, sys.excepthook)
            raise
        return 1 if status is None else status
    return 0


def _status(code: object) -> int:
    """What `sys.exit(code)` makes the exit status."""
    if code is None or isinstance(code, int):
        return int(code or 0)
    if sys.stderr is not None:
        print(code, file=sys.stderr)
    return 1


def _tell(error: BaseException) -> int | None:
    """Tell of an error, as Python does; the exit status, where the program's own way of telling says one."""
    for each in _linked(error):
        each.__traceback__ = _theirs(each.__traceback__)
    known: Any = sys
    known.last_type, known.last_value, known.last_traceback = type(error), error, error.__traceback__
    if sys.version_info >= (3, 12):
        known.last_exc = error
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit as end:
        return _status(end.code)
    except BaseException as another:  # noqa: BLE001 (it does not end us)
        another.__traceback__ = _theirs(another.__traceback__)
        another.__context__ = None
        for title, each in (("Error in sys.excepthook:", another), ("\nOriginal exception was:", error)):
            print(title, file=sys.stderr)
            traceback.print_exception(each)
    return None


def _nothing(hook: Any, *_: object) -> None:
    """Say nothing, once."""
    sys.excepthook = hook


def _linked(error: BaseException) -> Iterator[BaseException]:
    """An error, and all that it came from."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]
            waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without what is not the program's own: our code, and the import system that called it."""
    kept: list[TracebackType] = []
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(_PLUMBING):
            while kept and kept[-1].tb_frame.f_code.co_filename.startswith("<frozen importlib"):
                kept.pop()
        else:
            kept.append(trace)
        trace = trace.tb_next
    above = None
    for each in reversed(kept):
        above = TracebackType(above, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return above
