"""Small containers, by a call and by `take`, against the builtin types that they are made from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import pooled
from benchmarks._measuring import Result, compare
from pooled import containers

SIZES: Final = (0, 1, 5, 10, 30, 100)
"""Elements, or bytes."""

KINDS: Final[dict[str, tuple[Any, Any, str]]] = {
    "List": (containers.List, list, "extend"),
    "Dict": (containers.Dict, dict, "update"),
    "Set": (containers.Set, set, "update"),
    "Deque": (containers.Deque, deque, "extend"),
    "ByteArray": (containers.ByteArray, bytearray, "extend"),
}
"""The pooled container, the builtin type, and the method that fills them."""

LEAST: Final = 0.97


def elements(name: str, size: int) -> Any:
    """Return this many elements to fill a container with."""
    if name == "ByteArray":
        return bytes(range(size))
    return dict.fromkeys(range(size), 0) if name == "Dict" else list(range(size))


def made(pairs: int) -> Iterator[Result]:
    """Make a container, filled by its constructor or by a method, and drop it."""
    for name, (ours, theirs, fill) in KINDS.items():
        for size in SIZES:
            names = {"ours": ours, "theirs": theirs, "take": pooled.take, "items": elements(name, size)}
            for how, new in {"call": "ours({})", "take": "take(ours, {})"}.items():
                case = f"{name} of {size}, by {how}"
                filled = new.format("items")
                yield compare(f"{case}, constructor", filled, "theirs(items)", names, pairs=pairs, wanted=LEAST)
                empty = new.format("").replace(", )", ")")
                one, other = (f"c = {each}\nc.{fill}(items)\ndel c" for each in (empty, "theirs()"))
                yield compare(f"{case}, {fill}", one, other, names, pairs=pairs, wanted=LEAST)


def item_assignment(pairs: int) -> Iterator[Result]:
    """Make a dict and fill it item by item. Any subclass of dict is slower at that, so there is no bar."""
    ours, theirs, _ = KINDS["Dict"]
    for size in SIZES[1:]:
        names = {"ours": ours, "theirs": theirs, "items": range(size)}
        one, other = (f"c = {new}()\nfor i in items: c[i] = i\ndel c" for new in ("ours", "theirs"))
        yield compare(f"Dict of {size}, c[i] = i", one, other, names, pairs=pairs)
