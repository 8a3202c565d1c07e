"""Run the suites without pools and with them, and print a table: `python -m tests.packages`.

A test that has another outcome with pools is a failure. So is a crash, and a suite that got no object from a pool.

Only the native engine runs. The reference engine replaces each class by a subclass with its own metaclass. These
packages depend on the original class: they use `super(Name, self)`, compare types, or derive with a second base.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from .runner import Record, SuiteError, differences, run
from .sources import unpacked
from .suites import SUITES, Suite

ROW = "{:22} {:>5} {:>6} {:>7} {:>7} {:>4} {:>8} {:>9} {:>5} {:>10} {:>10}"
COLUMNS = ("package", "max", "tests", "failed", "pooled", "new", "poolable", "left out", "used", "takes", "hits")


def parse() -> argparse.Namespace:
    names = [suite.distribution for suite in SUITES]
    parser = argparse.ArgumentParser(
        prog="python -m tests.packages", description="Run the test suites of real packages with poolable classes."
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=names, help="these packages")
    parser.add_argument("--max", nargs="+", type=int, default=[1024, 1], help="depths of the pools (1024 1)")
    parser.add_argument("--limit", type=float, default=600, help="seconds for each run of a suite (%(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("build/packages"), help="where sdists are (%(default)s)")
    return parser.parse_args()


def run_suite(suite: Suite, source: Path, given: argparse.Namespace, reasons: Counter[tuple[str, str]]) -> list[str]:
    """Run a suite without pools and with pools of each depth; print a row for each, and return what is wrong.

    `reasons` gets the number of classes that are not poolable, by package and reason.
    """
    name = f"{suite.distribution} {suite.version}"
    wrong = []
    try:
        plain = run(suite, source, limit=given.limit)
        for depth in given.max:
            record = run(suite, source, limit=given.limit, max_parked=depth)
            found = differences(plain, record)
            if not record.hits:
                found.append("no object came from a pool")
            show(name, depth, plain, record, len(found))
            wrong += [f"{name}, max={depth}: {each}" for each in found]
            if found:
                print(record.output)
        reasons.update((name, reason) for reason in record.left_out.values())
    except SuiteError as error:
        wrong.append(f"{name}: {error}")
    return wrong


def show(name: str, depth: int, plain: Record, record: Record, new: int) -> None:
    numbers = (len(record.outcomes), plain.failures, record.failures, new)
    classes = (len(record.pools), len(record.left_out), record.used)
    print(ROW.format(name, depth, *numbers, *classes, f"{record.takes:,}", f"{record.hits:,}"), flush=True)


def main() -> int:
    given = parse()
    reasons: Counter[tuple[str, str]] = Counter()
    sources = {suite: unpacked(suite, given.folder.resolve()) for suite in SUITES if suite.distribution in given.only}
    print(f"Python {sys.version.split()[0]}")
    print(ROW.format(*COLUMNS))
    wrong = [each for suite, source in sources.items() for each in run_suite(suite, source, given, reasons)]
    print("\nclasses that are not poolable")
    for (name, reason), count in reasons.items():
        print(f"{name:22} {count:>5}  {reason}")
    print("\n".join(["", *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
