"""`tools/environment.py` and `tools/other_pythons.py`: every interpreter has its own, complete environment."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROJECT = """
[build-system]
requires = ["not-to-be-found"]
[project]
name = "anything"
version = "1"
dependencies = []
[tool.setuptools]
"""
NAME = f"{sys.version_info.major}.{sys.version_info.minor}{sys.abiflags}"


@pytest.fixture
def tree(tmp_path):
    """A project with a requirement that cannot be installed."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "environment.py", tmp_path / "tools")
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def run(tree, *arguments):
    """Run the tool without a package index; return its exit status and what it printed."""
    process = subprocess.run(
        [sys.executable, tree / "tools" / "environment.py", *arguments],
        env=os.environ | {"PIP_NO_INDEX": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return process.returncode, process.stdout


def record_of(tree):
    return tree / ".venv" / NAME / "completed.json"


def test_the_name_says_the_interpreter_and_the_kind(tree):
    assert run(tree, "--folder") == (0, f".venv/{NAME}\n")
    assert run(tree, "--folder", "--kind", "checks") == (0, f".venv/{NAME}-checks\n")


def test_every_other_interpreter_has_an_environment(tmp_path):
    this = ".".join(map(str, sys.version_info[:2]))
    paths = [Path(sys.executable)]
    for number, version in enumerate([f"{this}.99 (another)", "3.99.1 (first)", "3.99.0 (second)"]):
        paths.append(tmp_path / str(number))
        paths[-1].write_text(
            f"#!/bin/sh\necho '{version}'\necho '{bool(sysconfig.get_config_var('Py_GIL_DISABLED'))}'\n"
        )
        paths[-1].chmod(0o755)
    printed = subprocess.check_output(
        [sys.executable, ROOT / "tools" / "other_pythons.py", "echo", "make"],
        env=os.environ | {"POOLED_PYTHONS": ":".join(map(str, paths))},
        text=True,
    )
    assert [line for line in printed.splitlines() if line.startswith("make ")] == [
        f"make PYTHON={paths[1]} KIND={this}.99",
        f"make PYTHON={paths[2]}",
        f"make PYTHON={paths[3]} KIND=3.99.0",
    ]


@pytest.mark.long
def test_an_environment_is_replaced_or_finished(tree):
    """A single test, since making an environment takes a few seconds."""
    started = f".venv/{NAME}: installing dependencies"
    left = record_of(tree).with_name("left")
    # An environment of another interpreter is replaced.
    left.parent.mkdir(parents=True)
    left.touch()
    record_of(tree).write_text(json.dumps({"interpreter": ["3.11.0 (another)", sys.executable, str(tree)]}))
    status, printed = run(tree)
    assert (status != 0, started in printed, left.exists()) == (True, True, False)
    completed = json.loads(record_of(tree).read_text())
    assert (list(completed), completed["interpreter"][0]) == (["interpreter", "pip"], sys.version)
    # Now the environment exists, but without the requirement: the step is repeated.
    left.touch()
    status, printed = run(tree)
    assert (status != 0, started in printed, left.exists()) == (True, True, True)
    # A step that was completed is not repeated: the next one is the package itself.
    record_of(tree).write_text(json.dumps(completed | {"dependencies": ["not-to-be-found"]}))
    assert f".venv/{NAME}: installing anything" in run(tree)[1]
