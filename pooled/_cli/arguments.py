"""Parses the command line of `python -m pooled`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pooled._config import check_target
from pooled._policy import Limits
from pooled._sizes import DEFAULT_ARRAY_BYTES, check_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from pooled._cli.output import Destination

_STATUS: Final = """\
exit status: that of the program; 2, without starting it, if the command line
or the configuration is invalid. The report comes last, after the threads and
the atexit functions of the program."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command and its options. Invalid ones end the process with status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m pooled", description="Run unchanged programs with object pools.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands)
    advise = _add_advise(commands)
    info = commands.add_parser(
        "info", help="show the engine and the current configuration, with the source of each value", allow_abbrev=False
    )
    info.add_argument("--json", action="store_true", help="as JSON")
    doctor = commands.add_parser(
        "doctor",
        help="check the installation, and say how to make it faster",
        description="Check the installation: engine, compiler, versions, configuration.",
        epilog="exit status: 0 if pools are as fast as possible here, 1 if something would make them faster, "
        "2 if the configuration is wrong.",
        allow_abbrev=False,
    )
    doctor.add_argument("--json", action="store_true", help="as JSON")
    chosen = parser.parse_args(arguments)
    if chosen.command == "advise" and not chosen.measure:
        _refuse_without_measure(advise, chosen)
    return chosen


def _refuse_without_measure(advise: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    """Refuse the options of `advise --measure` without it."""
    for name in ("rounds", "time_limit", "compare", "in_copy", "drive"):
        if getattr(chosen, name):
            advise.error(f"--{name.replace('_', '-')}: works only with --measure")


def _add_run(commands: Any) -> None:
    run = _program_command(commands, "run", "run a program unchanged, with pools, and print their statistics")
    run.add_argument("--config", type=path, metavar="FILE", help="a configuration file, as `advise --write` makes it")
    run.add_argument(
        "--pool",
        action="append",
        default=[],
        type=pool,
        metavar="MODULE:CLASS[,max=N|auto][,max_cap=N][,scope=local|global]",
        help="make this class poolable; * means all classes of the module, __main__ the program itself. Repeatable",
    )
    run.add_argument(
        "--numpy",
        nargs="?",
        const=DEFAULT_ARRAY_BYTES,
        type=array_bytes,
        metavar="=SIZE",
        help="pool the memory of NumPy's arrays, up to this size (default: 256MiB); give a size as --numpy=SIZE",
    )
    run.add_argument("--html", type=file, metavar="FILE", help="also write a page with charts, and estimate lifetimes")
    _add_program(run)


def _add_advise(commands: Any) -> argparse.ArgumentParser:
    advise = _program_command(commands, "advise", "run a program unchanged, and say which of its classes to pool")
    advise.add_argument("--write", type=file, metavar="FILE", help="write a configuration file for `run`")
    advise.add_argument("--top", type=positive, default=20, metavar="N", help="list at most N classes (default: 20)")
    advise.add_argument(
        "--measure",
        action="store_true",
        help="run the program several times, with and without settings, and recommend what makes it faster",
    )
    advise.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("gc", "pools", "arrays"),
        help="do not recommend these settings. Repeatable",
    )
    measure = advise.add_argument_group("with --measure")
    measure.add_argument("--rounds", type=positive, metavar="N", help="the number of rounds (default: 3)")
    measure.add_argument(
        "--time-limit",
        type=seconds,
        metavar="SECONDS",
        help="the limit for all runs together (default: 25 times the program's own time)",
    )
    measure.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="FILE",
        help="also compare this file, which the program writes. Repeatable",
    )
    measure.add_argument("--in-copy", action="store_true", help="run the program in copies of the working directory")
    measure.add_argument(
        "--drive",
        metavar="COMMAND",
        help="for a server: run this shell command when the server listens, and stop the server when the command ends. "
        "Numbers that the command prints, one a line, are compared as latencies",
    )
    _add_program(advise)
    return advise


def _program_command(commands: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog=_STATUS,
        usage=f"python -m pooled {name} [options] (PROGRAM | -m MODULE) [ARGUMENTS]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--output", type=file, metavar="FILE", help="write the report to this file instead of standard error"
    )
    return parser


def _add_program(parser: argparse.ArgumentParser) -> None:
    """Describe the program in the help; `split` reads it."""
    parser.add_argument("-m", action=NoModule, nargs=argparse.REMAINDER, help="run a module, as python -m")
    parser.add_argument(
        "program", nargs="?", help="the file of the program, a folder or archive with a __main__.py, or -"
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the arguments of the program")


class NoModule(argparse.Action):
    """Refuses a `-m` without a module."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        """End the process with status 2."""
        del namespace, values, option_string
        parser.error("-m: expected the name of a module")


def exit_without_program(command: str) -> NoReturn:
    """End the process with status 2: the command line names no program."""
    argparse.ArgumentParser(
        prog=f"python -m pooled {command}",
        usage=f"python -m pooled {command} [options] (PROGRAM | -m MODULE) [ARGUMENTS]",
    ).error("expected a program: the name of its file, or -m and a module")


def pool(text: str) -> tuple[str, Limits]:
    """Parse the value of `--pool`: a class and its limits."""
    target, *settings = text.split(",")
    try:
        check_target("--pool", target, or_all=True)
        limits: dict[str, Any] = {}
        for setting in settings:
            name, equals, value = setting.partition("=")
            if not equals or name not in ("max", "max_cap", "scope"):
                raise ValueError(f"{setting!r}: expected max=N, max=auto, max_cap=N or scope=local|global")  # noqa: TRY301
            limits[name] = int(value) if value.isdecimal() else value
        return target, Limits(**limits)
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def array_bytes(text: str) -> int:
    """Parse the value of `--numpy`: a number of bytes."""
    try:
        return check_bytes("--numpy", int(text) if text.isdecimal() else text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def path(text: str) -> Path:
    """Parse the name of a file."""
    from pathlib import Path  # here and below, since a run without options needs none of it

    return Path(text)


def file(text: str) -> Destination:
    """Parse the name of a file, and check that it can be written."""
    from pooled._cli.output import Destination

    try:
        return Destination.of(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def seconds(text: str) -> float:
    """Parse a number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of seconds above 0")
    return value


def positive(text: str) -> int:
    """Parse a number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected 1 or more")
    return int(text)
