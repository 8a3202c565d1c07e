"""A round of random programs gives the same on both engines. `python -m tests.fuzz` runs more."""

import effort
import limits
from conftest import is_built

from fuzz.rounds import run


def test_engines_agree():
    if not is_built():
        limits.skip("not-built")
    run(seed=20261125, programs=effort.examples(100))
