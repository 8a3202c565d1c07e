"""`python -m pooled`: programs run as they are, with pools; advice on what to pool; what is in force."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ENGINES

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"

PROGRAM = """
import os
import sys
from collections import Counter

import attrs


@attrs.define
class Order:
    number: int
    lines: list = attrs.field(factory=list)


class Outer:
    class Inner:
        def __init__(self):
            self.value = 1


def main():
    total = 0
    for number in range(int(os.environ.get("ORDERS", 3_000))):
        order = Order(number)
        order.lines.extend(range(3))
        total += sum(order.lines) + Outer.Inner().value
    print(total, sys.argv[1:], __name__, isinstance([], list), Order.__module__)


if __name__ == "__main__":
    main()
"""


def run(*arguments, cwd, engine=None, **environment):
    environ = {**os.environ, "COLUMNS": "80", **environment}
    if engine is not None:
        environ["POOLED_ENGINE"] = engine
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def pooled(command, *arguments, **options):
    return run("-m", "pooled", command, *arguments, **options)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_run_pools_what_it_is_told_and_changes_nothing(program, engine):
    alone = run(program, "a", "--b", cwd=program.parent)
    with_pools = pooled(
        "run",
        "--json",
        *("--output", "report.json", "--pool", "__main__:Order,max=8", "--pool", "__main__:Outer.Inner"),
        *(program, "a", "--b"),
        cwd=program.parent,
        engine=engine,
    )
    assert (alone.returncode, alone.stderr) == (0, "")
    assert (with_pools.returncode, with_pools.stderr) == (0, "")
    assert with_pools.stdout == alone.stdout
    pools = json.loads((program.parent / "report.json").read_text())["pools"]
    assert {name: pool["hits"] for name, pool in pools.items()} == {
        "__main__:Order": 2_998,
        "__main__:Outer.Inner": 2_999,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_run_has_builtin_containers_come_from_pools(tmp_path, engine):
    (tmp_path / "parts.py").write_text(
        "import copy, pickle\n"
        "def one():\n"
        "    x = list()\n"
        "    x.append(1)\n"
        "    assert isinstance(x, list) and isinstance([], list) and issubclass(list, list), type(x)\n"
        "    assert list[int] and (list | None) and (None | list), list\n"
        "    assert type(copy.copy(x)) is type([]) is type(pickle.loads(pickle.dumps(x)))\n"
        "    assert list == type([]) and {list: 1}[type([])] and pickle.loads(pickle.dumps(list)) is type([])\n"
        "    return x == [1]\n"
        "class Mine(list):\n"
        "    pass\n"
        "assert Mine.__mro__[1] is type([]) and dict.fromkeys('ab') == {'a': None, 'b': None}\n"
    )
    (tmp_path / "main.py").write_text("import parts\nprint(sum(parts.one() for _ in range(100)))\n")
    arguments = ("--json", "--pool", "parts:list", "--pool", "parts:dict", "main.py")
    process = pooled("run", *arguments, cwd=tmp_path, engine=engine)
    assert (process.returncode, process.stdout) == (0, "100\n"), process.stderr
    assert json.loads(process.stderr)["pools"]["parts:list"]["hits"] == 99


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        ("import sys\nsys.exit(7)", 7, ""),
        ("import sys\nsys.exit('bye')", 1, "bye\n"),
        ("raise SystemExit", 0, ""),
        ("raise ValueError('no')", 1, "ValueError: no\n"),
        ("x = (", 1, "SyntaxError: '(' was never closed\n"),
        ("import threading\nthreading.Thread(target=lambda: print('late')).start()", 0, ""),
    ],
)
@pytest.mark.parametrize("command", ["run", "advise"])
def test_a_program_ends_as_it_would_alone(tmp_path, command, source, status, said):
    (tmp_path / "main.py").write_text(source)
    alone = run("main.py", cwd=tmp_path)
    process = pooled(command, "--output", "report", "main.py", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (alone.returncode, alone.stdout)
    assert process.stderr == alone.stderr
    assert process.returncode == status
    assert process.stderr.endswith(said)
    assert (tmp_path / "report").read_text()


@pytest.mark.parametrize("command", ["run", "advise"])
def test_classes_in_an_enum_are_left_alone(tmp_path, command):
    source = (
        "import enum\nclass Colour(enum.Enum):\n    RED = 1\n    class Shade:\n        x = 1\nprint(list(Colour)[:1])\n"
    )
    (tmp_path / "main.py").write_text(source)
    alone = run("main.py", cwd=tmp_path)
    process = pooled(command, "--output", "report", "main.py", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (alone.returncode, alone.stdout) == (0, "[<Colour.RED: 1>]\n")


def test_a_module_is_run_as_python_would(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(
        "import sys\nfrom . import __name__ as parent\nprint(parent, __name__, __spec__.name, sys.argv[1:])\n"
    )
    alone = run("-m", "package", "-x", cwd=tmp_path)
    process = pooled("run", "-m", "package", "-x", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (alone.returncode, alone.stdout)
    assert alone.stdout == "package __main__ package.__main__ ['-x']\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "expected a program"),
        (["run", "nowhere.py"], "nowhere.py: cannot be read: No such file or directory"),
        (["run", "-m", "nowhere.to.be"], "-m nowhere.to.be: "),
        (["run", "-m", "nowhere"], "-m nowhere: there is no such module"),
        (["run", "--pool", "x:y,z=1", "p.py"], "'z=1': expected max=N, max_cap=N or scope=local|global"),
        (["run", "--pool", "x", "p.py"], "expected a class as 'package.module:Class'"),
        (["run", "--pool", "x:y,max=-1", "p.py"], "max='-1'"),
        (["run", "--config", "nowhere.toml", "p.py"], "--config nowhere.toml: cannot be read"),
        (["advise", "--top", "0", "p.py"], "'0': expected 1 or more"),
        (["unknown"], "invalid choice"),
    ],
)
def test_what_cannot_be_followed_is_told(tmp_path, arguments, said):
    process = pooled(*arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert said in process.stderr


def test_run_writes_a_page(program):
    process = pooled(
        "run", "--html", "page.html", "--pool", "__main__:Order", program, cwd=program.parent, ORDERS="300000"
    )
    assert process.returncode == 0, process.stderr
    page = (program.parent / "page.html").read_text()
    assert "<svg" in page
    assert "__main__:Order" in page


def test_run_names_classes_that_never_came(program):
    process = pooled("run", "--pool", "__main__:Nobody", program, cwd=program.parent)
    assert process.returncode == 0
    assert "the program made no class __main__:Nobody" in process.stderr


def test_advise_counts_each_object_of_few(program):
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
    assert "pooled.take(Order, ...) at program.py:" in order["why"]


def test_advise_says_why_not(tmp_path):
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
    assert why["__main__:Cycle"][1].startswith("most of them were found by the collector")
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


def test_advice_is_what_run_takes(tmp_path, free_threaded):
    (tmp_path / "main.py").write_text(THREADS)
    advised = pooled("advise", "--write", "pools.toml", "main.py", cwd=tmp_path)
    assert (advised.returncode, advised.stdout) == (0, ""), advised.stderr
    assert "python -m pooled run --config pools.toml main.py" in advised.stderr
    written = (tmp_path / "pools.toml").read_text()
    assert '[instrument."__main__:Message"]' in written
    # Another thread drops them; without a GIL the last drop may be left to the one that made them.
    assert ('scope = "global"' in written) or free_threaded
    ran = pooled("run", "--json", "--config", "pools.toml", "main.py", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stderr)["pools"]["__main__:Message"]["hit_rate"] > 0.9


def test_a_program_that_knows_nothing_of_it(tmp_path):
    producer = EXAMPLES / "producer_consumer.py"
    text = tmp_path / "text.txt"
    text.write_bytes((ROOT / "README.md").read_bytes() * 10)
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


def test_very_many_are_reckoned(tmp_path):
    (tmp_path / "main.py").write_text(
        "class Point:\n"
        "    __slots__ = ('x', 'y')\n"
        "    def __init__(self, x, y): self.x, self.y = x, y\n"
        "for _ in range(2_000_000): Point(1, 2)\n"
    )
    process = pooled("advise", "--json", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    (point,) = json.loads(process.stderr)["classes"]
    assert point["made"] >= point["counted"] >= 20_000  # how many more is reckoned by the clock
    assert point["peak"] <= 64
    assert point["pool"]


@pytest.mark.parametrize("engine", ENGINES)
def test_info(tmp_path, engine):
    config = tmp_path / "pooled.toml"
    config.write_text('[defaults]\nmax_cap = 77\ngc_trim = false\n[classes."a.b:C"]\nmax = 5\n')
    environment = {"POOLED_CONFIG": str(config), "POOLED_MAX": "99", "POOLED_BUDGET": "1MiB"}
    found = json.loads(pooled("info", "--json", cwd=tmp_path, engine=engine, **environment).stdout)
    assert found["engine"] == engine
    assert found["defaults"] == {
        "max": {"value": 99, "from": "the environment, POOLED_MAX"},
        "max_cap": {"value": 77, "from": f"the file {config}"},
        "scope": {"value": "local", "from": "the library"},
        "idle_trim": {"value": 0, "from": "the library"},
    }
    assert found["budget"] == {"value": 1 << 20, "from": "the environment, POOLED_BUDGET"}
    assert found["gc_trim"] == {"value": None, "from": f"the file {config}"}
    assert found["classes"] == {"a.b:C": {"max": 5}}
    text = pooled("info", cwd=tmp_path, engine=engine, **environment).stdout
    assert "POOLED_MAX" in text
    assert "a.b:C" in text
    assert "\033" not in text
