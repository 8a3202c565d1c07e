"""Names of pools, as others are told them: a program may give its classes and pools any."""

from __future__ import annotations

import itertools
from collections.abc import Container


def shown(name: str) -> str:
    """The name, with what cannot be seen or written as in a string literal.

    Half a surrogate pair cannot be encoded, a line break tears a table apart, and what turns the direction of writing
    turns that of its neighbours, too.
    """
    if name.isprintable():
        return name
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)


def encodable(name: str) -> str:
    """The name, with what UTF-8 cannot write as in a string literal: one such would spoil all that is sent with it."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def distinct(name: str, used: Container[str]) -> str:
    """The name, with the first number from 2 on after it, if it needs one not to be used yet, as UTF-8 writes it."""
    numbered = (f"{name}#{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([name], numbered) if encodable(each) not in used)
