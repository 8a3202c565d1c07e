"""The profile of one process, as the part that it writes for the report, and the sum of all parts."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping
from typing import Any, Final

from pooled._cli.gc_report import Pauses
from pooled._cli.profile.advice import FEW, refusal_of, slow_construction_of
from pooled._cli.profile.class_profile import SUMS, ClassProfile
from pooled._cli.profile.profiler import Profiler
from pooled._instrument.builtin_types import BUILTINS

_MAIN: Final = "__mp_main__:"
"""The name that multiprocessing gives the main module in a spawned process."""


class ProfileCounts:
    """The profile of this process."""

    def __init__(self, profiler: Profiler) -> None:
        self._profiler = profiler

    def prepare(self) -> None:
        """Import the modules that the other methods need: none."""

    def begin(self) -> None:
        """Begin again: the profile so far belongs to the parent of a forked child."""
        self._profiler.restart()

    def part(self, *, at_end: bool) -> dict[str, Any]:
        """The profile as builtin objects."""
        profiler = self._profiler
        return {
            "processor_seconds": time.process_time() - profiler.processor_seconds,
            "collections": list(profiler.clock.collections),
            "gc_seconds": profiler.clock.seconds,
            "pauses": Pauses.of(profiler.recording).part(),
            "gc_processor_seconds": profiler.clock.processor_seconds,
            "profiles": [_as_dict(profile, at_end=at_end) for profile in profiler.profiles],
            "uncounted": {reason: list(targets) for reason, targets in profiler.uncounted.items()},
        }


def _as_dict(profile: ClassProfile, *, at_end: bool) -> dict[str, Any]:
    cls = profile.cls
    builtin = next((name for name, each in BUILTINS.items() if each is cls), None)
    is_judged = at_end and builtin is None and profile.made >= FEW
    refusal = refusal_of(cls) if is_judged else None
    return {
        "target": profile.target.replace(_MAIN, "__main__:"),
        "builtin": builtin,
        "refusal": refusal,
        "slow_construction": slow_construction_of(cls) if is_judged and refusal is None else None,
        "made": profile.made,
        "peak": profile.peak,
        "places": [(file, line, count) for (file, line), count in profile.places.items()],
        "capacities": list(profile.capacities),
        **{name: getattr(profile, name) for name in SUMS},
    }


class AllProfiles:
    """The profiles of all processes of a program.

    Attributes:
        processes: the number of processes, with the first.
        cut_off: the number of these that were killed or still run.
        pauses: the pauses of the collector.
    """

    def __init__(self, profiler: Profiler) -> None:
        self.processes, self.cut_off = 1, 0
        self.pauses = Pauses.of(profiler.recording)
        self._profiler = profiler
        self._profiles = {profile.target: profile for profile in profiler.profiles}

    @property
    def profiles(self) -> list[ClassProfile]:
        """The profiles of all classes."""
        return list(self._profiles.values())

    def add(self, parts: Collection[Mapping[str, Any]], idle: int) -> None:
        """Add the parts of other processes, to the figures of the profiler too, and the number of those without."""
        self.processes += len(parts) + idle
        clock = self._profiler.clock
        for part in parts:
            self.cut_off += not part["ended"]
            counts = part["counts"]
            self.pauses.add(counts["pauses"])
            self._profiler.processor_seconds += counts["processor_seconds"]
            clock.seconds += counts["gc_seconds"]
            clock.processor_seconds += counts["gc_processor_seconds"]
            clock.collections = [a + b for a, b in zip(clock.collections, counts["collections"], strict=True)]
            for reason, targets in counts["uncounted"].items():
                self._profiler.uncounted[reason].update(dict.fromkeys(targets))
            for each in counts["profiles"]:
                self._profile(each).add(each)

    def _profile(self, each: Mapping[str, Any]) -> ClassProfile:
        """The profile to add a part to."""
        target, builtin = each["target"], each["builtin"]
        if target not in self._profiles:
            cls = _class_of(target) if builtin is None else BUILTINS[builtin]
            self._profiles[target] = ClassProfile(target, cls, self._profiler.clock)
        return self._profiles[target]


def _class_of(target: str) -> type | None:
    """The class of this name, if this process has it."""
    module, _, name = target.partition(":")
    found: Any = sys.modules.get(module)
    for each in name.split("."):
        found = getattr(found, "__dict__", {}).get(each)
    return found if issubclass(type(found), type) else None
