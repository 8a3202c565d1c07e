"""Names of pools, as they are shown: a program may give its classes and pools any."""

from __future__ import annotations


def shown(name: str) -> str:
    """The name, with what cannot be seen or written as in a string literal.

    Half a surrogate pair cannot be encoded, a line break tears a table apart, and what turns the direction of writing
    turns that of its neighbours, too.
    """
    if name.isprintable():
        return name
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)
