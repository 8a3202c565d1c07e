"""Applies the settings of `run` in a process: its configuration, its classes, and the memory of arrays."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pooled
from pooled import _config
from pooled._config import Instrumented
from pooled._policy import Limits

if TYPE_CHECKING:
    from pathlib import Path

_MAIN = "__main__:"


def start_pooling(
    config: Path | None, pools: Iterable[tuple[str, Limits]], numpy: int | None
) -> tuple[dict[str, Instrumented], dict[str, Instrumented]]:
    """Make classes poolable when they are imported.

    Args:
        config: the configuration file, if there is one.
        pools: the classes of the command line, with their limits.
        numpy: the bytes that are parked for the arrays of NumPy; None uses the configuration file.

    Returns:
        The classes by their targets, and by their names those of the program's own module, which are still to be made
        poolable.

    Raises:
        ConfigurationError: the configuration file cannot be read or has an invalid entry.
        ImportError: a module that has been imported has no such class.
    """
    entries: dict[str, Instrumented] = {}
    if config is not None:
        entries.update(_config.put_in_force(config, os.environ).instrument)
    for target, limits in pools:
        entries[target] = Instrumented(where=f"--pool {target}", limits=limits)
    others = {target: entry for target, entry in entries.items() if not target.startswith(_MAIN)}
    if others:
        pooled.instrument.register(others)
    wanted = _config.current.numpy if numpy is None else numpy
    if wanted is not None:
        from pooled._instrument.array_hook import serve_when_imported  # here, since few runs need it

        serve_when_imported(wanted, warn=False)
    return others, {target.removeprefix(_MAIN): entry for target, entry in entries.items() if target not in others}
