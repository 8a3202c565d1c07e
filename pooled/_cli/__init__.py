"""`python -m pooled`: runs unchanged programs with pools, advises what to pool, and prints the configuration."""

from __future__ import annotations

from pooled._cli.arguments import parse

__all__ = ["main"]


def main() -> int:
    """Run the command, and return the exit status. Reports are printed after the program and its threads have ended."""
    chosen = parse()
    # Import only the command in use: the modules of the others should not be loaded beside somebody's program.
    if chosen.command == "info":
        from pooled._cli.info import print_info

        return print_info(as_json=chosen.json)
    if chosen.command == "run":
        from pooled._cli.run import run

        return run(chosen)
    from pooled._cli.advise import advise

    return advise(chosen)
