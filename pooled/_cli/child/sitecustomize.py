"""Python imports this module first in a process that `reach` has put this folder on the path of.

It restores the path, the environment and the modules that the program can see, and imports the module that it hides. It
imports nothing of this package before the program imports a module with a class to pool, because a short process spends
most of its time at its start.
"""

from __future__ import annotations

import atexit
import marshal
import os
import sys

TYPE_CHECKING = False  # `typing` and `collections.abc` take longer to import than this module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SITE = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(_SITE)), "__init__.py")
_VARIABLE = "PYTHONPATH"
_external: Any = sys.modules[
    "_frozen_importlib_external"
]  # of importlib, which takes longer to import than this module


class Trigger:
    """A finder of modules that calls a function before the first import of one of these modules."""

    def __init__(self, names: frozenset[str], function: Callable[[], object]) -> None:
        self._names, self._function = names, function

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Call the function and ask the other finders, if this is one of the modules."""
        if name not in self._names:
            return None
        sys.meta_path.remove(self)
        self._function()
        imported = sys.modules.get(name)
        if imported is not None:  # by the function
            imported.__spec__ = _spec_of_imported(name, imported)
            return imported.__spec__
        return _spec_of(name, path, target)


class _Imported:
    """A loader for a module that has been imported while its specification was sought."""

    def __init__(self, module: Any) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, _: object) -> Any:
        return self._module

    def exec_module(self, module: Any) -> None:
        module.__spec__ = self._spec


def _spec_of_imported(name: str, module: Any) -> Any:
    return type(module.__spec__)(name, _Imported(module), origin=module.__spec__.origin)


def _spec_of(name: str, path: Any = None, target: Any = None) -> Any:
    for finder in list(sys.meta_path):
        spec: Any = finder.find_spec(name, path, target)
        if spec is not None:
            return spec
    return None


def _restore_path() -> str | None:
    """Restore the path as it would be without this folder. Return the folder of the parts, the second on the path."""
    first, _, rest = os.environ.get(_VARIABLE, "").partition(os.pathsep)
    parts, others, path = rest.partition(os.pathsep)
    if first != _SITE:
        return None
    if others or parts.endswith(os.sep):  # the variable was there, and perhaps empty
        os.environ[_VARIABLE] = path
    else:
        del os.environ[_VARIABLE]
    parts = parts.rstrip(os.sep)
    sys.path[:] = [each for each in sys.path if each not in (first, parts)]
    for each in (first, parts):
        sys.path_importer_cache.pop(each, None)
    return parts


def _start(folder: str) -> None:
    """Wait for the modules with classes to pool."""
    with open(os.path.join(folder, "settings"), "rb") as file:
        settings = marshal.load(file)  # noqa: S302 (a process of this user wrote it)
    process = os.getpid()
    name = f"{process}-{os.urandom(4).hex()}"
    with open(os.path.join(folder, f"{name}.begun"), "xb"):
        pass
    at_exit: list[Callable[[], object]] = []
    at_sigterm: list[Callable[[], object]] = []
    atexit.register(_call_all, at_exit)  # before those of the program, so that it is called after them
    _catch_sigterm(at_sigterm)

    def begin() -> None:
        spec = _spec_of("pooled")
        if spec is None or spec.origin != _PACKAGE:
            return  # an interpreter with other packages
        if waiting in sys.meta_path:
            sys.meta_path.remove(waiting)
        from pooled._cli.child.begin import begin

        begin(folder, name if os.getpid() == process else None, settings, at_exit.append, at_sigterm.append)

    def reach() -> None:
        # Not by its name, which would import the package.
        file = os.path.join(_SITE, "reach.py")
        namespace: dict[str, Any] = {"__name__": "reach", "__file__": file}
        exec(_external.SourceFileLoader("reach", file).get_code("reach"), namespace)  # noqa: S102
        namespace["reach"](lambda: folder)

    waiting = Trigger(frozenset(settings["modules"]), _quietly(begin))
    sys.meta_path.insert(0, waiting)
    sys.meta_path.insert(0, Trigger(frozenset(("subprocess", "multiprocessing.util")), _quietly(reach)))
    if settings["at_start"]:
        begin()


def _call_all(functions: list[Callable[[], object]]) -> None:
    for function in functions:
        function()


def _catch_sigterm(functions: list[Callable[[], object]]) -> None:
    """Call these functions when SIGTERM ends the process; the program may have another handler meanwhile."""
    known: Any = sys.modules["_signal"]

    def on_sigterm(*_: object) -> None:
        if functions:
            _call_all(functions)
            return
        known.signal(known.SIGTERM, known.SIG_DFL)
        os.kill(os.getpid(), known.SIGTERM)

    if known.getsignal(known.SIGTERM) == known.SIG_DFL:
        known.signal(known.SIGTERM, on_sigterm)


def _quietly(function: Callable[[], object]) -> Callable[[], object]:
    def call() -> None:
        try:  # noqa: SIM105 (contextlib takes a while to import)
            function()
        except Exception:  # noqa: BLE001, S110 (the program continues as it would)
            pass

    return call


def _import_hidden() -> None:
    """Import the module of this name that Python would have imported."""
    spec = _spec_of("sitecustomize")
    if spec is None or spec.origin == __file__:
        raise ImportError("No module named 'sitecustomize'", name="sitecustomize")
    hidden = sys.modules["sitecustomize"] = sys.modules["_frozen_importlib"].module_from_spec(spec)
    spec.loader.exec_module(hidden)


if __name__ == "sitecustomize":
    _parts = _restore_path()
    if _parts is not None:
        _quietly(lambda: _start(_parts or ""))()
    _import_hidden()
