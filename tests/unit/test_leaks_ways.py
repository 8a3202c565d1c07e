"""Nothing leaks, whatever kind an object is of and however it ends: blocks, references and memory level off.

A short form runs by default; with `--long`, each way is run for a thousand rounds at a time. `leaking.py` is what runs.
"""

import runpy
from pathlib import Path

import limits
import pytest
from helpers import run_python

PROGRAM = Path(__file__).with_name("leaking.py")
KINDS = runpy.run_path(str(PROGRAM))["ALL_KINDS"]
SHORT = 25


@pytest.fixture
def rounds(request):
    return 1000 if request.config.getoption("--long") else SHORT


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_end_levels_off(engine, kind, rounds):
    if kind == "ArrayPool":
        limits.require("numpy")
    status, text = run_python(PROGRAM.read_text(), kind, str(rounds), POOLED_ENGINE=engine)
    assert (status, text.strip()) == (0, "")


@pytest.mark.parametrize("leak", ["[]", "payload", "memory.extend(bytes(20_000))"])
def test_a_leak_is_found(leak):
    """Of a block, of a reference to what is watched, and of memory that is not counted in blocks."""
    program = PROGRAM.read_text()
    leaking = program.replace("def called(stock):\n", f"def called(stock):\n    leaked.append({leak})\n")
    leaking = leaking.replace("kept = []\n", "kept, leaked, memory = [], [], bytearray()\n")
    status, text = run_python(leaking, "slots", str(SHORT), POOLED_ENGINE="reference")
    assert (status, text.count("\n")) == (1, 1)
    assert text.startswith(f"slots, called: in {SHORT} rounds ")
