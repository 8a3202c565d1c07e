"""The settings to test: those that `advise` found, in groups, as TOML for `run`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from pooled._config.file import read_file
from pooled._config.model import ConfigurationError

GROUPS: Final = ("gc", "pools", "arrays")
"""The groups of settings, in the order of preference if they gain the same."""

NAMES: Final = {"gc": "the collector's settings", "pools": "pools of objects", "arrays": "the pool of arrays"}

_COLLECTOR: Final[tuple[tuple[str, Any], ...]] = (("threshold", [50_000, 20, 100]), ("freeze", "steady"))

_MIN_GC_SHARE: Final = 0.005
"""If the collector takes a smaller share of the time, its settings cannot gain anything."""

_MIN_SERVED: Final = 0.5
"""The least share of the bytes of arrays that a pool has to serve to be tested."""


@attrs.frozen(eq=False)
class Piece:
    """One setting, or the settings of one class: the smallest part of a candidate.

    Attributes:
        group: one of `GROUPS`.
        section: the keys of its table in the file.
        table: the table.
        comment: facts about it; empty if there are none.
    """

    group: str
    section: tuple[str, ...]
    table: Mapping[str, Any]
    comment: str = ""

    @property
    def name(self) -> str:
        """Its name in the report."""
        return self.section[1] if len(self.section) > 1 else f"{self.group} {', '.join(self.table)}"


@attrs.frozen(eq=False)
class Candidate:
    """Settings that are tested together."""

    name: str
    pieces: tuple[Piece, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of its pieces."""
        return tuple(group for group in GROUPS if any(piece.group == group for piece in self.pieces))

    @property
    def halves(self) -> tuple[Candidate, Candidate]:
        """Its pieces in two parts."""
        middle = (len(self.pieces) + 1) // 2
        return Candidate(self.name, self.pieces[:middle]), Candidate(self.name, self.pieces[middle:])

    def toml(self, comments: Sequence[str] = ()) -> str:
        """The file for `run --config`, with comments at its beginning."""
        tables: dict[tuple[str, ...], dict[str, Any]] = {}
        notes: dict[tuple[str, ...], str] = {}
        for piece in self.pieces:
            tables.setdefault(piece.section, {}).update(piece.table)
            notes.setdefault(piece.section, piece.comment)
        lines = [f"# {comment}" for comment in comments]
        for section, table in tables.items():
            lines += [""] if lines else []
            lines += [f"# {notes[section]}"] if notes[section] else []
            lines.append(f"[{'.'.join(map(_key, section))}]")
            lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in table.items()]
        return "\n".join(lines) + "\n"


def join(candidates: Iterable[Candidate]) -> Candidate:
    """One candidate with all pieces of these."""
    candidates = list(candidates)
    name = "all" if len(candidates) > 1 else candidates[0].name
    return Candidate(name, tuple(piece for each in candidates for piece in each.pieces))


def found(
    facts: Mapping[str, Any], written: str, without: Sequence[str], folder: Path
) -> tuple[list[Candidate], list[str]]:
    """The candidates, one for each group, and why a group is missing.

    Args:
        facts: the output of `advise --json`; empty if there is none.
        written: the file of `advise --write`.
        without: the groups to leave out.
        folder: where files can be written.
    """
    document = tomllib.loads(written)
    pieces = [*_collector(facts, document), *_pools(facts, document), *_arrays(facts, document)]
    candidates, notes = [], []
    for group in GROUPS:
        chosen = tuple(piece for piece in pieces if piece.group == group)
        if not chosen or group in without:
            continue
        candidate = Candidate(group, chosen)
        try:
            _check(candidate, folder)
        except ConfigurationError as error:
            notes.append(f"{group}: not tested: {error}")
        else:
            candidates.append(candidate)
    return candidates, notes


def _check(candidate: Candidate, folder: Path) -> None:
    """Read the settings as `run` does."""
    file = folder / "checked.toml"
    file.write_text(candidate.toml(), encoding="utf-8")
    read_file(file, "run --config")


def _collector(facts: Mapping[str, Any], document: Mapping[str, Any]) -> list[Piece]:
    seconds, spent = facts.get("seconds", 0), facts.get("gc", {}).get("seconds", 0)
    if seconds and spent / seconds < _MIN_GC_SHARE:
        return []
    settings = {**dict(_COLLECTOR), **document.get("gc", {})}
    return [Piece("gc", ("gc",), {name: value}) for name, value in settings.items()]


def _pools(facts: Mapping[str, Any], document: Mapping[str, Any]) -> list[Piece]:
    known = {each["target"]: each for each in facts.get("classes", ())}
    pieces = []
    for target, table in document.get("instrument", {}).items():
        seen = known.get(target)
        comment = f"{seen['made']:,} made, at most {seen['peak']:,} at once" if seen else ""
        pieces.append(Piece("pools", ("instrument", target), table, comment))
    return pieces


def _arrays(facts: Mapping[str, Any], document: Mapping[str, Any]) -> list[Piece]:
    if "numpy" in document:
        return [Piece("arrays", ("numpy",), document["numpy"])]
    seen = facts.get("arrays")
    if not seen or seen["served_bytes"] < _MIN_SERVED * seen["bytes"]:
        return []
    return [Piece("arrays", ("numpy",), {"max_bytes": seen["max_bytes"]})]


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name, ensure_ascii=False)
