"""Names of pools in reports: printable, encodable and unique, since a program may choose any names."""

from __future__ import annotations

import itertools
from collections.abc import Container


def shown(name: str) -> str:
    """The name with escape sequences for characters that are not printable.

    A lone surrogate cannot be encoded, a line break would break a table, and a control character for the direction of
    text would also affect the text around it.
    """
    if name.isprintable():
        return name
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)


def encodable(name: str) -> str:
    """The name with escape sequences for characters that UTF-8 cannot encode."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def distinct(name: str, used: Container[str]) -> str:
    """The name, or if its encodable form is in `used`, the name with the first free number from 2 on."""
    numbered = (f"{name}#{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([name], numbered) if encodable(each) not in used)
