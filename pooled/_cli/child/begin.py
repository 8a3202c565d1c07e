"""Begins the part of a report in a Python process that a program has started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import ModuleType
from typing import Any

import pooled
from pooled._cli.program.ends import Ends
from pooled._cli.program.part_writer import Counts, PartWriter
from pooled._cli.program.parts import Parts
from pooled._config import ALL_CLASSES, Instrumented
from pooled._instrument.import_hooks import Callbacks, Finder
from pooled._policy import Limits

_SPAWN = "multiprocessing.spawn"
_MAIN = "__mp_main__"
"""The name that multiprocessing gives the main module of the program in a spawned process."""


def begin(
    folder: str,
    name: str | None,
    settings: Mapping[str, Any],
    at_exit: Callable[[Any], object],
    at_sigterm: Callable[[Any], object],
) -> None:
    """Do what the command does, and write the part of this process.

    Args:
        folder: the folder of the parts.
        name: the name of the part; None for a new one.
        settings: the settings of the command.
        at_exit: has a function called when the process exits.
        at_sigterm: has a function called when SIGTERM would end the process.
    """
    counts = (_begin_advise if settings["command"] == "advise" else _begin_run)(settings)
    writer = PartWriter(Parts(folder), counts)
    Ends(lambda _: writer.end(), at_exit, at_sigterm)
    writer.begin_with(name)


def _begin_run(settings: Mapping[str, Any]) -> Counts:
    from pooled._cli.program.pool_counts import PoolCounts
    from pooled._cli.program.pooling import start_pooling

    config = settings["config"]
    if config is not None:
        from pathlib import Path

        config = Path(config)
    pools = [(target, Limits(**limits)) for target, limits in settings["pools"]]
    _, own = start_pooling(config, pools, settings["numpy"])
    if own:
        _call_with_main(partial(_pool_main, own))
    return PoolCounts()


def _pool_main(entries: Mapping[str, Instrumented], module: ModuleType) -> None:
    """Make the named classes of the main module poolable, where it has them."""
    from pooled._config import current

    for name, entry in entries.items():
        target = f"__main__:{name}"
        # A process of the fork server does this again that the server has done.
        if target not in current.matched and (name == ALL_CLASSES or name.partition(".")[0] in vars(module)):
            current.matched.add(target)
            with suppress(ImportError):  # it cannot be poolable: the first process says so
                pooled.instrument.replace(module, name, entry)


def _begin_advise(_: Mapping[str, Any]) -> Counts:
    from pooled._cli.profile.profile_parts import ProfileCounts
    from pooled._cli.profile.profiler import Profiler
    from pooled._cli.profile.program_modules import classes_of

    profiler = Profiler()
    profiler.begin()

    def profile(module: ModuleType) -> None:
        for cls in classes_of(module):
            profiler.profile_class(cls)

    _call_with_main(profile)
    return ProfileCounts(profiler)


def _call_with_main(function: Callable[[ModuleType], object]) -> None:
    """Call a function with the main module, when multiprocessing has run its code in this process."""

    def after_import(spawn: Any) -> None:
        for name in ("_fixup_main_from_name", "_fixup_main_from_path"):
            setattr(spawn, name, partial(_fix_up, getattr(spawn, name), function))

    if _SPAWN in sys.modules:
        after_import(sys.modules[_SPAWN])
    else:
        callbacks = Callbacks(lambda _: None, after_import)
        sys.meta_path.insert(0, Finder(lambda spec: callbacks if spec.name == _SPAWN else None))


def _fix_up(original: Callable[..., object], function: Callable[[ModuleType], object], argument: object) -> None:
    original(argument)
    module = sys.modules.get(_MAIN)
    if module is not None:
        function(module)
