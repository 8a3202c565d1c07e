"""The recorder in Python, where the extension `pooled._gc.recorder` was not built. See its C files."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, islice
from typing import Any, Final

from pooled._gc.histogram import bucket_of

_FREE_THREADED: Final = "free-threading build" in sys.version

_CLOCK: Final = time.perf_counter_ns


class Recorder:
    """Records pauses; an entry of `gc.callbacks`."""

    def __init__(
        self,
        get_objects: Callable[[int], list[Any]],
        module_of: Callable[[type], object],
        types: dict[str, int],
        census: tuple[int, int, int, int],
        /,
    ) -> None:
        self._get_objects, self._module_of, self._types = get_objects, module_of, types
        self._every, self._share, self._seen, self._names = census
        self._started = self._due = 0
        self._countdown = 1
        self.clear()

    def clear(self) -> None:
        """Forget what was recorded."""
        self._counts: list[dict[int, int]] = [{}, {}, {}]
        self._totals, self._longest = [0, 0, 0], [0, 0, 0]
        self._types.clear()

    def read(self, generation: int, /) -> tuple[dict[int, int], int, int]:
        """The numbers of pauses by bucket, the sum of the pauses, and the longest, in nanoseconds."""
        return self._counts[generation].copy(), self._totals[generation], self._longest[generation]

    def __call__(self, phase: str, info: dict[str, int], /) -> None:
        """Record the start or the end of a collection."""
        if phase == "start":
            if not _FREE_THREADED:  # without a GIL, there are no young objects
                self._take_census_if_due()
            self._started = _CLOCK()
        elif self._started:
            spent = _CLOCK() - self._started
            generation = 2 if _FREE_THREADED else info["generation"]
            counts, bucket = self._counts[generation], bucket_of(spent)
            counts[bucket] = counts.get(bucket, 0) + 1
            self._totals[generation] += spent
            self._longest[generation] = max(self._longest[generation], spent)

    def _take_census_if_due(self) -> None:
        self._countdown -= 1
        if self._countdown:
            return
        self._countdown = self._every
        began = _CLOCK()
        if began >= self._due:
            with suppress(Exception):  # an audit hook may raise
                self._take_census()
            ended = _CLOCK()
            self._due = ended + (ended - began) * self._share

    def _take_census(self) -> None:
        # One call, which runs in C: no other thread can drop an object while the list of all of them holds it. It reads
        # to the end, which frees the list; the list has the iterators that read it.
        found = list(map(type, chain.from_iterable(map(self._get_objects, (0,)))))
        step = len(found) // self._seen + 1
        found = list(islice(found, 0, None, step))
        counts: dict[int, int] = {}
        for each in map(id, found):  # a metaclass may define __hash__
            counts[each] = counts.get(each, 0) + 1
        classes = dict(zip(map(id, found), found, strict=True))
        for each, count in counts.items():
            name = self._name(classes[each])
            if name not in self._types and len(self._types) >= self._names:
                name = "others"
            self._types[name] = self._types.get(name, 0) + count * step

    def _name(self, cls: type) -> str:
        """The name of a class, without the code that a metaclass may run."""
        name: str = _QUALNAME(cls)
        module = self._module_of(cls)
        return name if module == "builtins" or type(module) is not str else f"{module}:{name}"


_QUALNAME: Final[Any] = type.__dict__["__qualname__"].__get__
