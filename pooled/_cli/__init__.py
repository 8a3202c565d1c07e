"""`python -m pooled`: programs run with pools, their code untouched; advice on what to pool; and what is in force."""

from __future__ import annotations

from collections.abc import Sequence

from pooled._cli.arguments import parse

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status. Reports come when the program and its threads are over."""
    chosen = parse(arguments)
    # Each command is imported alone: what it does not need should not be there when it runs somebody's program.
    if chosen.command == "info":
        from pooled._cli.info import inform

        return inform(as_json=chosen.json)
    if chosen.command == "run":
        from pooled._cli.run import run

        return run(chosen)
    from pooled._cli.advise import advise

    return advise(chosen)
