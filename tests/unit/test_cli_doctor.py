"""`python -m pooled` says what to do next, and `python -m pooled doctor` checks the installation."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import limits
import pytest
from cli_runner import pooled, run
from conftest import is_built

FOLDER = Path(__file__).parents[2] / "pooled"


def findings(process):
    """The findings of `doctor --json`, by name."""
    return {each["name"]: each for each in json.loads(process.stdout)["findings"]}


@pytest.fixture
def sources(tmp_path):
    """A folder with the package without its extensions, as in a checkout that was not built."""
    shutil.copytree(FOLDER, tmp_path / "pooled", ignore=shutil.ignore_patterns("*.so", "*.pyd"))
    return tmp_path


def doctor(*arguments, cwd, **environment):
    """Run `doctor` without the variables of this run."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POOLED_")}
    return subprocess.run(
        [sys.executable, "-m", "pooled", "doctor", *arguments],
        cwd=cwd,
        env={**clean, "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_no_command_says_what_to_do_next(tmp_path):
    process = run("-m", "pooled", cwd=tmp_path)
    assert (process.returncode, process.stderr) == (0, "")
    for command in ("doctor", "advise", "run", "info"):
        assert f"python -m pooled {command}" in process.stdout


@limits.skip_if("shows-the-gil")
def test_a_built_installation_is_sound(tmp_path):
    if not is_built():
        limits.skip("not-built")
    process = doctor("--json", cwd=tmp_path)
    report = json.loads(process.stdout)
    assert (process.returncode, process.stderr, report["faster"]) == (0, "", [])
    found = findings(process)
    assert found["engine"]["value"].startswith("native")
    assert found["Python"]["value"].startswith(sys.version.split()[0])
    assert found["attrs"]["value"] == version("attrs")
    assert {each["state"] for each in found.values()} <= {"ok", "note"}
    text = doctor(cwd=tmp_path)
    assert text.returncode == 0
    assert text.stdout.endswith("\nEverything is as fast as it can be here.\n")
    assert all(name in text.stdout for name in found)


def test_the_environment_makes_it_slow(tmp_path):
    process = doctor("--json", cwd=tmp_path, POOLED_ENGINE="reference", POOLED_DEBUG="1", POOLED_MAX="7")
    assert (process.returncode, process.stderr) == (1, "")
    found = findings(process)
    assert found["engine"]["state"] == found["debug mode"]["state"] == "slower"
    assert found["engine"]["advice"].startswith("Unset POOLED_ENGINE")
    assert found["debug mode"]["advice"].startswith("Unset POOLED_DEBUG")
    assert "POOLED_MAX=7" in found["configuration"]["value"]
    text = doctor(cwd=tmp_path, POOLED_ENGINE="reference", COLUMNS="30").stdout
    assert max(map(len, text.splitlines())) <= 30
    assert "To make it faster:\n- Unset POOLED_ENGINE" in text


def test_the_sources_of_a_checkout(sources):
    (sources / "setup.py").touch()
    process = doctor("--json", cwd=sources, CC="no-such-compiler")
    assert process.returncode == 1
    found = findings(process)
    assert found["engine"]["value"].startswith("reference: ")
    assert str(sources / "pooled") in found["engine"]["advice"]
    assert "make dev" in found["engine"]["advice"]
    assert (found["compiler"]["value"], found["compiler"]["state"]) == ("no-such-compiler: not found", "slower")
    assert any("Install a C compiler" in advice for advice in json.loads(process.stdout)["faster"])


def test_a_wrong_configuration(tmp_path):
    process = pooled("doctor", cwd=tmp_path, POOLED_MAX="much")
    assert process.returncode == 2
    assert process.stderr.startswith("python -m pooled: POOLED_MAX='much': ")
