"""Run one scenario in this process, for the runner: `python -m stress.run_one NAME --seed S --seconds N`."""

import argparse
import json
import sys
import time

from .all_scenarios import ALL
from .scenario import Run, UnsupportedError


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=ALL)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    run = Run(given.seed, given.seconds)
    began = time.monotonic()
    limit = None
    try:
        ALL[given.name].function(run)
    except UnsupportedError as error:
        limit = str(error)
    report = {"operations": run.operations, "seconds": time.monotonic() - began, "limit": limit}
    print(json.dumps(report), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
