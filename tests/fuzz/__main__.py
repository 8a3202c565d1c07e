"""Run random programs on both engines and compare them, for a few minutes: `python -m tests.fuzz`, see `--help`."""

import argparse
import random
import sys
import time
from pathlib import Path

# The programs test the installed package. `python -m` would find the sources beside this folder first, which may have
# no compiled engine.
HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent)

from fuzz.rounds import run

parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
parser.add_argument("--minutes", type=float, default=5, help="how long (default: 5)")
parser.add_argument("--seed", type=int, help="of the first round; each has the next (default: any)")
given = parser.parse_args()
seed = random.randrange(1 << 32) if given.seed is None else given.seed
end = time.monotonic() + given.minutes * 60
programs = 0
while time.monotonic() < end:
    print(f"seed {seed}: ", end="", flush=True)
    programs += run(seed)
    print(f"both engines agreed; {programs:,} programs so far", flush=True)
    seed += 1
