"""Executes a program as `__main__`, as Python itself would, and calls a hook with the classes that it defines."""

from __future__ import annotations

import builtins
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.machinery import BuiltinImporter, ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from pooled._cli.program.ends import Ends
from pooled._cli.program.exit_status import exit_status
from pooled._cli.program.named import Program

if TYPE_CHECKING:
    from pooled._cli.program.class_hook import ClassHook

_STDIN: Final = "-"
"""The name of a program that is read from standard input."""

_INTERRUPTED: Final = 130
"""The exit status of a program that a signal interrupted."""


class CannotRunError(Exception):
    """The program does not exist or cannot be read."""


def execute(
    program: Program,
    class_hook: ClassHook | None,
    names_for: Callable[[bytes], dict[str, Any]],
    at_end: Callable[[int], object],
    in_child: Callable[[], object],
) -> int:
    """Run a program, and return its exit status.

    Args:
        program: the program to run.
        class_hook: called with its classes; may replace them. None calls nothing.
        names_for: called with its source; returns the names that its module has from the start.
        at_end: called with the exit status, after all threads have ended and the program's `atexit` functions have run;
            where SIGTERM or `os._exit` ends the program, before that.
        in_child: called in a forked child instead.

    Raises:
        CannotRunError: the program does not exist or cannot be read.
        KeyboardInterrupt: it ended the program, and was printed. Python sets the exit status.
    """
    module, source = _load_module(program) if program.is_module else _load_script(program)
    sys.argv = [str(module.__file__) if program.is_module else program.name, *program.arguments]
    sys.modules["__main__"] = module
    vars(module).update({"__builtins__": builtins, **names_for(source)})
    if sys.version_info < (3, 14):
        vars(module).setdefault("__annotations__", {})
    statuses: list[int] = []
    Ends(partial(_at_exit, os.getpid(), [at_end], in_child, statuses))
    statuses.append(exit_status(partial(_compiled, source, str(module.__file__), class_hook), module))
    return statuses[0]


def _compiled(source: bytes, file: str, class_hook: ClassHook | None) -> CodeType:
    """Compile the source of a program.

    Raises:
        SyntaxError, ValueError: the source is invalid.
    """
    try:
        if class_hook is None:
            return compile(source, file, "exec", dont_inherit=True)
        from pooled._cli.program.class_hook import compile_with_hook  # here, since `ast` takes long to import

        return compile_with_hook(source, file, class_hook)
    except (SyntaxError, ValueError) as error:
        raise error.with_traceback(None) from None  # Python prints no frames of its own here


def _at_exit(
    process: int,
    at_end: list[Callable[[int], object]],
    in_child: Callable[[], object],
    statuses: list[int],
    at_once: int | None,
) -> None:
    """Report. `at_once` is the exit status, if the program ends without flushing its streams."""
    if os.getpid() != process:
        in_child()
        return
    if at_once is not None:
        at_end.pop()(at_once)
        return
    with suppress(Exception):  # the program may have closed the stream
        sys.stdout.flush()
    at_end.pop()(statuses[0] if statuses else _INTERRUPTED)  # pop: it refers to the classes of the program


def _load_script(program: Program) -> tuple[ModuleType, bytes]:
    """The module and the source of a file, a folder, an archive, or standard input."""
    if program.name == _STDIN:
        sys.path[0] = ""
        module = ModuleType("__main__")
        module.__file__, module.__loader__ = "<stdin>", BuiltinImporter
        _set_cached(module, None)
        return module, sys.stdin.buffer.read()
    path = os.path.join(os.getcwd(), program.name)
    finder = pkgutil.get_importer(os.path.abspath(path))  # None, unless it is a folder or an archive
    if finder is not None:
        return _load_main(program.name, finder)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise CannotRunError(f"{program.name}: cannot be read: {error.strerror}; name the file of a program") from None
    if source.startswith(importlib.util.MAGIC_NUMBER):
        raise CannotRunError(f"{program.name}: it is compiled already; name the file that has its source")
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    module = ModuleType("__main__")
    module.__file__, module.__loader__ = path, SourceFileLoader("__main__", path)
    _set_cached(module, None)
    return module, source


def _load_main(name: str, finder: Any) -> tuple[ModuleType, bytes]:
    """The module and the source of the `__main__.py` in a folder or archive."""
    spec = finder.find_spec("__main__")
    if spec is None:
        raise CannotRunError(f"{name}: has no __main__.py; name the file of a program")
    sys.path[0] = os.path.abspath(name)
    return _module_of(spec, name)


def _load_module(program: Program) -> tuple[ModuleType, bytes]:
    """The module and the source for `-m`."""
    name = program.name
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            name = f"{name}.__main__"
            spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise CannotRunError(f"-m {program.name}: {error}") from None
    if spec is None:
        raise CannotRunError(f"-m {program.name}: there is no such module")
    return _module_of(_without_callbacks(spec), f"-m {program.name}")


def _without_callbacks(spec: ModuleSpec) -> ModuleSpec:
    """The specification with its original loader, since this module runs the code itself."""
    hooks = sys.modules.get("pooled._instrument.import_hooks")  # without it, no loader has callbacks
    original: ModuleSpec = spec if hooks is None else hooks.without_callbacks(spec)
    return original


def _module_of(spec: ModuleSpec, named: str) -> tuple[ModuleType, bytes]:
    loader: Any = spec.loader
    source = loader.get_source(spec.name) if hasattr(loader, "get_source") else None
    if source is None:
        raise CannotRunError(f"{named}: it has no source")
    module = ModuleType("__main__")
    file = loader.get_filename(spec.name)
    module.__file__, module.__spec__, module.__loader__, module.__package__ = file, spec, loader, spec.parent
    _set_cached(module, spec.cached)
    with suppress(OSError):
        return module, loader.get_data(file)  # the bytes of the file, which may have another encoding
    return module, source.encode()


def _set_cached(module: ModuleType, file: str | None) -> None:
    """Set `__cached__`, which modules have before Python 3.15."""
    if sys.version_info < (3, 15):
        vars(module)["__cached__"] = file
