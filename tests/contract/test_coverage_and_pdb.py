"""coverage.py reports the same lines and branches, and pdb shows the same session, with poolable classes.

Each test runs a program without and with `@poolable`. It makes 50 objects first, so that the native engine carries out
their `__init__` in C when the tool starts; and after the tool has stopped, the engine does so again.
"""

import json
import os
import subprocess
import sys

import effort
import limits
import pytest

CLASSES = '''
import os
from dataclasses import dataclass, field

if os.environ["POOLED_ENGINE"] == "off":
    def poolable(cls):
        return cls
else:
    from pooled import poolable


@poolable
class Order:
    def __init__(self, topic, size=None, parts=None, note=None):
        self.topic = topic
        self.size = size
        if parts is None:
            parts = []
        self.parts = parts
        if note is None:
            note = ""
        self.note = (
            note
        )



class Base:
    def __init__(self, name):
        self.name = name


@poolable
class Derived(Base):
    def __init__(self, name, value):
        super().__init__(name)
        self.value = value; self.cache = {}


@poolable
class Elsewhere:
    def __init__(self):
        self.items = []
        self.count = 0


@poolable
@dataclass
class Record:
    key: str
    values: list = field(default_factory=list)


@poolable
class Rare:
    def __init__(self):
        self.never = None


def warm():
    """Run each line of the constructors before the tool runs."""
    for _ in range(50):
        Order("warm")
        Derived("warm", 1)
        Elsewhere()
        Record("warm")
        Rare()


def constructed_in_c():
    """The names of the classes whose objects are constructed in C now."""
    if os.environ["POOLED_ENGINE"] != "native":
        return []
    import pooled
    classes = (Order, Derived, Elsewhere, Record, Rare)
    counts = []
    for _ in range(2):
        warm()
        counts.append([pooled.pool_of(cls)._store.inits()[0] for cls in classes])
    return [cls.__name__ for cls, one, other in zip(classes, *counts) if other - one == 50]
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with all files: the programs print their names."""
    folder = tmp_path_factory.mktemp("programs")
    for name, source in {"classes": CLASSES, "suite": SUITE, "covered": COVERED, "debugged": DEBUGGED}.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def outputs():
    """What the programs printed without pools."""
    return {}


@pytest.fixture
def program(folder, outputs, engine):
    """Runs a program without and with pools; returns what both printed, and the classes constructed in C after it."""

    def run_once(name, text, environ):
        process = subprocess.run(
            [sys.executable, f"{name}.py"],
            input=text,
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1", **environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (process.returncode, process.stderr) == (0, "")
        printed, resumed = process.stdout.rsplit("resumed:", 1)
        return printed, resumed.split()

    def run(name, text="", **environ):
        key = (name, text, *environ.values())
        if key not in outputs:
            outputs[key] = run_once(name, text, {**environ, "POOLED_ENGINE": "off"})[0]
        return outputs[key], *run_once(name, text, {**environ, "POOLED_ENGINE": engine})

    return run


def constructed_in_c(engine):
    """The classes that are constructed in C when no tool runs."""
    return ["Order", "Derived", "Elsewhere", "Record", "Rare"] if engine == "native" else []


def line_of(text):
    (line,) = (number for number, line in enumerate(CLASSES.splitlines(), 1) if line.strip() == text)
    return line


# ---- coverage ----

COVERED = """
import json
import os
import coverage
import classes

classes.warm()
cov = coverage.Coverage(
    data_file=None, branch=os.environ["BRANCH"] == "1", include=["*/classes.py", "*/suite.py"], config_file=False
)
cov.start()
import suite
suite.run()
cov.stop()
cov.json_report(outfile="coverage.json")
with open("coverage.json") as file:
    print(json.dumps(json.load(file)["files"]))
print("resumed:", *classes.constructed_in_c())
"""

SUITE = """
import threading
from classes import Derived, Elsewhere, Order, Record

def test_orders():
    assert Order("one").parts == []
    assert Order("two", parts=[1]).parts == [1]
    for _ in range(3):
        Order("three", size=4)

def test_derived():
    assert Derived("four", 5).name == "four"

def test_threads():
    thread = threading.Thread(target=Elsewhere)
    thread.start()
    thread.join()

def test_records():
    assert Record(key="six").values == []

def run():
    for test in (test_orders, test_derived, test_threads, test_records):
        test()
"""

CORES = [
    pytest.param("ctrace", False, id="ctrace-lines", marks=[pytest.mark.long, limits.skip_if("no-ctracer")]),
    pytest.param("ctrace", True, id="ctrace-branches", marks=limits.skip_if("no-ctracer")),
    pytest.param("sysmon", False, id="sysmon-lines", marks=limits.skip_if("no-monitoring")),
    pytest.param("sysmon", True, id="sysmon-branches", marks=limits.skip_if("no-branch-events")),
]


@pytest.mark.parametrize(("core", "branch"), CORES)
def test_coverage_is_the_same_line_by_line(program, engine, core, branch):
    limits.require("coverage")
    plain, printed, resumed = program("covered", COVERAGE_CORE=core, BRANCH=str(int(branch)))
    expected = json.loads(plain)
    assert json.loads(printed) == expected
    assert {line_of("self.topic = topic"), line_of("self.items = []")} <= {*expected["classes.py"]["executed_lines"]}
    assert line_of("self.never = None") in expected["classes.py"]["missing_lines"]
    if core == "ctrace" or sys.version_info >= (3, 14):  # before, the local events of a tool outlive it
        assert resumed == constructed_in_c(engine)


# ---- pdb ----

DEBUGGED = """
import os
import pdb
from classes import Derived, Order, Record, constructed_in_c, warm


def construct():
    one = Order("one")
    two = Order("two", size=3, note="more")
    three = Derived("three", 4)
    four = Record(key="four")
    return one.size, two.size, three.name

options = {"backend": os.environ["BACKEND"]} if "BACKEND" in os.environ else {}
if os.environ["POOLED_ENGINE"] == "reference":  # its Python code is passed by
    options["skip"] = "pooled pooled.* wrapt wrapt.* functools weakref contextlib".split()
warm()
debugger = pdb.Pdb(nosigint=True, readrc=False, **options)
debugger.set_trace()
print(construct())
print("resumed:", *constructed_in_c())
"""

SESSIONS = {
    "break": """
        break Order.__init__
        continue
        p topic, size, parts
        next
        p self.topic
        next
        p self.size
        return
        continue
        p topic, size, note
        clear 1
        continue
    """,
    "break-on-a-condition": """
        break Order.__init__, size == 3
        break Derived.__init__
        continue
        p topic, note
        continue
        p name, value
        clear 1 2
        continue
    """,
    "step": """
        step
        p "here"
    """
    + "step\n" * 45
    + "continue\n",
    "break-on-a-line": """
        break classes.py:LINE
        continue
        p topic, parts
        p parts.append(5)
        continue
        p topic, parts
        clear 1
        continue
    """,
    "commands": """
        break Derived.__init__
        commands 1
        p name
        end
        continue
        clear 1
        up
        p one.parts
        continue
    """,
}

BACKENDS = [
    pytest.param({}, id="settrace"),
    pytest.param({"BACKEND": "monitoring"}, id="monitoring", marks=limits.skip_if("no-monitoring-in-pdb")),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("session", effort.some({each: each for each in SESSIONS}, every=2))
def test_a_session_of_pdb_is_the_same(program, engine, session, backend):
    if session == "commands" and engine == "reference":
        limits.skip("frames-of-the-engine")
    text = SESSIONS[session].replace("LINE", str(line_of("self.parts = parts")))
    lines = "".join(f"{line.strip()}\n" for line in text.splitlines() if line.strip())
    plain, printed, resumed = program("debugged", lines, **backend)
    assert printed == plain
    assert "(None, 3, 'three')" in plain
    assert "__init__" in plain
    assert resumed == constructed_in_c(engine)
