"""The configuration of the processes of a cluster: checked where it is passed on, and applied in each of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, TypeAlias

from pooled import instrument
from pooled._config import ALL_CLASSES, current, put_read_in_force
from pooled._config.file import load_file, read_document

Config: TypeAlias = Mapping[str, Any] | str | os.PathLike[str] | None
"""The content of a configuration file as a mapping, or the path of the file; None for no configuration."""


class WorkerConfig:
    """A configuration for other processes. It can be pickled.

    Args:
        config: the sections of a configuration file as a mapping, or the path of the file, which is read now.

    Raises:
        TypeError: `config` is neither.
        ConfigurationError: the file cannot be read, or an entry is invalid.
    """

    def __init__(self, config: Config) -> None:
        self._document: dict[str, Any] | None = None
        self._where = "config"
        if isinstance(config, str | os.PathLike):
            self._where = f"config={os.fspath(config)!r}"
            self._document = load_file(Path(config), self._where)
        elif isinstance(config, Mapping):
            self._document = deepcopy(dict(config))
        elif config is not None:
            raise TypeError(
                f"config={config!r}: expected a mapping of the sections of a configuration file, or the path of the "
                f"file, got {type(config).__name__}"
            )
        if self._document is not None:
            read_document(self._document, self._where)  # the user sees an error here at once

    def put_in_force(self) -> None:
        """Apply the configuration in this process; do nothing if it is applied already.

        A class that was made poolable keeps the limits of its pool.

        Raises:
            ConfigurationError: it sets the debug mode.
            ImportError: a module that is imported already lacks a class, or objects of the class cannot be recycled.
        """
        if self._document is None:
            return
        with _lock:
            if _in_force == [self._document]:
                return
            read_now = read_document(self._document, self._where)
            put_read_in_force(read_now, self._where, os.environ)
            _serve_arrays()
            _in_force.clear()
            # An entry for a single class comes before the one for all classes of its module.
            for target in sorted(read_now.instrument, key=lambda target: target.endswith(f":{ALL_CLASSES}")):
                if target not in registered and target not in current.instrument:
                    instrument.register({target: read_now.instrument[target]})
                    registered.add(target)
            _in_force.append(self._document)


_lock: Final = threading.Lock()

_in_force: Final[list[dict[str, Any]]] = []
"""The configuration that was applied."""

registered: Final[set[str]] = set()
"""The classes that configurations of this process named, by target."""


def instrumented() -> list[str]:
    """The targets of all classes that were to be made poolable in this process."""
    return [*current.instrument, *registered]


def _serve_arrays() -> None:
    if current.numpy is not None:
        from pooled._instrument.array_hook import serve_when_imported  # here: few configurations have this section

        serve_when_imported(current.numpy, warn=True)
