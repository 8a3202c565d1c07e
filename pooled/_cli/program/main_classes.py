"""Makes the named classes of the program's own module poolable."""

from __future__ import annotations

from typing import Any

import attrs

from pooled import instrument
from pooled._config import Instrumented
from pooled._instrument.builtin_shims import BUILTINS, shim


class MainClasses:
    """Makes the named classes of `__main__` poolable, as the program defines them."""

    def __init__(self, entries: dict[str, Instrumented]) -> None:
        self._entries = entries
        self._unseen = [name for name in entries if name not in BUILTINS]
        self._seen: list[str] = []

    def builtin_shims(self) -> dict[str, Any]:
        """The shims of the named builtin containers, by name."""
        return {
            name: shim(name, "__main__", attrs.asdict(entry.limits))
            for name, entry in self._entries.items()
            if name in BUILTINS
        }

    def on_class(self, name: str, cls: type) -> type:
        """Return the poolable class, if it was named, or the class itself."""
        self._seen.append(name)
        entry = self._entries.get(name)
        if entry is None:
            return cls
        if name in self._unseen:
            self._unseen.remove(name)
        return instrument.pooled_class(entry.where, cls, instrument.arguments_of(entry))

    def unmet(self) -> list[str]:
        """A sentence for each named class that was never defined."""
        return [
            f"the program made no class __main__:{name}{instrument.close_to(name, self._seen)}" for name in self._unseen
        ]
