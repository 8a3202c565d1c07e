"""mypy and pyright accept `tests/types`, which uses each public name."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import limits
import pytest
from conftest import ENGINES, is_built, load
from test_public_names import NAMES

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "tests" / "types"
TEXT = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.py")))


def check(*command, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-P", "-m", *map(str, command)],
        cwd=cwd,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize("path", [*NAMES, "pooled.pytest_plugin.Expected", "pooled.pytest_plugin.Watch"])
def test_every_name_is_there(path):
    name = path.rpartition(".")[2]
    assert re.search(rf"\.{name}\b", TEXT), f"{path}: no file of tests/types uses it"


@pytest.mark.parametrize("name", ["take", "try_take"])
@pytest.mark.parametrize("engine", [*ENGINES, "off"])
def test_signatures_at_run_time(engine, name):
    if engine == "native" and not is_built():
        limits.skip("not-built")
    function = getattr(load(POOLED_ENGINE=engine)["pooled"], name)
    assert [(parameter.name, parameter.kind.name) for parameter in inspect.signature(function).parameters.values()] == [
        ("cls", "POSITIONAL_ONLY"),
        ("args", "VAR_POSITIONAL"),
        ("kwargs", "VAR_KEYWORD"),
    ]


@pytest.mark.long
def test_mypy(tmp_path):
    limits.require("mypy")
    process = check("mypy", "--strict", "--cache-dir", tmp_path / "cache", FOLDER, cwd=tmp_path)
    assert process.returncode == 0, process.stdout


@pytest.mark.long
def test_mypy_sees_a_mistake(tmp_path):
    limits.require("mypy")
    right = "assert_type(Attrs(1).items, list[str])"
    text = (FOLDER / "public.py").read_text()
    mistaken = tmp_path / "mistaken.py"
    mistaken.write_text(text.replace(right, "Attrs(1).items + 1"))
    process = check("mypy", "--strict", "--cache-dir", tmp_path / "cache", mistaken, cwd=tmp_path)
    assert process.returncode == 1
    line = text[: text.index(right)].count("\n") + 1
    assert f"mistaken.py:{line}: error: No overload variant" in process.stdout


@pytest.mark.long
def test_pyright():
    limits.require("pyright")
    process = check("pyright", "--pythonpath", sys.executable, FOLDER, cwd=ROOT)
    assert process.returncode == 0, process.stdout


@pytest.mark.long
@pytest.mark.parametrize("name", ["classes.py", "take.py"])
def test_pyright_sees_what_is_refused(name, tmp_path):
    limits.require("pyright")
    mistaken = tmp_path / "mistaken.py"
    text = (FOLDER / name).read_text()
    refused = [number for number, line in enumerate(text.splitlines(), 1) if "# pyright: ignore" in line]
    mistaken.write_text(re.sub(r"  # type: ignore.*", "", text))
    process = check("pyright", "--pythonpath", sys.executable, mistaken, cwd=tmp_path)
    assert process.returncode == 1
    assert sorted({int(line) for line in re.findall(r"mistaken\.py:(\d+):", process.stdout)}) == refused


@pytest.mark.long
def test_all_public_types_are_known(tmp_path):
    limits.require("pyright")
    typings = str(ROOT / "tools" / "typings")  # of Dask and Ray, which the tests do not install
    process = check("pyright", "--ignoreexternal", "--verifytypes", "pooled", cwd=tmp_path, PYTHONPATH=typings)
    assert "Type completeness score: 100%" in process.stdout, process.stdout


ALLOWED = """
.*\\._native\\.Store
.*\\._native\\.(Arc|TArc|Weak)(\\..*)?
"""
"""A class whose memory layout a stub cannot express, and those that `pooled/arc.py` describes."""


@pytest.mark.long
def test_the_stub_of_the_native_engine_is_what_is_there(tmp_path):
    limits.require("mypy")
    if not is_built():
        limits.skip("not-built")
    module = "pooled._engine.native._native"
    allowed = tmp_path / "allowed.txt"
    allowed.write_text(ALLOWED)
    process = check("mypy.stubtest", "--allowlist", allowed, "--ignore-unused-allowlist", module, cwd=tmp_path)
    assert process.returncode == 0, process.stdout
