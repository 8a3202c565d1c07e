"""Running somebody's program as `__main__`, as Python itself would, with a look at the classes that it makes."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import attrs

SeeClass = Callable[[str, type], type]
"""Called with the qualified name of a class that `__main__` made, decorated, and the class; what it is to be."""

_SEE: Final = "__pooled_see__"
"""Where the program's module has that function."""


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


def execute(program: Program, see_class: SeeClass, names: dict[str, Any]) -> int:
    """Run a program to its end, and that of its threads; its exit status.

    Args:
        program: what to run.
        see_class: what sees its classes, and may put others in their place.
        names: what its module has before it begins.

    Raises:
        CannotRunError: there is no such program.
    """
    module, source = _module_of(program) if program.is_module else _script_of(program)
    sys.argv = [str(module.__file__) if program.is_module else program.name, *program.arguments]
    sys.modules["__main__"] = module
    vars(module).update({"__builtins__": builtins, _SEE: partial(partial, see_class), **names})
    try:
        status = _run(compiled(source, str(module.__file__)), module)
    finally:
        _end_threads()
    sys.stdout.flush()
    return status


def source_of(program: Program) -> bytes:
    """The source of a program, which does not run yet.

    Raises:
        CannotRunError: there is no such program.
    """
    return (_module_of(program) if program.is_module else _script_of(program))[1]


def _script_of(program: Program) -> tuple[ModuleType, bytes]:
    path = Path(program.name)
    if path.is_dir():
        path /= "__main__.py"
    try:
        source = path.read_bytes()
    except OSError as error:
        raise CannotRunError(f"{program.name}: cannot be read: {error.strerror}; name the file of a program") from None
    if not sys.flags.safe_path:
        sys.path[0] = str(path.resolve().parent)
    module = ModuleType("__main__")
    module.__file__ = str(path.absolute())
    return module, source


def _module_of(program: Program) -> tuple[ModuleType, bytes]:
    name = program.name
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            name = f"{name}.__main__"
            spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise CannotRunError(f"-m {program.name}: {error}") from None
    loader: Any = spec and spec.loader
    if spec is None or spec.origin is None or not hasattr(loader, "get_source"):
        raise CannotRunError(f"-m {program.name}: there is no such module, or it has no source")
    module = ModuleType("__main__")
    module.__file__, module.__spec__, module.__loader__, module.__package__ = spec.origin, spec, loader, spec.parent
    return module, loader.get_data(spec.origin)


def compiled(source: bytes, file: str) -> CodeType | BaseException:
    """The code of a program, which shows each class that it makes; or what is wrong with it."""
    try:
        tree = ast.parse(source, file)
        return compile(ast.fix_missing_locations(_Shown().visit(tree)), file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return error


class _Shown(ast.NodeTransformer):
    """Puts `@see("Outer.Name")` over each class that is not in a function: no name is bound that was not before."""

    def __init__(self) -> None:
        self._outer: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        self._outer.append(node.name)
        self.generic_visit(node)
        name = ".".join(self._outer)
        self._outer.pop()
        shown = ast.parse(f"{_SEE}({name!r})", mode="eval").body
        for each in ast.walk(shown):
            ast.copy_location(each, node.decorator_list[0] if node.decorator_list else node)
        node.decorator_list.insert(0, shown)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return node


def _run(code: CodeType | BaseException, module: ModuleType) -> int:
    try:
        if isinstance(code, BaseException):
            raise code.with_traceback(None)  # noqa: TRY301 (a syntax error is shown as any other)
        exec(code, vars(module))  # noqa: S102 (it is the program)
    except SystemExit as end:
        return _status(end.code)
    except BaseException as error:  # noqa: BLE001 (whatever ends a program)
        theirs = error.__traceback__.tb_next if error.__traceback__ else None  # from where the program begins
        sys.excepthook(type(error), error.with_traceback(theirs), theirs)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _status(code: object) -> int:
    """What `sys.exit(code)` makes the exit status."""
    if code is None or isinstance(code, int):
        return int(code or 0)
    print(code, file=sys.stderr)
    return 1


def _end_threads() -> None:
    """Wait for the threads that Python would wait for."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def write(text: str, file: Path | None) -> None:
    """Write to a file, or to standard error."""
    if file is None:
        sys.stderr.write(text + "\n")
    else:
        file.write_text(text + "\n", encoding="utf-8")
