"""`python -m pooled`: runs unchanged programs with pools, advises what to pool, and checks the installation."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from pooled._cli.program.named import split

__all__ = ["main"]


def main() -> int:
    """Run the command, and return the exit status. Reports are printed after the program and its threads have ended."""
    if not sys.argv[1:]:
        from pooled._cli.start import print_next_steps

        return print_next_steps()
    options, program = split(sys.argv[1:])
    chosen = _parsed(options)
    # Import only the command in use: the modules of the others should not be loaded in the process of the program.
    if chosen.command == "info":
        from pooled._cli.info import print_info

        return print_info(as_json=chosen.json)
    if chosen.command == "doctor":
        from pooled._cli.doctor import print_doctor

        return print_doctor(as_json=chosen.json)
    if program is None:
        from pooled._cli.arguments import exit_without_program

        exit_without_program(chosen.command)
    if chosen.command == "run":
        from pooled._cli.run import run

        return run(chosen, program)
    if chosen.measure:
        from pooled._cli.measure.command import measure

        return measure(chosen, program)
    from pooled._cli.advise import advise

    return advise(chosen, program)


def _parsed(options: Sequence[str]) -> Any:
    """The command and its options."""
    chosen = _plain_run(options)
    if chosen is None:
        from pooled._cli.arguments import parse

        return parse(options)
    return chosen


def _plain_run(options: Sequence[str]) -> Any:
    """The options of a `run` without rare ones or errors; else None.

    With other modules that it needs, argparse takes as long to import as half of this package.
    """
    if options[:1] != ["run"]:
        return None
    chosen = SimpleNamespace(command="run", config=None, html=None, json=False, numpy=None, output=None, pool=[])
    words = iter(options[1:])
    for word in words:
        if word == "--json":
            chosen.json = True
            continue
        value = next(words, "-")
        if word not in ("--config", "--output") or value.startswith("-"):
            return None
        setattr(chosen, word[2:], value)
    return _with_files(chosen)


def _with_files(chosen: SimpleNamespace) -> SimpleNamespace | None:
    """The options with paths in the place of names; None if a file cannot be written."""
    if chosen.config is not None:
        from pathlib import Path

        chosen.config = Path(chosen.config)
    if chosen.output is not None:
        from pooled._cli.output import Destination

        try:
            chosen.output = Destination.of(chosen.output)
        except OSError:
            return None
    return chosen
