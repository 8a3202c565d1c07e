"""Stress: what must never happen, looked for at random until the time is up. `python -m tests.stress`."""

import sys
from pathlib import Path

# What is tried is the installed package. The sources beside this folder, which `python -m` puts before it, have no
# compiled engine.
if Path(sys.path[0]).resolve() == Path(__file__).resolve().parent.parent.parent:
    del sys.path[0]
