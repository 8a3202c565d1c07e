"""Classes of other packages, made poolable when they are imported.

`when_imported("package.module:Class", max=64)` before the package is imported, or, in the file that
`POOLED_CONFIG` names:

    [instrument."package.module:Class"]
    max = 64
    reset = "clear"     # the name of a method of the class, as capacity = "..." may be
    # or: keep = ["buffer", "seen"]

`Class` may also be `list`, `dict`, `set` or `bytearray`: a call of that in the module then makes a pooled one.

The module's name for the class then stands for the poolable class. With the reference engine that is a subclass:
what the module itself bound to the class while it was imported (its subclasses, say) keeps the one it had.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

import attrs
import wrapt

from pooled._config import Instrumented, check_target, current
from pooled._config.command_errors import end_command
from pooled._instrument.builtin_shims import STOCK, BuiltinShim, shim
from pooled._instrument.import_hooks import Finder, Steps
from pooled._plan.plan import check_hook, check_keep
from pooled._policy import Limits, Scope
from pooled._pool.decorate import poolable

__all__ = ["when_imported"]


def when_imported(  # noqa: PLR0913 (each is one thing that can be said of a class)
    target: str,
    *,
    max: int | None = None,  # noqa: A002 (the policy's own word)
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    reset: Callable[[Any], object] | None = None,
    capacity: Callable[[Any], int] | None = None,
    keep: Iterable[str] | None = None,
) -> None:
    """Make the class called `target` poolable: now, if its module was imported already, or else when it is.

    Args:
        target: the class as "package.module:Class"; a nested one as "package.module:Outer.Inner".
        max: as for `poolable`, and so are the others.
        max_cap: an object whose capacity is above it is discarded.
        scope: "local" or "global".
        idle_trim: what is parked dies when the pool handed out nothing for so many seconds.
        reset: called with an object when it is dropped, to empty it.
        capacity: called with an object, to say how large it is.
        keep: names of attributes that are emptied in place and kept.

    Raises:
        ValueError: `target` does not name a class that way, or a limit is out of range.
        TypeError: an argument has the wrong type.
        ImportError: when the module is imported (from here, if it was already): it has no such class, or its
            objects cannot be recycled.
    """
    module, name = check_target("target", target)
    limits = attrs.asdict(Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim))
    for which, function in (("reset", reset), ("capacity", capacity)):
        if function is not None:
            check_hook(f"{which}={function!r}", which, function)
    _register(
        f"target={target!r}", module, name, {**limits, "reset": reset, "capacity": capacity, "keep": check_keep(keep)}
    )


def _register(where: str, module: str, name: str, arguments: dict[str, Any]) -> None:
    if name in STOCK and module not in sys.modules:
        _builtins.setdefault(module, []).append((where, name, arguments))
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        return

    def instrument(imported: ModuleType) -> None:
        replace(where, imported, name, arguments)

    wrapt.register_post_import_hook(instrument, module)


def replace(where: str, module: ModuleType, name: str, arguments: dict[str, Any]) -> None:
    """Make the class of this name poolable in its module.

    Raises:
        ImportError: it has no such class, or its objects cannot be recycled.
    """
    *outer, last = name.split(".")
    owner: Any = module
    for each in outer:
        owner = _found(where, module, owner, each)
    if owner is module and last in STOCK and (last not in vars(module) or type(vars(module)[last]) is BuiltinShim):
        try:
            setattr(module, last, shim(last, module.__name__, _limits_of(arguments)))
        except TypeError as error:
            raise ImportError(f"{where}: {error}", name=module.__name__) from None
        return
    setattr(owner, last, pooled_class(where, _found(where, module, owner, last), arguments))


def _found(where: str, module: ModuleType, owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError:
        of = module.__name__ if owner is module else f"{module.__name__}:{owner.__qualname__}"
        raise ImportError(
            f"{where}: there is no {name!r} in {of}{close_to(name, dir(owner))}", name=module.__name__
        ) from None


def close_to(name: str, names: Iterable[str]) -> str:
    """The question whether one of these was meant, where one is much like `name`; else nothing."""
    from difflib import get_close_matches  # here, since it takes longer to import than all of this module

    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def pooled_class(where: str, cls: Any, arguments: dict[str, Any]) -> type:
    """Make a class poolable; the class that is to be used from now on.

    Raises:
        ImportError: its objects cannot be recycled. The text begins with `where`, and says why.
    """
    try:
        functions = {
            key: getattr(cls, value) for key, value in arguments.items() if key in _NAMED and isinstance(value, str)
        }
        poolable_class: type = poolable(**arguments | functions)(cls)
    except (AttributeError, TypeError, ValueError) as error:
        raise ImportError(f"{where}: {error}", name=getattr(cls, "__module__", None)) from None
    return poolable_class


_NAMED: Final = ("reset", "capacity")  # what a configuration file gives by the names of methods


_builtins: Final[dict[str, list[tuple[str, str, dict[str, Any]]]]] = {}
"""The builtin containers that modules which are not imported yet are to have from pools."""


def _steps_for(spec: ModuleSpec) -> Steps | None:
    entries = _builtins.pop(spec.name, None)
    if entries is None:
        return None

    def replace_all(module: ModuleType) -> None:
        for where, name, arguments in entries:
            replace(where, module, name, arguments)

    return Steps(before=replace_all)  # its code may hand the name on, as in `field(factory=list)`


_finder: Final = Finder(_steps_for)


def _limits_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """What can be said of a builtin container.

    Raises:
        TypeError: something else was.
    """
    more = [name for name in ("reset", "capacity", "keep") if arguments.get(name)]
    if more:
        raise TypeError(f"{more[0]}={arguments[more[0]]!r}: a builtin container has none; leave it out")
    return {name: arguments[name] for name in attrs.fields_dict(Limits) if arguments.get(name) is not None}


def arguments_of(entry: Instrumented) -> dict[str, Any]:
    """What is said of a class in the configuration, as arguments."""
    said = {"reset": entry.reset, "capacity": entry.capacity, "keep": entry.keep}
    return {**attrs.asdict(entry.limits), **said}


def register(entries: Mapping[str, Instrumented]) -> None:
    """Have classes made poolable when they are imported, by their targets."""
    for target, entry in entries.items():
        module, name = check_target(entry.where, target)
        _register(entry.where, module, name, arguments_of(entry))


def _register_configured() -> None:
    try:
        register(current.instrument)
    except ImportError as error:  # of a module that was imported already
        end_command(error)
        raise


_register_configured()
