"""Random classes against plain twins: `python -m tests.twins.construction --count 20000 --seed 1`, see `--help`."""

import argparse
import os
import platform
import random
import sys
import time
import traceback
from pathlib import Path

# The installed package is tested. `python -m` puts the sources beside this folder before it, and those may have no
# compiled engine.
HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent)

parser = argparse.ArgumentParser(prog="python -m tests.twins.construction", description=__doc__)
parser.add_argument("--count", type=int, default=1_000, help="how many classes (default: 1000)")
parser.add_argument("--seed", type=int, help="of the run (default: any)")
parser.add_argument("--start", type=int, default=0, help="the number of the first class (default: 0)")
parser.add_argument("--engine", default="native", choices=["native", "reference"], help="(default: native)")
parser.add_argument("--most", type=int, default=10, help="stop after so many differences (default: 10)")
parser.add_argument("--show", action="store_true", help="print the classes and their programs, and run none")
parser.add_argument("--whole", action="store_true", help="report whole programs instead of the smallest ones")
given = parser.parse_args()
os.environ["POOLED_ENGINE"] = given.engine

import gc

from twins.construction_run import find, quiet, random_case

import pooled

seed = random.randrange(1 << 32) if given.seed is None else given.seed
print(f"{platform.python_version()}, {pooled.engine} engine, seed {seed}: {given.count:,} classes", flush=True)
start, found = time.monotonic(), 0
with quiet():
    gc.collect()
    gc.freeze()
    for number in range(given.start, given.start + given.count):
        name = f"{seed}:{number}"
        if given.show:
            print(f"{random_case(name, pooled)}\n")
            continue
        try:
            report = find(name, pooled, shrink=not given.whole)
        except Exception:
            report = f"# seed {name}\n{traceback.format_exc()}"
        if report is not None:
            found += 1
            print(f"\n{report}", flush=True)
            if found >= given.most:
                break
        if number % 50 == 49:
            gc.collect()
        if number % 1_000 == 999:
            print(f"{number + 1:,} after {time.monotonic() - start:.0f} s", flush=True)
seconds = time.monotonic() - start
done = number + 1 - given.start
print(f"seed {seed}: {done:,} classes in {seconds:.0f} s ({done / seconds:.0f} per second), {found} differences")
sys.exit(1 if found else 0)
