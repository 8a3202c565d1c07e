"""`python -m pooled advise`: which classes it chooses, how deep their pools are, and what it leaves alone."""

import json

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


def advice(folder):
    process = pooled("advise", "--json", "--output", "advice.json", "main.py", cwd=folder)
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
    _, found, _ = advice(tmp_path)
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
