"""Names in the configuration that match nothing, each with the reason or with the most similar name."""

from __future__ import annotations

import atexit
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from operator import attrgetter

from pooled._config import ALL_CLASSES, current
from pooled._plan.hooks import close_to

_has_report = False
"""Whether a report names them, so that no warning has to."""


def warn_at_exit() -> None:
    """Warn of such names when the interpreter exits."""
    atexit.register(_warn)


def warn_no_more() -> None:
    """Leave the names to a report that has them.

    Functions that are registered with atexit cannot be unregistered once the first one runs, from 3.14 on.
    """
    global _has_report  # noqa: PLW0603 (there is one process)
    _has_report = True


def unmatched(instrumented: Iterable[str]) -> list[str]:
    """A sentence for each name that matches nothing. The modules that the program did not import are not searched.

    Args:
        instrumented: the targets of classes that were to be made poolable.
    """
    sections = {"classes": current.classes, "override": current.override, "instrument": instrumented}
    return [
        f"[{section}.{target!r}]: {reason}"
        for section, targets in sections.items()
        for target in targets
        if target not in current.matched
        for reason in _reasons(target, section)
    ]


def _warn() -> None:
    if _has_report:
        return
    printed = str(getattr(sys, "last_value", ""))  # the error that ended the program
    for sentence in unmatched(current.instrument):
        if sentence.partition("]: ")[2] in printed:
            continue
        warnings.warn_explicit(sentence, UserWarning, os.environ.get("POOLED_CONFIG", "pooled"), 1)


def _reasons(target: str, section: str) -> Iterator[str]:
    """Why a name matches nothing; nothing if it is the name of a module that was not imported."""
    module, _, name = target.partition(":")
    if section == "instrument" and target in current.refused:
        yield current.refused[target]
    elif module not in sys.modules:
        if _is_missing(module):
            beside = [each for each in sys.modules if each.rpartition(".")[0] == module.rpartition(".")[0]]
            yield f"there is no module {module!r}{close_to(module, beside)}"
    elif name != ALL_CLASSES:
        owner = sys.modules[module]
        try:
            attrgetter(name)(owner)
        except AttributeError:
            classes = [name for name, value in vars(owner).items() if isinstance(value, type)]
            yield f"there is no class {name!r} in {module}{close_to(name, classes)}"
        else:
            yield "it is not poolable; decorate it, or name it under [instrument]"


def _is_missing(module: str) -> bool:
    """Whether a module is known to be missing. The search imports nothing."""
    top, parent = module.partition(".")[0], module.rpartition(".")[0]
    searched = top if top not in sys.modules else module
    if searched == module and parent and parent not in sys.modules:
        return False
    try:
        return find_spec(searched) is None
    except (ImportError, ValueError):
        return False
