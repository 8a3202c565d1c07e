"""Makes the named classes of the program's own module poolable."""

from __future__ import annotations

from functools import partial
from typing import Any

from pooled import instrument
from pooled._config import ALL_CLASSES, Instrumented, current
from pooled._instrument.builtin_types import BUILTINS
from pooled._instrument.whole_module import poolable_or_left_out
from pooled._plan.hooks import close_to
from pooled._pool.decorate import pool_class


class MainClasses:
    """Makes the named classes of `__main__` poolable, as the program defines them."""

    def __init__(self, entries: dict[str, Instrumented]) -> None:
        self._entries = entries
        for_all = entries.get(ALL_CLASSES)
        self._for_all = None if for_all is None else partial(pool_class, limits=for_all.limits)
        self._unseen = [name for name in entries if name not in BUILTINS and name != ALL_CLASSES]
        self._seen: list[str] = []

    def builtin_shims(self) -> dict[str, Any]:
        """The shims of the named builtin containers, by name."""
        limits = {name: entry.limits.asdict() for name, entry in self._entries.items() if name in BUILTINS}
        if not limits:
            return {}
        from pooled._instrument.builtin_shims import shim  # here, since it loads wrapt

        return {name: shim(name, "__main__", each) for name, each in limits.items()}

    def on_class(self, name: str, cls: type) -> type:
        """Return the poolable class, if it was named or all were, or the class itself."""
        self._seen.append(name)
        entry = self._entries.get(name)
        if entry is None:
            return cls if self._for_all is None else poolable_or_left_out(cls, self._for_all)
        if name in self._unseen:
            self._unseen.remove(name)
        return instrument.pooled_class(entry.where, cls, instrument.arguments_of(entry))

    def unmet(self) -> list[str]:
        """A sentence for each named class that was never defined."""
        return [
            f"the program defined no class __main__:{name}{close_to(name, self._seen)}"
            for name in self._unseen
            if f"__main__:{name}" not in current.matched
        ]
