"""Pooled against not pooled, measured in the same run: `python -m benchmarks`."""

import sys
from pathlib import Path

# The benchmarks measure the installed package. The sources beside this folder, which `python -m` would find first, have
# no compiled engine.
if Path(sys.path[0]).resolve() == Path(__file__).resolve().parent.parent:
    del sys.path[0]
