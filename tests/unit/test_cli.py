"""`python -m pooled run`: pools in unchanged programs; and `info`: the configuration in force."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runner import PROGRAM, pooled, run
from conftest import ENGINES


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_run_pools_the_named_classes_and_changes_no_output(program, engine):
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
def test_run_pools_builtin_containers(tmp_path, engine):
    (tmp_path / "parts.py").write_text(
        "import copy, pickle\n"
        "def one():\n"
        "    x = list()\n"
        "    x.append(1)\n"
        "    assert isinstance(x, list) and isinstance([], list) and issubclass(list, list), type(x)\n"
        "    assert list[int] and (list | None) and (None | list), list\n"
        "    assert type(copy.copy(x)) is type([]) is type(pickle.loads(pickle.dumps(x)))\n"
        "    assert copy.copy(list) is list and copy.deepcopy([list])[0] is list\n"
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


def test_run_pools_all_classes_of_modules(tmp_path):
    (tmp_path / "parts.py").write_text("import enum\nclass Part:\n    pass\nclass Kind(enum.Enum):\n    A = 1\n")
    (tmp_path / "main.py").write_text(
        "import parts\nclass Own:\n    pass\nclass Not(int):\n    pass\nOwn()\nparts.Part()\n"
    )
    arguments = ("--pool", "parts:*,max=8", "--pool", "__main__:*", "main.py")
    process = pooled("run", "--json", *arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (0, "")
    report = json.loads(process.stderr)
    assert set(report["pools"]) == {"parts:Part", "__main__:Own"}
    assert set(report["left_out"]) == {"parts:Kind", "__main__:Not"}
    assert "not poolable: parts:Kind: an enum cannot" in pooled("run", *arguments, cwd=tmp_path).stderr


def test_run_says_why_a_pool_missed(tmp_path):
    (tmp_path / "deep.py").write_text("class Node: pass\nnodes = [Node() for _ in range(30)]\nnodes.clear()")
    process = pooled("run", "--pool", "__main__:Node,max=10", "deep.py", cwd=tmp_path)
    assert " ".join(process.stderr.split()).endswith(
        "__main__:Node missed 30 times. Of its objects, 10 are live or parked, 20 were discarded because the "
        "pool was full (max)."
    )


def test_run_writes_an_html_report(program):
    process = pooled(
        "run", "--html", "page.html", "--pool", "__main__:Order", program, cwd=program.parent, ORDERS="300000"
    )
    assert process.returncode == 0, process.stderr
    page = (program.parent / "page.html").read_text()
    assert "<svg" in page
    assert "__main__:Order" in page


def test_run_estimates_how_long_objects_lived(tmp_path):
    (tmp_path / "main.py").write_text(
        "import time\nclass Job: pass\njobs = [Job() for _ in range(9)]\n"
        "from pooled._report.sampling import latest\nwhile len(latest()) < 12: time.sleep(0.01)\n"
    )
    process = pooled("run", "--html", "page.html", "--pool", "__main__:Job", "main.py", cwd=tmp_path)
    said = re.search(r"Mean lifetimes of objects, estimated from samples: __main__:Job (\S+ m?s)\.", process.stderr)
    assert said, process.stderr
    assert f"<b>lifetime</b> about {said[1]} on average" in (tmp_path / "page.html").read_text()
    arguments = ("--json", "--html", "page.html", "--pool", "__main__:Job", "main.py")
    figures = json.loads(pooled("run", *arguments, cwd=tmp_path).stderr)["pools"]["__main__:Job"]
    assert figures["lifetime"] > 0.05


def test_run_names_classes_that_were_never_defined(program):
    (program.parent / "pooled.toml").write_text('[instrument."nowhere.at_all:Class"]\n')
    pools = ("--pool", "somewhere:Else", "--pool", "__main__:Ordr", "--pool", "__main__:Nobody")
    process = pooled("run", *pools, program, cwd=program.parent, POOLED_CONFIG="pooled.toml")
    assert process.returncode == 0
    assert process.stderr.endswith(
        "these were never imported: nowhere.at_all:Class, somewhere:Else\n"
        "the program defined no class __main__:Ordr; did you mean 'Order'?\n"
        "the program defined no class __main__:Nobody\n"
    )
    process = pooled("run", "--json", "--pool", "somewhere:Else", program, cwd=program.parent)
    assert json.loads(process.stderr)["unmet"] == ["these were never imported: somewhere:Else"]


def test_advise_names_classes_that_were_never_imported(program):
    (program.parent / "pooled.toml").write_text('[instrument."nowhere.at_all:Class"]\n')
    process = pooled("advise", program, cwd=program.parent, POOLED_CONFIG="pooled.toml")
    assert process.returncode == 0
    assert process.stderr.endswith("these were never imported: nowhere.at_all:Class\n")


@pytest.mark.parametrize("engine", ENGINES)
def test_info(tmp_path, engine):
    config = tmp_path / "pooled.toml"
    config.write_text(
        '[defaults]\nmax_cap = 77\ngc_trim = false\n[numpy]\nmax_bytes = "2MiB"\n[classes."a.b:C"]\nmax = 5\n'
    )
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
    assert found["numpy"] == {"value": 2 << 20, "from": f"the file {config}"}
    assert found["classes"] == {"a.b:C": {"max": 5}}
    text = pooled("info", cwd=tmp_path, engine=engine, **environment).stdout
    assert "POOLED_MAX" in text
    assert "a.b:C" in text
    assert "\033" not in text


@pytest.mark.parametrize("engine", ENGINES)
def test_info_shows_all_settings_of_a_class(tmp_path, engine):
    (tmp_path / "pooled.toml").write_text(
        '[instrument."a.b:C"]\nmax = 5\nidle_trim = 2.5\nreset = "clear"\ncapacity = "size"\n'
        '[instrument."a.b:D"]\nkeep = ["buffer", "seen"]\n'
        '[override."a.b:E"]\nscope = "global"\n'
    )
    found = pooled("info", "--json", cwd=tmp_path, engine=engine, POOLED_CONFIG="pooled.toml").stdout
    assert json.loads(found)["instrument"] == {
        "a.b:C": {"max": 5, "idle_trim": 2.5, "reset": "clear", "capacity": "size"},
        "a.b:D": {"keep": ["buffer", "seen"]},
    }
    text = pooled("info", cwd=tmp_path, engine=engine, COLUMNS="200", POOLED_CONFIG="pooled.toml").stdout
    for said in ("max=5, idle_trim=2.5, reset=clear, capacity=size", "keep=buffer and seen", "scope=global"):
        assert said in text


def test_info_where_the_native_engine_was_not_built(tmp_path):
    shutil.copytree(
        Path(__file__).parents[2] / "pooled", tmp_path / "pooled", ignore=shutil.ignore_patterns("*.so", "*.pyd")
    )
    environ = {name: value for name, value in os.environ.items() if name != "POOLED_ENGINE"}
    said = subprocess.check_output(
        [sys.executable, "-m", "pooled", "info"], cwd=tmp_path, env={**environ, "COLUMNS": "300"}, text=True
    )
    assert re.search(
        rf"^engine +reference +{re.escape(str(tmp_path / 'pooled'))} has no native engine that works here: .*_native",
        said,
        re.MULTILINE,
    )
