"""Running somebody's program as `__main__`, as Python itself would, with a look at the classes that it makes."""

from __future__ import annotations

import atexit
import builtins
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from importlib.machinery import BuiltinImporter, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs

from pooled._cli.program.class_hook import SeeClass, compiled
from pooled._cli.program.exit_status import ended
from pooled._instrument.import_hooks import unwrap

STDIN: Final = "-"
"""The name of a program that is read from standard input."""


@attrs.frozen
class Program:
    """A program: a file, or a module, and what it is given."""

    name: str
    is_module: bool = attrs.field(kw_only=True)
    arguments: tuple[str, ...] = attrs.field(kw_only=True, default=())

    @property
    def command(self) -> str:
        """As one would type it."""
        return " ".join((*(("-m",) if self.is_module else ()), self.name, *self.arguments))


class CannotRunError(Exception):
    """There is no such program, or it cannot be read."""


def execute(
    program: Program,
    see_class: SeeClass,
    names_for: Callable[[bytes], dict[str, Any]],
    at_end: Callable[[int], object],
) -> int:
    """Run a program; the exit status with which Python ends as the program would have.

    Args:
        program: what to run.
        see_class: what sees its classes, and may put others in their place.
        names_for: what its module has before it begins, by its source.
        at_end: called with the exit status when all is over: its threads, too, and what it registered with `atexit`.

    Raises:
        CannotRunError: there is no such program.
        KeyboardInterrupt: that ended it, and was told; Python makes an exit status of it.
    """
    module, source = _module_of(program) if program.is_module else _script_of(program)
    sys.argv = [str(module.__file__) if program.is_module else program.name, *program.arguments]
    sys.modules["__main__"] = module
    vars(module).update({"__builtins__": builtins, **names_for(source)})
    if sys.version_info < (3, 14):
        vars(module).setdefault("__annotations__", {})
    statuses: list[int] = []
    atexit.register(_over, os.getpid(), [at_end], statuses)  # before all that the program registers: it runs last
    statuses.append(ended(partial(compiled, source, str(module.__file__), see_class), module))
    return statuses[0]


def never_imported(targets: Iterable[str]) -> list[str]:
    """What is to be said of those classes whose modules the program has not imported: a sentence, or nothing."""
    never = [target for target in targets if target.partition(":")[0] not in sys.modules]
    return [f"these were never imported: {', '.join(never)}"] if never else []


def _over(process: int, at_end: list[Callable[[int], object]], statuses: list[int]) -> None:
    if os.getpid() != process:
        return  # a child, which a fork made, has nothing to report
    with suppress(Exception):  # the program may have closed it
        sys.stdout.flush()
    at_end.pop()(statuses[0] if statuses else 130)  # which lets go of the program's classes, and of their module


def _script_of(program: Program) -> tuple[ModuleType, bytes]:
    if program.name == STDIN:
        sys.path[0] = ""
        module = ModuleType("__main__")
        module.__file__, module.__loader__ = "<stdin>", BuiltinImporter
        _set_cached(module, None)
        return module, sys.stdin.buffer.read()
    path = Path(program.name)
    finder = pkgutil.get_importer(str(path.absolute()))  # None, unless it is a folder or an archive
    if finder is not None:
        return _main_of(program.name, finder)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise CannotRunError(f"{program.name}: cannot be read: {error.strerror}; name the file of a program") from None
    if source.startswith(importlib.util.MAGIC_NUMBER):
        raise CannotRunError(f"{program.name}: it is compiled already; name the file that has its source")
    if not sys.flags.safe_path:
        sys.path[0] = str(path.resolve().parent)
    file = str(Path.cwd()) + os.sep + program.name if not path.is_absolute() else program.name  # as Python has it
    module = ModuleType("__main__")
    module.__file__, module.__loader__ = file, SourceFileLoader("__main__", file)
    _set_cached(module, None)
    return module, source


def _main_of(name: str, finder: Any) -> tuple[ModuleType, bytes]:
    """What a folder or an archive has for a program."""
    spec = finder.find_spec("__main__")
    if spec is None:
        raise CannotRunError(f"{name}: has no __main__.py; name the file of a program")
    sys.path[0] = str(Path(name).absolute())
    return _module_by(spec, name)


def _module_of(program: Program) -> tuple[ModuleType, bytes]:
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
    return _module_by(unwrap(spec), f"-m {program.name}")


def _module_by(spec: ModuleSpec, named: str) -> tuple[ModuleType, bytes]:
    loader: Any = spec.loader
    source = loader.get_source(spec.name) if hasattr(loader, "get_source") else None
    if source is None:
        raise CannotRunError(f"{named}: it has no source")
    module = ModuleType("__main__")
    file = loader.get_filename(spec.name)
    module.__file__, module.__spec__, module.__loader__, module.__package__ = file, spec, loader, spec.parent
    _set_cached(module, spec.cached)
    with suppress(OSError):
        return module, loader.get_data(file)  # as it is written, which may be in another encoding
    return module, source.encode()


def _set_cached(module: ModuleType, file: str | None) -> None:
    """Let it have the name for the file of its code that modules had before Python 3.15."""
    if sys.version_info < (3, 15):
        vars(module)["__cached__"] = file
