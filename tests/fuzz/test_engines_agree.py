"""Both engines run a round of random programs and agree. `python -m tests.fuzz` runs others, for longer."""

import effort
import limits
from conftest import is_built

from fuzz.rounds import run


def test_engines_agree():
    if not is_built():
        limits.skip("not-built")
    run(seed=20261125, programs=effort.examples(100))
