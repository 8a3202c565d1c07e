"""Run programs over real packages as they are, with settings of the collector, and with what `advise` chose.

`python -m tests.programs` prints a table: how many times as fast as the plain program each variant is, by the processor
time of the process; for a service also by the mean, the median and the 99th percentile of a request. The variants run
in alternation, and the least time of several runs counts, that of each request, too. If a program takes less than 3 s,
the start of `run` is left out. It fails if a variant prints something else than the plain program does, or ends with
another exit status.

With `--cycles` it compares the cycles that cachegrind, a tool of valgrind, estimates for a processor of its own. They
do not depend on other work on the machine, so each variant runs once; a program of a second takes minutes.

With `--measure`, `advise` measures what it recommends. With `--without`, it leaves out some kinds of settings.

With `--same-advice` it runs `advise` three times over each program instead. Then it fails if the configurations name
other classes, or if one says twice as much as another. With `--lives` it makes objects of the advised classes, writes
to their fields, drops them, and fails if the objects made after them differ from those of a plain program.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import geometric_mean

from .catalogue import PROGRAMS, Program
from .lives import check_lives
from .runner import Run, Runner
from .same_advice import advised, varying

VARIANTS = ("freeze", "threshold", "advised")
QUANTITIES = {
    "seconds": "processor time",
    "mean": "mean of a request",
    "p50": "p50 of a request",
    "p99": "p99 of a request",
}
LONG = 3.0
"""A program that takes fewer seconds is compared without the start of `run`."""

ROW = "{:20} {:18} {:>9} {:>9} {:>9} {:>9} {:>9}  {}"


def parse() -> argparse.Namespace:
    names = [program.name for program in PROGRAMS]
    parser = argparse.ArgumentParser(
        prog="python -m tests.programs", description="Compare programs with their variants."
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=names, help="these programs")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each variant (%(default)s)")
    parser.add_argument("--size", type=float, default=1.0, help="how much each program does (%(default)s)")
    parser.add_argument("--cycles", action="store_true", help="compare estimated cycles instead of times")
    parser.add_argument("--measure", action="store_true", help="let advise measure what it recommends")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("gc", "pools", "arrays"),
        help="settings that advise leaves out",
    )
    parser.add_argument("--short", action="store_true", help="compare the outputs only, in a few seconds")
    parser.add_argument(
        "--same-advice", nargs="?", type=int, const=3, metavar="RUNS", help="compare so many runs of advise (%(const)s)"
    )
    parser.add_argument("--lives", action="store_true", help="look for traces of earlier lives in the advised classes")
    parser.add_argument("--seed", type=int, default=22, help="of what --lives writes to fields (%(default)s)")
    parser.add_argument("--folder", type=Path, help="keep the configurations and reports of advise here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measured values, too")
    return parser.parse_args()


def compare_advice(program: Program, runner: Runner, runs: int) -> list[str]:
    """What varies from one run of `advise` to another."""
    configurations = advised(runner, runs)
    found = list(varying(configurations))
    sections = ", ".join(f"{name} {dict(settings)}" for name, settings in configurations[0].items())
    print(f"{program.name}: {'; '.join(found) or 'the same'}: {sections or 'nothing to change'}", flush=True)
    return found


def check(runner: Runner) -> Iterator[str]:
    """What is wrong with the outcomes of a program under `advise` and with its advice."""
    plain = runner.run("plain").outcome
    for variant in ("advise", "advised"):
        outcome = runner.run(variant).outcome
        if plain.status or outcome != plain:
            yield f"{variant}: {outcome}, plain: {plain}"


def measure(program: Program, runner: Runner, rounds: int) -> tuple[dict[str, dict[str, float]], list[str]]:
    """The ratios of a program, by quantity and variant, and what is wrong with its outcomes."""
    if runner.simulates:
        rounds = 1
    plain = runner.run("plain")
    wrong = [f"plain: {plain.outcome}"] if plain.outcome.status else []
    runs: dict[str, list[Run]] = {name: [] for name in ("plain", *VARIANTS)}
    advise = runner.run("advise")
    for number in range(rounds):
        names = list(runs)[number % len(runs) :] + list(runs)[: number % len(runs)]
        for name in names:
            runs[name].append(runner.run(name))
    outcomes = {"advise": [advise], **runs}
    for name, several in outcomes.items():
        wrong += [f"{name}: {run.outcome}" for run in several if run.outcome != plain.outcome][:1]
    least = {name: Run.least(several) for name, several in runs.items()}
    ratios: dict[str, dict[str, float]] = {}
    for quantity in QUANTITIES if program.is_service and not runner.simulates else ["seconds"]:
        values = {name: getattr(run, quantity) for name, run in least.items()}
        if quantity == "seconds" and (values["plain"] < LONG or runner.simulates):
            values["advised"] -= runner.start_up()
        ratios[quantity] = {name: values["plain"] / values[name] for name in VARIANTS}
        ratios[quantity]["plain"] = values["plain"]
        if not runner.simulates:
            ratios[quantity]["advise"] = getattr(advise, quantity) / values["plain"]
    return ratios, wrong


def show(name: str, ratios: dict[str, dict[str, float]], is_same: bool, unit: str) -> None:
    for quantity, values in ratios.items():
        figures = [f"{values[each]:.2f}" if each in values else "" for each in (*VARIANTS, "advise")]
        row = (name, QUANTITIES[quantity], f"{values['plain']:.3f} {unit}", *figures)
        print(ROW.format(*row, "same" if is_same else "DIFFERENT"), flush=True)


def show_means(measured: dict[Program, dict[str, dict[str, float]]]) -> None:
    """The geometric means over the small programs, and over the services."""
    for services in (False, True):
        group = [
            ratios for program, ratios in measured.items() if program.is_service is services and not program.settings
        ]
        for quantity in dict.fromkeys(quantity for ratios in group for quantity in ratios):
            values = ([each[quantity].get(variant) for each in group] for variant in (*VARIANTS, "advise"))
            figures = ["" if None in each else f"{geometric_mean(each):.2f}" for each in values]
            print(ROW.format("services" if services else "small heaps", QUANTITIES[quantity], "", *figures, ""))


def main() -> int:
    given = parse()
    programs = [program for program in PROGRAMS if program.name in given.only]
    wrong = []
    measured = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"Python {sys.version.split()[0]}")
        if not (given.short or given.same_advice or given.lives):
            print(ROW.format("program", "plain ÷ variant of", "plain", *VARIANTS, "advise", "output"))
        for program in programs:
            runner = Runner(
                program,
                0.02 if given.short else given.size,
                folder,
                simulates=given.cycles,
                measures=given.measure,
                without=given.without,
            )
            if given.same_advice:
                found = compare_advice(program, runner, given.same_advice)
            elif given.lives:
                found = check_lives(program, runner, given.seed)
            elif given.short:
                found = list(check(runner))
                print(f"{program.name}: {'output DIFFERENT' if found else 'same output'}", flush=True)
            else:
                measured[program], found = measure(program, runner, given.rounds)
                show(program.name, measured[program], not found, "G" if given.cycles else "s")
            wrong += [f"{program.name}, {each}" for each in found]
    show_means(measured)
    if given.json:
        values = {program.name: ratios for program, ratios in measured.items()}
        given.json.write_text(json.dumps(values, indent=1), encoding="utf-8")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
