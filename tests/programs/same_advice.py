"""Compare the advice of several runs of `advise` over one program: `python -m tests.programs --same-advice`."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .runner import Runner

Sections = Mapping[str, Mapping[str, Any]]
"""The sections of a configuration, by the class that a section is about, or by the name of the section."""

FACTOR = 2
"""The largest number of a setting in the configurations may be this many times the smallest."""


def sections_of(configuration: Path) -> Sections:
    """The sections of a configuration that `advise` wrote."""
    document = tomllib.loads(configuration.read_text(encoding="utf-8"))
    return {**document.pop("instrument", {}), **document}


def advised(runner: Runner, runs: int) -> list[Sections]:
    """Return the sections that `advise` writes in each of this many runs."""
    found = []
    for _ in range(runs):
        runner.run("advise")
        found.append(sections_of(runner.configuration))
    return found


def varying(configurations: Sequence[Sections]) -> Iterator[str]:
    """Yield how the configurations differ: a name is missing, or a number differs by more than `FACTOR`."""
    names = dict.fromkeys(name for each in configurations for name in each)
    for name in names:
        several = [each[name] for each in configurations if name in each]
        if len(several) < len(configurations):
            yield f"{name} is in {len(several)} of {len(configurations)} configurations"
        for setting in dict.fromkeys(setting for each in several for setting in each):
            values = [each.get(setting) for each in several]
            if not _are_alike(values):
                yield f"{name}: {setting} is {', '.join(map(str, values))}"


def _are_alike(values: Sequence[Any]) -> bool:
    if all(type(value) is int for value in values):
        return max(values) <= FACTOR * min(values)
    return all(value == values[0] for value in values)
