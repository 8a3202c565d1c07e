"""Classes of other packages, made poolable when they are imported.

`when_imported("package.module:Class", max=64)` before the package is imported, or, in the file that
`POOLED_CONFIG` names:

    [instrument."package.module:Class"]
    max = 64
    reset = "clear"     # the name of a method of the class, as capacity = "..." may be
    # or: keep = ["buffer", "seen"]

The module's name for the class then stands for the poolable class. With the reference engine that is a subclass:
what the module itself bound to the class while it was imported (its subclasses, say) keeps the one it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from types import ModuleType
from typing import Any, Final

import attrs
import wrapt

from pooled._config import check_target, current
from pooled._decorate import poolable
from pooled._policy import Limits, Scope
from pooled._recycling import check_keep

__all__ = ["when_imported"]


def when_imported(  # noqa: PLR0913 (each is one thing that can be said of a class)
    target: str,
    *,
    max: int | None = None,  # noqa: A002 (the policy's own word)
    max_cap: int | None = None,
    scope: Scope | None = None,
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
    limits = attrs.asdict(Limits(max=max, max_cap=max_cap, scope=scope))
    _register(
        f"target={target!r}", module, name, {**limits, "reset": reset, "capacity": capacity, "keep": check_keep(keep)}
    )


def _register(where: str, module: str, name: str, arguments: dict[str, Any]) -> None:
    def instrument(imported: ModuleType) -> None:
        _replace(where, imported, name, arguments)

    wrapt.register_post_import_hook(instrument, module)


def _replace(where: str, module: ModuleType, name: str, arguments: dict[str, Any]) -> None:
    *outer, last = name.split(".")
    try:
        owner = reduce(getattr, outer, module)
        cls = getattr(owner, last)
        functions = {
            key: getattr(cls, value) for key, value in arguments.items() if key in _NAMED and isinstance(value, str)
        }
        setattr(owner, last, poolable(**arguments | functions)(cls))
    except (AttributeError, TypeError, ValueError) as error:
        raise ImportError(f"{where}: {error}", name=module.__name__) from error


_NAMED: Final = ("reset", "capacity")  # what a configuration file gives by the names of methods


def _register_configured() -> None:
    for target, entry in current.instrument.items():
        module, name = check_target(entry.where, target)
        said = {"reset": entry.reset, "capacity": entry.capacity, "keep": entry.keep}
        _register(entry.where, module, name, {**attrs.asdict(entry.limits), **said})


_register_configured()
