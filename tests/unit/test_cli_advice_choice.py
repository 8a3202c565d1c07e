"""`python -m pooled advise`: which classes it chooses, how deep their pools are, and what it leaves alone."""

import json
import tomllib

import limits
import pytest
from cli_runner import pooled, run
from conftest import is_built

if not is_built():
    limits.skip("not-built", allow_module_level=True)

NODES = """
class Node:
    def __init__(self, number): self.number = number

def use(count):
    nodes = [Node(n) for n in range(count)]

"""


def advice(folder, *options):
    process = pooled("advise", *options, "--json", "--output", "advice.json", "main.py", cwd=folder)
    assert process.returncode == 0, process.stderr
    facts = json.loads((folder / "advice.json").read_text())
    return process.stdout, {each["target"]: each for each in facts["classes"]}, facts["unmet"]


GROWING = NODES + "for count in (2_000, 4_000, 6_128): use(count)\n"
REPEATED = NODES + "for _ in range(10): use(6_128)\n"


@pytest.mark.parametrize("source", [GROWING, REPEATED], ids=["growing", "repeated"])
def test_max_comes_from_the_most_objects_alive(tmp_path, source):
    (tmp_path / "main.py").write_text(source)
    _, found, _ = advice(tmp_path)
    assert 6_128 <= found["__main__:Node"]["max"] <= 2 * 6_128


RARE = """
class Often:
    def __init__(self, number): self.number = number

class Rare:
    pass

def work():
    for number in range(400_000): Often(number)

rare = []
for _ in range(4):
    rare = None
    rare = [Rare() for _ in range(1_000)]
    work()
"""


def test_a_class_that_wakes_the_collector_is_named_however_little_time_it_takes(tmp_path):
    (tmp_path / "main.py").write_text(RARE)
    _, found, _ = advice(tmp_path, "--without", "gc")
    assert found["__main__:Often"]["pool"]
    assert found["__main__:Rare"]["pool"], found["__main__:Rare"]["why"]


SAVES = """
import {serializer}, parts
from parts import names

text = dict(names=names(2_000))
print(type(text) is dict, all(type(each) is list for each in text["names"]))
"""

PARTS = """
def names(count):
    return [list(range(3)) for _ in range(count)]
"""


@pytest.mark.parametrize("serializer", ["yaml", "msgpack", "marshal"])
@pytest.mark.parametrize("imports_first", [True, False])
def test_containers_for_serializers_that_check_the_exact_type_stay_builtin(tmp_path, serializer, imports_first):
    if serializer != "marshal":
        (tmp_path / f"{serializer}.py").write_text("")
    source = SAVES.format(serializer=serializer)
    if not imports_first:
        (tmp_path / "saves.py").write_text(source)
        source = "import parts, saves\n"
    (tmp_path / "main.py").write_text(source)
    (tmp_path / "parts.py").write_text(PARTS)
    printed, found, unmet = advice(tmp_path)
    assert printed == run("main.py", cwd=tmp_path).stdout == "True True\n"
    assert not {"__main__:dict", "parts:list"} & set(found)
    assert any("parts:list" in each and f"{serializer} refuses subclasses" in each for each in unmet)


CYCLES = """
class Node:
    def __init__(self):
        self.me = self

kept = [[number] for number in range(30_000)]
for _ in range(100_000): Node()
"""


def gc_advice(folder, *arguments, source=CYCLES):
    (folder / "main.py").write_text(source)
    process = pooled("advise", *arguments, "main.py", cwd=folder)
    assert process.returncode == 0, process.stderr
    return process.stderr


BURSTS = NODES.replace("= number", "= abs(number)") + CYCLES + "for _ in range(20): use(10_000)\n"


@limits.skip_if("no-inlined-init")
@pytest.mark.parametrize(("options", "is_pooled"), [((), False), (("--without", "gc"), True)])
def test_no_pool_to_save_collections_that_a_higher_threshold_saves(tmp_path, options, is_pooled):
    source = BURSTS.replace("class Node:\n    def __init__(self):", "class Cycle:\n    def __init__(self):")
    (tmp_path / "main.py").write_text(source.replace("): Node()", "): Cycle()"))
    _, found, _ = advice(tmp_path, *options)
    assert found["__main__:Node"]["pool"] is is_pooled, found["__main__:Node"]["why"]


def test_settings_that_are_left_out(tmp_path):
    (tmp_path / "main.py").write_text(REPEATED)
    _, found, _ = advice(tmp_path, "--without", "gc", "--without", "pools")
    assert not found["__main__:Node"]["pool"]
    report = gc_advice(tmp_path, "--without", "gc")
    assert "threshold" not in report


def test_a_higher_threshold_where_collections_take_long(tmp_path):
    report = gc_advice(tmp_path, "--write", "settings.toml")
    assert "Raise its threshold to (50000, 20, 100): collections took" in report
    assert "No class of this program is worth a pool." in report
    assert "run --config settings.toml main.py" in report
    settings = tomllib.loads((tmp_path / "settings.toml").read_text())
    assert settings == {"gc": {"threshold": [50_000, 20, 100]}}
    assert pooled("run", "--config", "settings.toml", "main.py", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("import gc; gc.set_threshold(10_000)", "the program sets the threshold itself"),
        ("import gc; gc.disable()", "collections took"),
    ],
)
def test_no_threshold_where_it_gains_nothing(tmp_path, first, why):
    facts = json.loads(gc_advice(tmp_path, "--json", source=first + CYCLES))["gc"]
    assert facts["threshold"] is None
    assert facts["why"].startswith(why)


IN_PYTHON = """
class Point:
    def __init__(self, x): self.x = abs(x)

for number in range(20_000): Point(number)
"""


@limits.skip_if("no-inlined-init")
def test_no_pool_for_small_objects_that_c_does_not_construct(tmp_path):
    (tmp_path / "main.py").write_text(IN_PYTHON)
    _, found, _ = advice(tmp_path)
    assert found["__main__:Point"]["why"].startswith("a pool does not make them faster: __init__ runs as Python code")


def test_no_pool_for_a_class_whose_metaclass_makes_the_objects(tmp_path):
    (tmp_path / "main.py").write_text(
        "class Meta(type):\n    def __call__(cls, *args): return super().__call__(*args)\n"
        "class Made(metaclass=Meta): pass\nfor _ in range(50_000): Made()\n"
    )
    _, found, _ = advice(tmp_path)
    assert not found["__main__:Made"]["pool"]
    assert "__call__" in found["__main__:Made"]["why"]
