"""`python -m pooled advise`: the counts of objects, and the advice."""

import json
from pathlib import Path

import limits
import pytest
from cli_runner import PROGRAM, pooled, run
from conftest import is_built

if not is_built():
    limits.skip("not-built", allow_module_level=True)

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_each_object_is_counted_if_there_are_few(program):
    process = pooled("advise", "--json", "--output", "advice.json", program, "x", cwd=program.parent)
    assert process.returncode == 0, process.stderr
    assert process.stdout == run(program, "x", cwd=program.parent).stdout
    facts = json.loads((program.parent / "advice.json").read_text())
    order = next(each for each in facts["classes"] if each["target"] == "__main__:Order")
    assert order["made"] == 3_000
    assert order["places"][0][:2] == [str(program), PROGRAM.splitlines().index("        order = Order(number)") + 1]
    assert order["peak"] == 2
    assert order["pool"]
    assert (order["max"], order["scope"]) == (16, "local")
    assert "to make them took" in order["why"]


def test_advice_is_called_an_estimate(program):
    text = pooled("advise", "--write", "advice.toml", program, cwd=program.parent).stderr
    assert "The advice is an estimate: the program was not run with these settings." in text
    written = (program.parent / "advice.toml").read_text().splitlines()
    assert written[1] == "# An estimate: the program was not run with these settings."
    facts = json.loads(pooled("advise", "--json", program, cwd=program.parent).stderr)
    assert facts["basis"] == "estimate"


