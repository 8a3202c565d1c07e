"""Profiles a running program: the objects of its classes, and the cost of the garbage collector."""

from __future__ import annotations

import _thread
import gc
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from pooled._cli.profile.builtin_counter import BuiltinCounter
from pooled._cli.profile.builtin_names import called_builtins, exact_serializers
from pooled._cli.profile.class_counter import CannotCountError, ClassCounter, can_be_profiled
from pooled._cli.profile.class_profile import MANY, ClassProfile
from pooled._cli.profile.gc_clock import CLOCK, GcClock
from pooled._cli.profile.native_counter import gc_callback, restart_counters
from pooled._cli.profile.overhead import seconds_per_call
from pooled._cli.profile.program_modules import classes_of, is_installed, is_of_the_program
from pooled._cli.program import own_thread
from pooled._config import target_of
from pooled._gc.pauses import GcRecording, record_gc
from pooled._instrument.builtin_types import BUILTINS
from pooled._instrument.import_hooks import Callbacks, Finder

_PAUSE: Final = 0.04
"""Seconds between two windows of a builtin container that is constructed very often."""

_WINDOW: Final = 0.01
"""Seconds that a window is open."""


class Profiler:
    """Profiles the classes of a program from `begin` to `end`.

    Attributes:
        clock: times the garbage collections.
        recording: their pauses, and the types of the young objects; counting in the clock is a part of the pauses.
        seconds: the run time of the program, when it has ended.
        processor_seconds: the processor time that it took. Until then, both are the times of the beginning.
        uncounted: the names of the classes whose objects are not counted, by the reason.
    """

    def __init__(self) -> None:
        self.clock = GcClock()
        self._on_gc = gc_callback(self.clock.on_gc, 0)
        self.recording: GcRecording  # from `begin` on
        self.seconds = self.processor_seconds = 0.0
        self.uncounted: dict[str, dict[str, None]] = defaultdict(dict)
        self._seconds_per_call = seconds_per_call()
        self._classes: dict[int, ClassCounter] = {}  # by the address of the class, which the counter keeps alive
        self._builtins: dict[str, BuiltinCounter] = {}
        self._exact: list[str] = []  # the serializers that refuse subclasses of builtin containers
        self._ended = threading.Event()
        self._windows = _thread.allocate_lock()  # held by the thread that opens windows
        self._finder = Finder(self._callbacks_for)

    @property
    def profiles(self) -> list[ClassProfile]:
        """The profile of each class that constructed an object."""
        return [counter.profile for counter in self._counters() if counter.profile.counted]

    def begin(self) -> None:
        """Start to profile the modules imported from now on, and the collector."""
        sys.meta_path.insert(0, self._finder)
        gc.callbacks.append(self._on_gc)
        self.recording = record_gc()
        self.seconds = CLOCK()
        self.processor_seconds = time.process_time()

    def restart(self) -> None:
        """Begin again in a forked child, where the thread of the parent does not exist."""
        self.clock.restart()
        self.recording._clear()
        restart_counters()
        self._ended, self._windows = threading.Event(), _thread.allocate_lock()
        for counter in self._builtins.values():
            counter.restart()
        self.seconds, self.processor_seconds = CLOCK(), time.process_time()
        if self._builtins:
            self._start_windows()

    def end(self) -> None:
        """Stop profiling."""
        self.seconds = CLOCK() - self.seconds
        self.processor_seconds = time.process_time() - self.processor_seconds
        self._ended.set()
        self._windows.acquire()  # wait for the thread
        self.recording.stop()
        gc.callbacks.remove(self._on_gc)
        sys.meta_path.remove(self._finder)
        for counter in self._counters():
            counter.finish()

    def profile_class(self, cls: type) -> None:
        """Profile a class, if possible."""
        # A decorator may have put an object of another kind in the place of the class.
        if not issubclass(type(cls), type) or id(cls) in self._classes or not can_be_profiled(cls):
            return
        try:
            self._classes[id(cls)] = ClassCounter(cls, self.clock)
        except CannotCountError as reason:
            self.uncounted[str(reason)][target_of(cls)] = None

    def builtin_shims(self, module: str, source: bytes | str) -> dict[str, Any]:
        """The shims that count the builtin containers which the code of a module calls, by their names."""
        shims: dict[str, Any] = {}
        self._exact = self._exact or exact_serializers(source)
        if self._exact:
            self._leave_builtins(f"{module}:{name}" for name in sorted(called_builtins(source)))
            return shims
        for name in called_builtins(source):
            target = f"{module}:{name}"
            if target not in self._builtins:
                self._builtins[target] = BuiltinCounter(module, BUILTINS[name], self.clock, self._seconds_per_call)
            shims[name] = self._builtins[target].shim
        if shims:
            self._start_windows()
        return shims

    def _start_windows(self) -> None:
        """Start the thread that opens windows, unless it runs."""
        if self._windows.acquire(blocking=False):
            own_thread.start(self._open_windows)

    def _leave_builtins(self, targets: Iterable[str]) -> None:
        """Stop counting builtin containers, including those that were counted until now."""
        retired, self._builtins = self._builtins, {}
        for counter in retired.values():
            counter.finish()
        for target in (*retired, *targets):
            self.uncounted[f"{self._exact[0]} refuses subclasses of the builtin containers"][target] = None

    def _counters(self) -> list[ClassCounter | BuiltinCounter]:
        return [*self._classes.values(), *self._builtins.values()]

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
        """Profile the builtin containers that are constructed very often in windows only, until the program ends."""
        while not self._ended.wait(_PAUSE):
            counters = [counter for counter in self._builtins.values() if counter.profile.counted >= MANY]
            before = sum(counter.profiling_seconds for counter in counters)
            for counter in counters:
                counter.profile.open_window()
                counter.install()
            ended = self._ended.wait(_WINDOW)
            profiling = sum(counter.profiling_seconds for counter in counters) - before
            for counter in counters:
                if not ended:
                    counter.uninstall()
                counter.profile.close_window(profiling)
        self._windows.release()
