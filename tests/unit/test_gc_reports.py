"""The reports of `run` and `advise` about the garbage collector. Programs do not notice the measurement."""

import importlib.util
import json

import limits
import pytest
from cli_runner import pooled, run

RECORDER = importlib.util.find_spec("pooled._gc.recorder") is not None

BUSY = """
import gc, time
class Node:
    def __init__(self): self.parts = []
class Slow:
    def __del__(self): time.sleep(0.06)
nodes = [Node() for _ in range(20_000)]
slow = [Slow()]
slow.append(slow)
del slow
gc.collect()
print(len(nodes))
"""
"""A program with a pause of 60 milliseconds."""


DEEP = """
import gc
gc.set_threshold(3, 1_000)
def deeper():
    parts = [[], [], [], []]
    deeper()
for _ in range(5):
    try: deeper()
    except RecursionError: pass
print("over")
"""
"""A program in which collections begin at the limit of recursion."""


@pytest.fixture
def busy(tmp_path):
    path = tmp_path / "busy.py"
    path.write_text(BUSY)
    return path


@pytest.mark.parametrize("command", ["run", pytest.param("advise", marks=pytest.mark.long)])
def test_pauses_and_young_objects(busy, command):
    if command == "run" and not RECORDER:
        limits.skip("pooled._gc.recorder")
    alone = run(busy, cwd=busy.parent)
    in_json = pooled(command, "--json", "--output", "report.json", busy, cwd=busy.parent)
    assert (in_json.stdout, in_json.stderr) == (alone.stdout, alone.stderr)
    found = json.loads((busy.parent / "report.json").read_text())["gc"]
    full = found["pauses"][2]
    assert 0.06 <= full["longest"] <= full["seconds"] <= sum(each["seconds"] for each in found["pauses"])
    assert full["count"] == found["collections"][2] == sum(count for _, count in full["histogram"]) >= 1
    in_text = pooled(command, busy, cwd=busy.parent)
    lines = in_text.stderr.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("pauses of gc"))
    assert lines[head].split()[3:] == ["count", "total", "p50", "p99", "longest"]
    assert any(line.startswith("generation 2") for line in lines[head + 1 : head + 4])
    if not limits.FREE_THREADED:
        assert sum(found["young"].values()) > 100
        assert "%" in " ".join(lines).partition("Young objects when the collector ran: ")[2]


def test_few_collections_are_not_worth_a_line(tmp_path):
    (tmp_path / "idle.py").write_text("import gc; gc.collect(0)")
    assert pooled("run", "idle.py", cwd=tmp_path).stderr == "pooled: no objects were taken from a pool\n"


@pytest.mark.parametrize("command", ["import", "run", "advise"])
def test_no_program_notices_the_recording(tmp_path, command):
    if importlib.util.find_spec("pooled._engine.native._native") is None:
        limits.skip("native-only")  # callbacks in Python need room on the stack
    (tmp_path / "deep.py").write_text(DEEP)
    (tmp_path / "import.py").write_text(f"import pooled.containers\n{DEEP}")
    alone = run("deep.py", cwd=tmp_path)
    watched = run("import.py", cwd=tmp_path)
    if command != "import":
        watched = pooled(command, "--output", "report.txt", "deep.py", cwd=tmp_path)
    assert (watched.stdout, watched.stderr) == (alone.stdout, alone.stderr) == ("over\n", "")


@limits.skip_if("no-fork")
@pytest.mark.parametrize("command", ["run", pytest.param("advise", marks=pytest.mark.long)])
def test_the_pauses_of_all_processes_are_added(tmp_path, command):
    if command == "run" and not RECORDER:
        limits.skip("pooled._gc.recorder")
    (tmp_path / "forks.py").write_text(
        "import gc, os\ngc.disable()\nfor _ in range(2):\n    if not os.fork():\n"
        "        for _ in range(10): gc.collect()\n        os._exit(0)\n    os.wait()\ngc.collect()"
    )
    assert pooled(command, "--json", "--output", "report.json", "forks.py", cwd=tmp_path).stderr == ""
    assert json.loads((tmp_path / "report.json").read_text())["gc"]["pauses"][2]["count"] == 21
