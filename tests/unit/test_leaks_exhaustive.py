"""Nothing leaks, for each kind of object and each way to free it: blocks, references and memory level off.

With `--all`, each way runs for a thousand rounds at a time. `leak_program.py` is the program.
"""

import runpy
from pathlib import Path

import effort
import limits
import pytest
from helpers import run_python
from prefork import Prefork

PROGRAM = Path(__file__).with_name("leak_program.py")
KINDS = runpy.run_path(str(PROGRAM))["ALL_KINDS"]
SHORT = 25


@pytest.fixture(scope="module")
def interpreter(engine):
    prefork = Prefork("pooled.arc", "pooled.containers", POOLED_ENGINE=engine)
    yield prefork
    prefork.close()


@pytest.mark.parametrize("kind", effort.some(list(KINDS), every=6))
def test_every_way_to_end_levels_off(interpreter, kind):
    if kind == "ArrayPool":
        limits.require("numpy")
    rounds = effort.pick(short=SHORT, long=1000)
    status, text = interpreter.run(PROGRAM.read_text(), kind, str(rounds))
    assert not text.strip(), text
    assert status == 0


@pytest.mark.parametrize("leak", ["[]", "payload", "memory.extend(bytes(20_000))"])
def test_a_leak_is_found(leak):
    """Of a block, of a reference to a watched object, and of memory outside of blocks."""
    program = PROGRAM.read_text()
    leaking = program.replace("def called(stock):\n", f"def called(stock):\n    leaked.append({leak})\n")
    leaking = leaking.replace("kept = []\n", "kept, leaked, memory = [], [], bytearray()\n")
    leaking = leaking.replace("MOST = 4000 ", "MOST = 400 ")  # it never levels off
    status, text = run_python(leaking, "slots", str(SHORT), POOLED_ENGINE="reference")
    assert (status, text.count("\n")) == (1, 1)
    assert text.startswith(f"slots, called: in {SHORT} rounds ")
