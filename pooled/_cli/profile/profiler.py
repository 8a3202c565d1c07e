"""Profiles a running program: the objects of its classes, and the cost of the garbage collector."""

from __future__ import annotations

import gc
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from pooled._cli.profile.builtin_counter import BuiltinCounter
from pooled._cli.profile.builtin_names import called_builtins
from pooled._cli.profile.class_profile import MANY, ClassProfile
from pooled._cli.profile.gc_clock import CLOCK, GcClock
from pooled._cli.profile.init_hook import InitHook, can_be_profiled
from pooled._cli.profile.overhead import Overhead
from pooled._cli.profile.program_modules import classes_of, is_installed, is_of_the_program
from pooled._config import target_of
from pooled._instrument.builtin_shims import BUILTINS
from pooled._instrument.import_hooks import Callbacks, Finder

_PAUSE: Final = 0.04
"""Seconds between two windows of a class that constructs very many objects."""

_WINDOW: Final = 0.01
"""Seconds that a window is open."""


class Profiler:
    """Profiles the classes of a program from `begin` to `end`.

    Attributes:
        clock: times the garbage collections.
        seconds: the run time of the program, when it has ended.
    """

    def __init__(self) -> None:
        self.clock = GcClock()
        self.seconds = 0.0
        self._overhead = Overhead.measure()
        self._hooks: dict[int, InitHook] = {}
        self._counters: dict[str, BuiltinCounter] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._open_windows, daemon=True, name="pooled-advise")
        self._finder = Finder(self._callbacks_for)

    @property
    def profiles(self) -> list[ClassProfile]:
        """The profile of each class that constructed an object."""
        return [hook.profile for hook in self._all_hooks() if hook.profile.counted]

    def begin(self) -> None:
        """Start to profile the modules imported from now on, and the collector."""
        sys.meta_path.insert(0, self._finder)
        gc.callbacks.append(self.clock.on_gc)
        self._thread.start()
        self.seconds = CLOCK()

    def end(self) -> None:
        """Stop profiling and restore all classes."""
        self.seconds = CLOCK() - self.seconds
        self._ended.set()
        self._thread.join()
        gc.callbacks.remove(self.clock.on_gc)
        sys.meta_path.remove(self._finder)
        for hook in self._all_hooks():
            hook.finish()

    def profile_class(self, cls: type) -> None:
        """Profile a class, if possible."""
        # A decorator may have put an object of another kind in the place of the class.
        if isinstance(cls, type) and id(cls) not in self._hooks and can_be_profiled(cls):
            profile = ClassProfile(target_of(cls), cls, self.clock)
            self._hooks[id(cls)] = InitHook(profile, self._overhead.of_class(cls))

    def builtin_shims(self, module: str, source: bytes | str) -> dict[str, Any]:
        """The shims that count the builtin containers which the code of a module calls, by their names."""
        shims: dict[str, Any] = {}
        for name in called_builtins(source):
            target = f"{module}:{name}"
            if target not in self._counters:
                self._counters[target] = BuiltinCounter(module, BUILTINS[name], self.clock, self._overhead.builtin)
            shims[name] = self._counters[target].shim
        return shims

    def _all_hooks(self) -> list[InitHook | BuiltinCounter]:
        return [*self._hooks.values(), *self._counters.values()]

    def _callbacks_for(self, spec: ModuleSpec) -> Callbacks | None:
        return Callbacks(self._before_import, self._after_import) if is_of_the_program(spec) else None

    def _before_import(self, module: ModuleType) -> None:
        """Count the builtin containers of a module, unless it belongs to an installed package."""
        loader: Any = module.__loader__
        if not is_installed(module) and hasattr(loader, "get_source"):
            source = loader.get_source(module.__name__) or ""
            vars(module).update(self.builtin_shims(module.__name__, source))

    def _after_import(self, module: ModuleType) -> None:
        for cls in classes_of(module):
            self.profile_class(cls)

    def _open_windows(self) -> None:
        """Profile the classes that construct very many objects in windows only, until the program ends."""
        while not self._ended.wait(_PAUSE):
            hooks = [hook for hook in self._all_hooks() if hook.profile.counted >= MANY]
            before = sum(hook.profiling_seconds for hook in hooks)
            for hook in hooks:
                hook.profile.open_window()
                hook.install()
            ended = self._ended.wait(_WINDOW)
            profiling = sum(hook.profiling_seconds for hook in hooks) - before
            for hook in hooks:
                if not ended:
                    hook.uninstall()
                hook.profile.close_window(profiling)
