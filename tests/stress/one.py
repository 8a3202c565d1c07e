"""Run one scenario in this process: `python -m stress.one NAME --seed S --seconds N`; the runner starts this."""

import argparse
import json
import sys
import time

from .scenario import NotHereError, Run
from .scenarios import ALL


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=ALL)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    run = Run(given.seed, given.seconds)
    began = time.monotonic()
    lacks = None
    try:
        ALL[given.name].function(run)
    except NotHereError as error:
        lacks = str(error)
    report = {"operations": run.operations, "seconds": time.monotonic() - began, "lacks": lacks}
    print(json.dumps(report), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
