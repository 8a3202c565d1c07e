"""Which modules belong to the profiled program, and which classes a module defines."""

from __future__ import annotations

import sysconfig
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeGuard


def _folders(*names: str) -> tuple[str, ...]:
    return tuple(str(Path(sysconfig.get_path(name))) for name in names)


_INSTALLED: Final = _folders("purelib", "platlib")
_STANDARD_LIBRARY: Final = _folders("stdlib", "platstdlib")
_THIS_PACKAGE: Final = str(Path(__file__).parents[2])


def is_of_the_program(spec: ModuleSpec) -> bool:
    """Whether a module has a source, and belongs neither to the standard library nor to this package."""
    origin = spec.origin
    if origin is None or not origin.endswith(".py") or origin.startswith(_THIS_PACKAGE):
        return False
    return origin.startswith(_INSTALLED) or not origin.startswith(_STANDARD_LIBRARY)


def is_installed(module: ModuleType) -> bool:
    """Whether a module belongs to an installed package, rather than to the program itself."""
    return module.__file__ is not None and module.__file__.startswith(_INSTALLED)


def classes_of(module: ModuleType) -> list[type]:
    """The classes that a module defines, at its top level and directly inside these."""
    found: list[type] = []
    for value in list(vars(module).values()):
        if _is_class_of(value, module):
            found += [value, *(each for each in vars(value).values() if _is_class_of(each, module))]
    return found


def _is_class_of(value: Any, module: ModuleType) -> TypeGuard[type]:
    # `isinstance` reads `__class__`, which runs code of a lazy proxy.
    return issubclass(type(value), type) and vars(value).get("__module__") == module.__name__
