"""Watching a program: which classes it has, what they make, and what the cyclic collector costs it."""

from __future__ import annotations

import ast
import functools
import gc
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Final

from pooled._cli.profile.class_profile import MANY, Life, Place, Watched
from pooled._cli.profile.death_watch import ends_of
from pooled._cli.profile.gc_clock import CLOCK, Collector
from pooled._config import target_of
from pooled._instrument.builtin_shims import STOCK, BuiltinShim, as_builtin
from pooled._instrument.import_hooks import Finder, Steps
from pooled._plan.builtins import capacity_of
from pooled._plan.checks import refuse_unhookable
from pooled._pool.class_pool import is_poolable
from pooled._pool.decorate import PooledMeta

OFF, ON = 0.04, 0.01
"""Seconds between the parts of the time, and of a part."""

_PLUMBING: Final = (str(Path(__file__).parents[2]), "<attrs generated", "<string>")


class Watcher:
    """Watches the classes of a program."""

    def __init__(self) -> None:
        self.collector = Collector()
        self.seconds = 0.0
        self._costs: dict[
            bool, float
        ] = {}  # seconds that it takes to count an object, by whether it has weak references
        self._hooks: dict[int, Hook] = {}
        self._counters: dict[str, Counting] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._in_parts, daemon=True, name="pooled-advise")
        self._finder = Finder(self._steps_for)

    @property
    def watched(self) -> list[Watched]:
        """What is known of each class that made something."""
        found = (*(hook.watched for hook in self._hooks.values()), *(each.watched for each in self._counters.values()))
        return [watched for watched in found if watched.counted]

    def begin(self) -> None:
        """Watch what is made from now on."""
        self._costs = {True: _cost_of_counting("__weakref__"), False: _cost_of_counting()}
        _calibrate(self.collector)
        sys.meta_path.insert(0, self._finder)
        gc.callbacks.append(self.collector.see)
        self._thread.start()
        self.seconds = CLOCK()

    def end(self) -> None:
        """Watch no more."""
        self.seconds = CLOCK() - self.seconds
        self._over.set()
        self._thread.join()
        gc.callbacks.remove(self.collector.see)
        sys.meta_path.remove(self._finder)
        hooks: list[Hook | Counting] = [*self._hooks.values(), *self._counters.values()]
        for hook in hooks:
            hook.put_back()
            hook.watched.over()
        for class_hook in self._hooks.values():
            class_hook.ends.forget()

    def see(self, name: str, cls: type) -> type:
        """Watch a class, if it can be."""
        del name
        if isinstance(cls, type) and id(cls) not in self._hooks and _can_be_watched(cls):
            self._hooks[id(cls)] = Hook(Watched(target_of(cls), cls, self.collector))
        return cls

    def see_module(self, module: ModuleType) -> None:
        """Watch the classes that a module defines."""
        for cls in list(_classes_in(vars(module), module.__name__)):
            self.see(cls.__name__, cls)

    def names(self, module: str, source: bytes | str) -> dict[str, Any]:
        """What counts the builtin containers that the code of a module asks for, by their names."""
        names: dict[str, Any] = {}
        for name in _called(source):
            target = f"{module}:{name}"
            if target not in self._counters:
                self._counters[target] = Counting(module, STOCK[name], self.collector)
            names[name] = self._counters[target].shim
        return names

    def _steps_for(self, spec: ModuleSpec) -> Steps | None:
        return Steps(self._prepare, self.see_module) if is_of_the_program(spec) else None

    def _prepare(self, module: ModuleType) -> None:
        """Have a module ask for builtin containers where they are counted; not what packages install."""
        loader: Any = module.__loader__
        if not _within(module.__file__, _PACKAGES) and hasattr(loader, "get_source"):
            source = loader.get_source(module.__name__) or ""
            vars(module).update(self.names(module.__name__, source))

    def _in_parts(self) -> None:
        """Watch classes that make very many a part of the time."""
        while not self._over.wait(OFF):
            hooks: list[Hook | Counting] = [*self._hooks.values(), *self._counters.values()]
            many = [hook for hook in hooks if hook.watched.counted >= MANY]
            before = sum(self._watching(hook) for hook in many)
            for hook in many:
                hook.watched.begin_part()
                hook.put_on()
            stopped = self._over.wait(ON)
            watching = sum(self._watching(hook) for hook in many) - before
            for hook in many:
                if not stopped:
                    hook.put_back()
                hook.watched.end_part(watching)

    def _watching(self, hook: Hook | Counting) -> float:
        """Seconds that it took to count the objects of a class so far."""
        if isinstance(hook, Hook):
            return hook.watched.counted * self._costs[bool(hook.watched.cls.__weakrefoffset__)]
        return hook.watched.counted * self.collector.call


