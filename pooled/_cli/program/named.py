"""The program that a command line names, and the options of the command before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pooled._record import Record

_WITH_VALUE: Final = frozenset(
    {
        *("--compare", "--config", "--drive", "--html", "--output", "--pool", "--rounds", "--time-limit", "--top"),
        *("--without", "--write"),
    }
)
"""The options whose value is the next argument."""


class Program(Record):
    """A program: the name of a file or module, and its arguments."""

    name: str
    is_module: bool
    arguments: tuple[str, ...]

    @property
    def command(self) -> str:
        """The program as typed after `python`."""
        return " ".join((*(("-m",) if self.is_module else ()), self.name, *self.arguments))


def split(arguments: Sequence[str]) -> tuple[Sequence[str], Program | None]:
    """Split a command line into the command with its options, and the program; None if it names none.

    `argparse` would not do: it removes a `--` from the arguments of the program.
    """
    at = 1
    while at < len(arguments):
        each = arguments[at]
        if each in ("-m", "--") and at + 1 < len(arguments):
            return arguments[:at], _program(arguments[at + 1 :], is_module=each == "-m")
        if each == "-" or not each.startswith("-"):
            return arguments[:at], _program(arguments[at:], is_module=False)
        at += 2 if each in _WITH_VALUE else 1
    return arguments, None


def _program(words: Sequence[str], *, is_module: bool) -> Program:
    return Program(name=words[0], is_module=is_module, arguments=tuple(words[1:]))
