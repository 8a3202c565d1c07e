"""Run the scenarios and print their outcomes: `python -m tests.stress`.

Each runs in its own process. A signal, an error, output on stderr, or a hang is a failure.
"""

import argparse
import json
import random
import sys

import attrs

from .all_scenarios import ALL
from .runner import Outcome, repeat_command, run_all
from .scenario import SECONDS

ROW = "{:28} {:>12} {:>8} {:>11}  {}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.stress", description="Stress pooled, scenario by scenario.")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each scenario takes (%(default)s)")
    parser.add_argument("--seed", type=int, help="where random choices come from; else it is chosen, and printed")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these scenarios, or subjects (names of files)")
    parser.add_argument("--engine", choices=["native", "reference"], help="this engine alone")
    parser.add_argument("--limit", type=float, default=600, help="seconds for all of them together (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each, a line each")
    parser.add_argument("--list", action="store_true", help="print the scenarios, by subject, and end")
    given = parser.parse_args()
    known = {*ALL, *(each.subject for each in ALL.values())}
    if unknown := set(given.only or ()) - known:
        parser.error(f"--only {' '.join(unknown)}: expected some of {', '.join(sorted(known))}")
    return given


def show(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(attrs.asdict(outcome)), flush=True)
        return
    name = f"{outcome.name} ({outcome.engine[:3]})"
    print(ROW.format(name, f"{outcome.operations:,}", f"{outcome.seconds:.1f}", outcome.seed, outcome.text), flush=True)


def main() -> int:
    given = parse()
    chosen = [each for each in ALL.values() if not given.only or {each.name, each.subject} & set(given.only)]
    if given.list:
        for each in chosen:
            print(f"{each.subject:14} {each.name:24} {(each.function.__doc__ or '').splitlines()[0]}")
        return 0
    seed = random.SystemRandom().randrange(1 << 32) if given.seed is None else given.seed
    if not given.json:
        print(f"Python {sys.version.split()[0]}, seed {seed}")
        print(ROW.format("scenario", "operations", "seconds", "seed", "outcome"))
    failed = []
    for outcome in run_all(chosen, given.engine, seed, given.seconds, given.limit):
        show(outcome, as_json=given.json)
        if outcome.failed:
            failed.append(outcome)
    for outcome in failed:
        print(
            f"\n{outcome.name}: {outcome.text}\n{outcome.output}\n"
            f"to repeat it: {repeat_command(outcome, given.seconds)}"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