def test_reasons_against_a_pool(tmp_path):
    (tmp_path / "main.py").write_text(
        "class Kept:\n"
        "    def __init__(self): self.x = [1] * 10\n"
        "class Cycle:\n"
        "    def __init__(self): self.me, self.x = self, [1] * 10\n"
        "class New:\n"
        "    def __new__(cls, x): return super().__new__(cls)\n"
        "    def __init__(self, x): self.x = [1] * 10\n"
        "class Few:\n"
        "    pass\n"
        "kept = [Kept() for _ in range(3_000)]\n"
        "for _ in range(3_000): Cycle()\n"
        "import gc; gc.collect()\n"
        "for _ in range(3_000): New(1)\n"
        "few = Few()\n"
    )
    process = pooled("advise", "--json", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    why = {each["target"]: (each["pool"], each["why"]) for each in json.loads(process.stderr)["classes"]}
    assert why["__main__:Kept"] == (False, "most of them lived to the end")
    assert why["__main__:Cycle"][1].startswith("the collector freed most of them")
    assert "New.__new__ does not run for a recycled object" in why["__main__:New"][1]
    assert why["__main__:Few"] == (False, "only 1 was made")


THREADS = """
import queue
import threading

import attrs


@attrs.define
class Message:
    number: int
    parts: list = attrs.field(factory=list)


def consume(messages):
    while messages.get() is not None:
        pass


def main():
    messages = queue.Queue(10)
    thread = threading.Thread(target=consume, args=(messages,))
    thread.start()
    for number in range(20_000):
        messages.put(Message(number))
    messages.put(None)
    thread.join()


main()
"""


def test_run_accepts_the_advice(tmp_path, free_threaded):
    (tmp_path / "main.py").write_text(THREADS)
    advised = pooled("advise", "--write", "pools.toml", "main.py", cwd=tmp_path)
    assert (advised.returncode, advised.stdout) == (0, ""), advised.stderr
    assert "python -m pooled run --config pools.toml main.py" in advised.stderr
    written = (tmp_path / "pools.toml").read_text()
    assert '[instrument."__main__:Message"]' in written
    # Another thread drops them. Without a GIL, the thread that created an object may have to free it.
    assert ('scope = "global"' in written) or free_threaded
    ran = pooled("run", "--json", "--config", "pools.toml", "main.py", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stderr)["pools"]["__main__:Message"]["hit_rate"] > 0.9


def test_advice_on_an_unchanged_example(tmp_path):
    producer = EXAMPLES / "producer_consumer.py"
    text = tmp_path / "text.txt"
    text.write_bytes((ROOT / "CHANGELOG.md").read_bytes() * 10)
    advised = pooled("advise", "--json", producer, "--no-pool", text, cwd=tmp_path)
    assert advised.returncode == 0, advised.stderr
    found = {each["target"]: each for each in json.loads(advised.stderr)["classes"]}
    assert found["_batches:bytearray"]["made"] == text.read_bytes().count(b"\n")
    arguments = ("--json", "--pool", "_batches:bytearray,scope=global")
    ran = pooled("run", *arguments, producer, "--no-pool", text, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stderr)["pools"]["_batches:bytearray"]["hits"] > 0
    alone = run(producer, "--no-pool", text, cwd=tmp_path)
    assert ran.stdout.splitlines()[:2] == alone.stdout.splitlines()[:2]


def test_very_large_counts_are_estimated(tmp_path):
    (tmp_path / "main.py").write_text(
        "class Point:\n"
        "    __slots__ = ('x', 'y')\n"
        "    def __init__(self, x, y): self.x, self.y = x, y\n"
        "for _ in range(2_000_000): Point(1, 2)\n"
    )
    process = pooled("advise", "--json", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (point,) = json.loads(process.stderr)["classes"]
    assert point["made"] >= point["counted"] >= 20_000  # the rest is extrapolated by time
    assert point["peak"] * 100 < point["made"]  # only one is alive at a time; the rest is the error of the estimate
    assert point["pool"]


RECORD = """
import queue, threading
from collections import deque

class Record:
    def __init__(self, number): self.number, self.parts = number, {}

"""

HELD = {
    "all at once": "records = [Record(n) for n in range(100_000)]\ndel records",
    "very many at once": "def main():\n    records = [Record(n) for n in range(500_000)]\nmain()",
    "all at once, on threads": (
        "barrier = threading.Barrier(4)\n"
        "def work():\n    records = [Record(n) for n in range(30_000)]\n    barrier.wait()\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "for thread in threads: thread.start()\nfor thread in threads: thread.join()"
    ),
    "dicts": "def main():\n    dicts = [dict(n=n) for n in range(300_000)]\nmain()",
}


@pytest.mark.parametrize("source", HELD.values(), ids=HELD)
def test_no_pool_for_objects_that_live_all_at_once(tmp_path, source):
    (tmp_path / "main.py").write_text(RECORD + source)
    process = pooled("advise", "--json", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (found,) = json.loads(process.stderr)["classes"]
    assert not found["pool"]
    assert "% of them lived at once, so few would be reused" in found["why"]


QUEUE = """
records = queue.Queue(100)
def consume():
    while records.get() is not None: pass
thread = threading.Thread(target=consume)
thread.start()
for n in range(30_000): records.put(Record(n))
records.put(None)
thread.join()
"""

THREADS_OF_BATCHES = """
def work():
    for _ in range(40): records = [Record(n) for n in range(500)]
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""

DROPPED = {
    "one after the other": "for n in range(300_000): Record(n)",
    "in batches": "for _ in range(60):\n    records = [Record(n) for n in range(5_000)]\n    del records",
    "few are held": "held = [Record(n) for n in range(300)]\nfor n in range(300_000): Record(n)",
    "a window": "window = deque(maxlen=1_000)\nfor n in range(300_000): window.append(Record(n))",
    "a queue": QUEUE,
    "many threads": THREADS_OF_BATCHES,
}


@pytest.mark.parametrize("source", DROPPED.values(), ids=DROPPED)
def test_a_pool_for_objects_that_are_dropped_and_made_again(tmp_path, source):
    (tmp_path / "main.py").write_text(RECORD + source)
    process = pooled("advise", "--json", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (found,) = json.loads(process.stderr)["classes"]
    assert found["pool"], found["why"]
    # Objects that were not counted are extrapolated by time, which is rough on a loaded machine.
    assert found["peak"] * 2 < found["made"]
    assert found["max"] * 2 < found["made"]


NO_FRAME = """
import _thread, threading

class Task:
    def __init__(self):
        self.work = [0] * 100
        ready.release()

ready = threading.Semaphore(0)
for _ in range(3_000):
    _thread.start_new_thread(Task, ())
    ready.acquire()
"""


def test_objects_that_no_code_of_the_program_creates_are_counted(tmp_path):
    (tmp_path / "main.py").write_text(NO_FRAME)
    process = pooled("advise", "--json", "--write", "pools.toml", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (task,) = json.loads(process.stderr)["classes"]
    assert (task["made"], task["places"]) == (3_000, [])


def test_objects_made_without_init_are_counted(tmp_path):
    (tmp_path / "main.py").write_text(
        "import copy, pickle\n"
        "class A:\n"
        "    def __init__(self): self.x = 1\n"
        "class Sub(A): pass\n"
        "a = A()\n"
        "for _ in range(1_000): A.__new__(A); copy.copy(a); pickle.loads(pickle.dumps(a)); Sub()\n"
        "a.__init__()\n"
    )
    process = pooled("advise", "--json", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    made = {each["target"]: each["made"] for each in json.loads(process.stderr)["classes"]}
    assert made == {"__main__:A": 3_001, "__main__:Sub": 1_000}


def test_a_class_that_the_program_makes_poolable(tmp_path):
    (tmp_path / "main.py").write_text(
        "import pooled\nclass A: pass\nfor _ in range(2_000): A()\npooled.poolable(A)\nfor _ in range(2_000): A()\n"
    )
    process = pooled("advise", "--json", "main.py", cwd=tmp_path, engine="native")
    assert process.returncode == 0, process.stderr
    (found,) = json.loads(process.stderr)["classes"]
    assert (found["made"], found["pool"], found["why"]) == (2_000, False, "the program makes it poolable itself")


WITHOUT_NATIVE = "import sys; sys.modules['pooled._engine.native._native'] = None; from pooled._cli import main; main()"


def test_without_the_native_engine_classes_are_named_and_unchanged(program):
    alone = run(program, cwd=program.parent)
    process = run("-c", WITHOUT_NATIVE, "advise", program, cwd=program.parent)
    assert (process.returncode, process.stdout) == (0, alone.stdout)
    assert "not counted: __main__:Order, __main__:Outer.Inner" in " ".join(process.stderr.split())
    assert "only the native engine, which is not built here" in " ".join(process.stderr.split())
