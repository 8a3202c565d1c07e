"""Import hooks: call functions with a module before and after its code runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeAlias

from pooled._record import Record

Callback: TypeAlias = Callable[[ModuleType], object]


def _do_nothing(_: ModuleType) -> None:
    pass


class Callbacks(Record, kw_only=False):
    """The functions to call with a module before and after its code runs."""

    before: Callback
    after: Callback = _do_nothing


class Finder:
    """Finds modules through the finders after it in `sys.meta_path`, and has callbacks run when they are loaded.

    `callbacks_for` returns the callbacks for the specification of a module, or None.
    """

    def __init__(self, callbacks_for: Callable[[ModuleSpec], Callbacks | None]) -> None:
        self._callbacks_for = callbacks_for

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The specification of a module, from the next finder that has one."""
        finders = list(sys.meta_path)
        # Python has asked the finders before this one already; another `Finder` among them would call this one again.
        for finder in finders[finders.index(self) + 1 :] if self in finders else finders:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find else None
            if spec is not None:
                callbacks = self._callbacks_for(spec) if spec.loader is not None else None
                if callbacks is not None:
                    loader: Any = _Loader(spec.loader, callbacks)
                    spec.loader = loader
                return spec
        return None


class _Loader:
    """Wraps the loader of one module, and runs the callbacks. It has the attributes of the loader, and its class."""

    def __init__(self, loader: Any, callbacks: Callbacks) -> None:
        self.__wrapped__ = loader
        self._callbacks = callbacks

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return type(self.__wrapped__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def exec_module(self, module: ModuleType) -> None:
        """Run the code of the module. The module sees only the original loader."""
        module.__loader__ = self.__wrapped__
        if module.__spec__ is not None:
            module.__spec__.loader = self.__wrapped__
        self._callbacks.before(module)
        self.__wrapped__.exec_module(module)
        self._callbacks.after(module)


def without_callbacks(spec: ModuleSpec) -> ModuleSpec:
    """The specification with its original loader, for a caller that runs the code of the module itself."""
    loader: Any = spec.loader
    if type(loader) is _Loader:
        spec.loader = loader.__wrapped__
    return spec
