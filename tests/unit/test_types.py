"""What mypy and pyright make of the public names, in `tests/types`; each of these names is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pooled
import pooled.arc
import pooled.containers
import pooled.instrument

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "tests" / "types" / "public.py"


def check(*command, cwd):
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=cwd,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize("module", [pooled, pooled.containers, pooled.arc, pooled.instrument])
def test_every_name_is_there(module):
    text = FILE.read_text()
    assert [name for name in module.__all__ if not re.search(rf"\.{name}\b", text)] == []


def test_mypy(tmp_path):
    pytest.importorskip("mypy")
    process = check("mypy", "--strict", "--cache-dir", tmp_path / "cache", FILE, cwd=tmp_path)
    assert process.returncode == 0, process.stdout


def test_mypy_sees_a_mistake(tmp_path):
    pytest.importorskip("mypy")
    mistaken = tmp_path / "mistaken.py"
    mistaken.write_text(FILE.read_text().replace("assert_type(Attrs(1).items, list[str])", "Attrs(1).items + 1"))
    process = check("mypy", "--strict", "--cache-dir", tmp_path / "cache", mistaken, cwd=tmp_path)
    assert process.returncode == 1
    assert "mistaken.py:50: error: No overload variant" in process.stdout


def test_pyright():
    pytest.importorskip("pyright")
    process = check("pyright", "--pythonpath", sys.executable, FILE, cwd=ROOT)
    assert process.returncode == 0, process.stdout


def test_all_public_types_are_known(tmp_path):
    pytest.importorskip("pyright")
    process = check("pyright", "--ignoreexternal", "--verifytypes", "pooled", cwd=tmp_path)
    assert "Type completeness score: 100%" in process.stdout, process.stdout
