"""`python -m pooled`: runs unchanged programs with pools, advises what to pool, and prints the configuration."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

from pooled._cli.program.named import split

__all__ = ["main"]


def main() -> int:
    """Run the command, and return the exit status. Reports are printed after the program and its threads have ended."""
    options, program = split(sys.argv[1:])
    chosen = _parsed(options)
    # Import only the command in use: the modules of the others should not be loaded beside somebody's program.
    if chosen.command == "info":
        from pooled._cli.info import print_info

        return print_info(as_json=chosen.json)
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


def _parsed(options: Any) -> Any:
    """The command and its options."""
    if options == ["run"]:  # argparse takes longer to import than a short program runs
        return SimpleNamespace(command="run", config=None, html=None, json=False, numpy=None, output=None, pool=[])
    from pooled._cli.arguments import parse

    return parse(options)
