"""Makes classes of other packages poolable when they are imported.

Call `when_imported("package.module:Class", max=64)` before the package is imported, or write to the file that
`POOLED_CONFIG` names:

    [instrument."package.module:Class"]
    max = 64
    reset = "clear"     # the name of a method of the class; so is capacity = "..."
    # or: keep = ["buffer", "seen"]

`*` stands for all classes of the module that can be poolable; `left_out` returns those that cannot, with the reasons.

`Class` may also be `list`, `dict`, `set` or `bytearray`. A call of it in that module then takes from a pool.

The name in the module then refers to the poolable class. With the reference engine this is a subclass: references that
the module bound during its import, such as its own subclasses, keep the original class.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final, TypeAlias

from pooled._config import ALL_CLASSES, Instrumented, check_target, current, refuse_for_all_classes
from pooled._config.command_errors import end_command
from pooled._instrument.builtin_types import BUILTINS
from pooled._instrument.import_hooks import Callbacks, Finder
from pooled._instrument.whole_module import left_out as _left_out
from pooled._instrument.whole_module import make_all_poolable
from pooled._plan.checks import check_keep
from pooled._plan.hooks import OMITTED, Hooks, check_hook, close_to
from pooled._policy import LIMITS, Limits, Max, Scope
from pooled._pool.decorate import pool_class

__all__ = ["left_out", "when_imported"]


def when_imported(  # noqa: PLR0913 (each is one setting of a class)
    target: str,
    *,
    max: Max | None = None,  # noqa: A002 (the name in the policy)
    max_cap: int | None = None,
    scope: Scope | None = None,
    idle_trim: float | None = None,
    reset: Callable[[Any], object] | str | None = OMITTED,
    capacity: Callable[[Any], int] | str | None = OMITTED,
    keep: Iterable[str] | None = None,
) -> None:
    """Make the class named by `target` poolable: now, if its module has been imported, or when it is imported.

    Args:
        target: the class as "package.module:Class"; a nested class as "package.module:Outer.Inner"; all classes of the
            module that can be poolable as `"package.module:*"`.
        max: the most objects that the pool parks. This and the other arguments are as for `poolable`. "auto" parks as
            many as were in use at once in the last 10 to 20 seconds, within the budget and up to 1,048,576.
        max_cap: the largest capacity, in elements or bytes, of a parked object; larger ones are discarded.
        scope: "local" or "global".
        idle_trim: seconds without a take after which the pool frees its parked objects.
        reset: a function that empties a dropped object, or the name of a method.
        capacity: a function that returns the capacity of an object, or the name of a method that does.
        keep: the names of attributes that are emptied in place and kept.

    Raises:
        ValueError: `target` does not have this form, a limit is out of range, a hook cannot be the name of a method, or
            `reset`, `capacity` or `keep` is given for all classes of a module.
        TypeError: an argument has the wrong type.
        ImportError: the module has no such class, or the objects of the class cannot be recycled. The import of the
            module raises it; this call does, if the module has been imported already.
    """
    module, name = check_target("target", target, or_all=True)
    limits = Limits(max=max, max_cap=max_cap, scope=scope, idle_trim=idle_trim).asdict()
    for which, hook in (("reset", reset), ("capacity", capacity)):
        check_hook(which, hook)
    arguments = {**limits, "reset": reset, "capacity": capacity, "keep": check_keep(keep)}
    if name == ALL_CLASSES:
        refuse_for_all_classes(f"target={target!r}", arguments)
    _register(f"target={target!r}", module, name, arguments)


def left_out() -> dict[str, str]:
    """The classes that `module:*` left out because they cannot be poolable: the reason, by target."""
    return dict(_left_out)


def _register(where: str, module: str, name: str, arguments: dict[str, Any]) -> None:
    imported = sys.modules.get(module)
    if imported is not None:
        _replace_and_note(where, imported, name, arguments)
        return
    waiting = _builtins if name in BUILTINS else _classes
    waiting.setdefault(module, []).append((where, name, arguments))
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def _replace_and_note(where: str, module: ModuleType, name: str, arguments: dict[str, Any]) -> None:
    """Do what `_replace` does, and record the outcome, because the program may catch the error."""
    target = f"{module.__name__}:{name}"
    try:
        _replace(where, module, name, arguments)
    except ImportError as error:
        current.refused[target] = str(error).removeprefix(f"{where}: ")
        raise
    current.matched.add(target)


def _replace(where: str, module: ModuleType, name: str, arguments: dict[str, Any]) -> None:
    """Replace the class of this name in its module by the poolable class.

    Raises:
        ImportError: there is no such class, or its objects cannot be recycled.
    """
    if name == ALL_CLASSES:
        make_all_poolable(module, partial(pool_class, limits=Limits(**_limits_of(arguments))))
        return
    *outer, last = name.split(".")
    owner: Any = module
    for each in outer:
        owner = _attribute(where, module, owner, each)
    if owner is module and last in BUILTINS and _replace_builtin(where, module, last, arguments):
        return
    setattr(owner, last, pooled_class(where, _attribute(where, module, owner, last), arguments))


def _replace_builtin(where: str, module: ModuleType, name: str, arguments: dict[str, Any]) -> bool:
    """Replace a builtin container in a module, unless the module has something else of this name."""
    from pooled._instrument.builtin_shims import BuiltinShim, shim  # here, since it loads wrapt

    if name in vars(module) and type(vars(module)[name]) is not BuiltinShim:
        return False
    try:
        setattr(module, name, shim(name, module.__name__, _limits_of(arguments)))
    except TypeError as error:
        raise ImportError(f"{where}: {error}", name=module.__name__) from None
    return True


def _attribute(where: str, module: ModuleType, owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError:
        of = module.__name__ if owner is module else f"{module.__name__}:{owner.__qualname__}"
        raise ImportError(
            f"{where}: there is no {name!r} in {of}{close_to(name, dir(owner))}", name=module.__name__
        ) from None


def pooled_class(where: str, cls: Any, arguments: dict[str, Any]) -> type:
    """Make a class poolable, and return the class to use from now on.

    Raises:
        ImportError: its objects cannot be recycled. The text begins with `where`, and says why.
    """
    try:
        limits = Limits(**{name: arguments[name] for name in LIMITS})
        hooks = Hooks(arguments["reset"], arguments["capacity"])
        return pool_class(cls, limits, hooks=hooks, keep=check_keep(arguments["keep"]))
    except (TypeError, ValueError) as error:
        raise ImportError(f"{where}: {error}", name=getattr(cls, "__module__", None)) from None


_Waiting: TypeAlias = dict[str, list[tuple[str, str, dict[str, Any]]]]

_builtins: Final[_Waiting] = {}
"""The builtin containers to replace, by the names of modules that have not been imported yet."""

_classes: Final[_Waiting] = {}
"""The same for classes."""


def _callbacks_for(spec: ModuleSpec) -> Callbacks | None:
    name = spec.name
    if name not in _builtins and name not in _classes:
        return None
    # Builtin containers are replaced before the module's code runs: it may pass the name on, as in
    # `field(factory=list)`.
    return Callbacks(before=partial(_replace_all, _builtins, name), after=partial(_replace_all, _classes, name))


def _replace_all(waiting: _Waiting, registered: str, module: ModuleType) -> None:
    """Replace the classes that are registered for the module of this name."""
    for where, name, arguments in waiting.pop(registered, ()):
        _replace_and_note(where, module, name, arguments)


_finder: Final = Finder(_callbacks_for)


def _limits_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """The settings that apply to a builtin container, and to all classes of a module.

    Raises:
        TypeError: there are other settings.
    """
    more = [name for name in ("reset", "capacity", "keep") if arguments[name]]
    if more:
        raise TypeError(f"{more[0]}={arguments[more[0]]!r}: a builtin container has no such setting; leave it out")
    return {name: arguments[name] for name in LIMITS if arguments[name] is not None}


def arguments_of(entry: Instrumented) -> dict[str, Any]:
    """The settings of a class in the configuration, as arguments of `poolable`."""
    hooks = Hooks(*(OMITTED if name is None else name for name in (entry.reset, entry.capacity)))
    return {**entry.limits.asdict(), **hooks._asdict(), "keep": entry.keep}


def register(entries: Mapping[str, Instrumented]) -> None:
    """Register classes by their targets, to be made poolable when they are imported."""
    # An entry for a single class comes before the one for all classes of its module.
    for target, entry in sorted(entries.items(), key=lambda each: each[0].endswith(f":{ALL_CLASSES}")):
        module, name = check_target(entry.where, target, or_all=True)
        _register(entry.where, module, name, arguments_of(entry))


def replace(module: ModuleType, name: str, entry: Instrumented) -> None:
    """Replace the class of this name, or all classes, in a module that has run, as the configuration says.

    Raises:
        ImportError: there is no such class, or its objects cannot be recycled.
    """
    _replace(entry.where, module, name, arguments_of(entry))


def _register_configured() -> None:
    try:
        register(current.instrument)
    except ImportError as error:  # a module that has been imported already lacks the class
        end_command(error)
        raise


_register_configured()
