"""Stress tests: scenarios that try to break the contract, at random, for some time. `python -m tests.stress`."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent

# The scenarios test the installed package. `python -m` would find the sources beside this folder first, which may have
# no compiled engine.
if Path(sys.path[0]).resolve() == TESTS.parent:
    del sys.path[0]

# `limits` is beside this folder.
if str(TESTS) not in sys.path:
    sys.path.append(str(TESTS))
