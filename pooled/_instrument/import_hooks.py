"""What is done to a module right before its code runs, and right after."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeAlias

import attrs
import wrapt

Step: TypeAlias = Callable[[ModuleType], object]


def nothing(_: ModuleType) -> None:
    """A step that does nothing."""


@attrs.frozen
class Steps:
    """What is called with a module before and after its code runs."""

    before: Step = nothing
    after: Step = nothing


class Finder:
    """Finds modules as those after it in `sys.meta_path` do, and has steps taken where they are loaded.

    `steps_for` says which, for the specification of a module; None: none.
    """

    def __init__(self, steps_for: Callable[[ModuleSpec], Steps | None]) -> None:
        self._steps_for = steps_for

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The specification of a module, as the next finder gives it that has one."""
        finders = list(sys.meta_path)
        # Not those before it, which were asked already; another of this kind among them would ask this one again.
        for finder in finders[finders.index(self) + 1 :] if self in finders else finders:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find else None
            if spec is not None:
                steps = self._steps_for(spec) if spec.loader is not None else None
                if steps is not None:
                    loader: Any = _Loader(spec.loader, steps)
                    spec.loader = loader
                return spec
        return None


class _Loader(wrapt.ObjectProxy[Any]):
    """Loads one module as another loader does, with steps before and after."""

    def __init__(self, loader: Any, steps: Steps) -> None:
        super().__init__(loader)
        self._self_steps = steps

    def exec_module(self, module: ModuleType) -> None:
        """Run its code; it is not to know of this."""
        module.__loader__ = self.__wrapped__
        if module.__spec__ is not None:
            module.__spec__.loader = self.__wrapped__
        self._self_steps.before(module)
        self.__wrapped__.exec_module(module)
        self._self_steps.after(module)


def unwrap(spec: ModuleSpec) -> ModuleSpec:
    """A specification as it would be without steps: for who runs the module's code in another way."""
    if isinstance(spec.loader, _Loader):
        spec.loader = spec.loader.__wrapped__
    return spec