class Hook:
    """Watches one class by way of its `__init__`, while it is put on."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self._own = watched.cls.__dict__.get("__init__")
        self.ends = ends_of(watched)
        self._counting = _counting_init(watched, self.ends.look_after)
        self.put_on()

    def put_on(self) -> None:
        """Watch from now on."""
        self.ends.put_on()
        type.__setattr__(self.watched.cls, "__init__", self._counting)

    def put_back(self) -> None:
        """Let the class be as it was, unless somebody else has changed it since."""
        self.ends.put_back()
        cls = self.watched.cls
        if cls.__dict__.get("__init__") is not self._counting:
            return
        if self._own is None:
            type.__delattr__(cls, "__init__")
        else:
            type.__setattr__(cls, "__init__", self._own)


def _counting_init(watched: Watched, look_after: Callable[[Any, Life], None]) -> Callable[..., None]:
    cls: Any = watched.cls
    collector = watched.collector
    original = cls.__init__
    if original is object.__init__ and cls.__new__ is not object.__new__:
        original = _nothing  # `object` lets a class that has its own __new__ be called with anything

    @functools.wraps(original)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807 (it becomes one)
        if type(self) is not cls or not watched.count():
            return original(self, *args, **kwargs)  # type: ignore[no-any-return]
        entered = CLOCK()
        look_after(self, watched.begin(_place(sys._getframe(1))))
        lost = collector.lost
        began = CLOCK()
        original(self, *args, **kwargs)
        watched.making += max(0.0, CLOCK() - began - (collector.lost - lost))
        watched.made += 1
        collector.lost += began - entered
        return None

    return __init__


def _nothing(*_: Any, **__: Any) -> None:
    pass


class Counting:
    """Makes a builtin container, and counts: what a module's name for it calls.

    One that is looked after is an object of a subclass, which is told of its end.
    """

    def __init__(self, module: str, stock: type, collector: Collector) -> None:
        self.watched = watched = Watched(f"{module}:{stock.__name__}", stock, collector)
        self._stock = stock

        def __del__(self: Any) -> None:  # noqa: N807 (it becomes one)
            if not watched.is_over:
                watched.end(self.pooled_life, collecting=collector.is_at_work(), capacity=capacity_of(self))

        body = {
            "__slots__": ("pooled_life",),
            "__module__": "builtins",
            "__del__": __del__,
            **as_builtin(stock),
        }
        self._looked_after: Any = type(stock.__name__, (stock,), body)
        self.shim = BuiltinShim(stock, self)

    def put_on(self) -> None:
        """Count from now on."""
        self.shim.__wrapped__ = self

    def put_back(self) -> None:
        """Let what stands for the builtin call that, without any code in Python."""
        self.shim.__wrapped__ = self._stock

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What the builtin has: `isinstance(list, type)` is asked, too."""
        return type

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stock, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make one."""
        watched = self.watched
        collector = watched.collector
        if not watched.count():
            collector.lost += collector.call
            return self._stock(*args, **kwargs)
        began = CLOCK()
        life = watched.begin(_place(sys._getframe(1)))
        obj = self._looked_after(*args, **kwargs)
        obj.pooled_life = life
        collector.lost += CLOCK() - began + collector.call
        return obj


def _place(frame: FrameType) -> Place:
    """Where an object is made: the innermost code that is not plumbing."""
    there: FrameType | None = frame
    while there is not None and there.f_code.co_filename.startswith(_PLUMBING):
        there = there.f_back
    there = there or frame
    return there.f_code.co_filename, there.f_lineno


def _cost_of_counting(*slots: str) -> float:
    """Seconds that it takes to count an object that has these, here and now."""

    class Counted:
        __slots__ = (*slots, "a")

        def __init__(self, a: object) -> None:
            self.a = a

    alone = _seconds(Counted, 1)
    watched = Watched("", Counted, Collector())
    Hook(watched)
    watched.counted = 1_000_000  # so that one in many is looked after
    _seconds(Counted, 1)
    return max(0.0, _seconds(Counted, 1) - alone)


def _calibrate(collector: Collector) -> None:
    """Find out how long it takes to count builtin containers."""
    counting = Counting("", list, Collector())
    counting.watched.counted = 1_000_000
    _seconds(counting)
    collector.call = max(0.0, _seconds(counting) - _seconds(list))


def _seconds(make: Callable[..., Any], *arguments: Any) -> float:
    """What one call takes, at best."""
    best = 1.0
    for _ in range(20):  # of short ones: on a loaded machine some of them are left alone
        began = CLOCK()
        for _ in range(500):
            make(*arguments)
        best = min(best, CLOCK() - began)
    return best / 500


def _can_be_watched(cls: type) -> bool:
    try:
        refuse_unhookable(cls)
    except TypeError:
        return False
    return not (issubclass(cls, BaseException) or is_poolable(cls) or isinstance(cls, PooledMeta))


def _classes_in(namespace: dict[str, Any], module: str) -> Iterator[type]:
    """The classes that a module defines, in others too."""
    for value in list(namespace.values()):
        if isinstance(value, type) and value.__module__ == module:
            yield value
            inside = {name: each for name, each in vars(value).items() if isinstance(each, type) and each is not value}
            yield from (each for each in inside.values() if each.__module__ == module)


# The names of the builtin containers in a module.


def _called(source: bytes | str) -> set[str]:
    """Which of them its code calls, or hands on to be called, and nowhere means in another way."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    called: set[str] = set()
    barred: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass")):
                continue
            case ast.Call(func=function, args=args, keywords=keywords):
                values = (function, *args, *(keyword.value for keyword in keywords))
                called.update(value.id for value in values if isinstance(value, ast.Name))
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.MatchClass(cls=ast.Name(id=name)):
                barred.add(name)
            case ast.Compare(comparators=others):
                barred.update(value.id for value in others if isinstance(value, ast.Name))  # as in `type(x) is list`
    return (called & set(STOCK)) - barred


# The modules that a program imports.


def _folders(*names: str) -> tuple[str, ...]:
    return tuple(str(Path(sysconfig.get_path(name))) for name in names)


_PACKAGES: Final = _folders("purelib", "platlib")
_LIBRARY: Final = _folders("stdlib", "platstdlib")
_OURS: Final = str(Path(__file__).parents[2])


def is_of_the_program(spec: ModuleSpec) -> bool:
    """Whether a module is neither of the standard library nor of this package, and has a source."""
    origin = spec.origin
    if origin is None or not origin.endswith(".py") or _within(origin, (_OURS,)):
        return False
    return _within(origin, _PACKAGES) or not _within(origin, _LIBRARY)


def _within(origin: str | None, folders: tuple[str, ...]) -> bool:
    return origin is not None and origin.startswith(folders)
