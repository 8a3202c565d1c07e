"""`python -m pooled advise --measure`: runs a program with and without settings, and recommends what gained."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final, NoReturn

from pooled._cli.measure.budget import FACTOR
from pooled._cli.measure.launcher import Launcher, Run
from pooled._cli.measure.outputs import STDOUT
from pooled._cli.measure.progress import Progress
from pooled._cli.measure.report import Report
from pooled._cli.measure.search import Search
from pooled._cli.measure.trials import CannotMeasureError, Trials
from pooled._cli.output import write
from pooled._cli.program.named import Program
from pooled._cli.table import Screen

_ROUNDS: Final = 3

_INTERRUPTED: Final = 128 + signal.SIGINT


def measure(chosen: argparse.Namespace, program: Program) -> int:
    """Measure the effect of settings on a program, and report it. Return the program's exit status."""
    if not hasattr(os, "wait4"):
        return _refuse("--measure needs os.wait4, which this system does not have")
    if not program.is_module and program.name != "-" and not Path(program.name).exists():
        return _refuse(f"{program.name}: cannot be read: No such file or directory")
    _print_notice(chosen)
    signal.signal(signal.SIGTERM, _on_sigterm)
    with tempfile.TemporaryDirectory(prefix="pooled-", ignore_cleanup_errors=True) as folder, Progress() as progress:
        launcher = Launcher(program, Path(folder), compared=chosen.compare, in_copy=chosen.in_copy, drive=chosen.drive)
        trials = Trials(launcher, progress, chosen.time_limit)
        search = Search(trials, rounds=chosen.rounds or _ROUNDS, without=chosen.without)
        try:
            first = trials.first()
            progress.clear()
            _pass_on(first, launcher)
            search.measure()
        except CannotMeasureError as error:
            progress.clear()
            return _refuse(f"{program.command}: cannot be measured: {error}")
        except KeyboardInterrupt:
            progress.clear()
            print("Nothing was compared: Ctrl-C ended the first run.", file=sys.stderr)
            return _INTERRUPTED
    _report(chosen, program, search, first)
    return _INTERRUPTED if search.findings.is_interrupted else _status(chosen, first)


def _status(chosen: argparse.Namespace, run: Run) -> int:
    """The exit status of a run, as a shell has it; 0 of a server that was stopped."""
    status = run.usage.status
    if chosen.drive is not None and status == -signal.SIGTERM:
        return 0
    return status if status >= 0 else 128 - status


def _report(chosen: argparse.Namespace, program: Program, search: Search, first: Run) -> None:
    report = Report(
        command=program.command,
        findings=search.findings,
        facts=search.facts,
        driven=bool(first.latencies),
        written=None if chosen.write is None else chosen.write.typed,
    )
    if chosen.write is not None:
        write(report.toml().rstrip("\n"), chosen.write)
    if chosen.json:
        write(report.json(_status(chosen, first)), chosen.output)
    else:
        write(report.text(Screen.of(sys.stderr if chosen.output is None else None)), chosen.output)


def _print_notice(chosen: argparse.Namespace) -> None:
    """First print that the program runs several times, unless JSON has to be the only output on standard error."""
    if chosen.json and chosen.output is None and not sys.stderr.isatty():
        return
    limit = f"{FACTOR} times its own time" if chosen.time_limit is None else f"{chosen.time_limit:g} s"
    where = "in copies of this folder" if chosen.in_copy else "its side effects repeat"
    text = f"advise --measure runs the program several times, for up to {limit}: {where}."
    print(Screen.of(sys.stderr).wrap(text), file=sys.stderr, flush=True)


def _pass_on(first: Run, launcher: Launcher) -> None:
    """Print the output of the program's first run."""
    printed = first.outputs[STDOUT]
    if printed is not None:
        with printed.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.flush()
    sys.stderr.buffer.write(launcher.errors())
    sys.stderr.flush()


def _refuse(why: str) -> int:
    print(f"python -m pooled advise: {why}", file=sys.stderr)
    return 2


def _on_sigterm(number: int, _: object) -> NoReturn:
    """End the measuring, and the program with it."""
    raise SystemExit(128 + number)
