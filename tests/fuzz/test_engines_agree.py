"""Both engines run the same random programs and agree. `python -m tests.fuzz` goes on for longer."""

import random

import pytest
from conftest import is_built

from fuzz.running import run


def test_engines_agree():
    if not is_built():
        pytest.skip("the native engine was not built")
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    run(seed)
