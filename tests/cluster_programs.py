"""Runs the programs of tests/clusters/programs, each in an interpreter of its own."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent / "clusters" / "programs"


def run_program(name, *arguments, **environ):
    """Run a program; return what it wrote to standard output and to standard error."""
    process = subprocess.run(
        [sys.executable, HERE / name, *arguments],
        env={**os.environ, **environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), _inherited()]))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout, process.stderr


def _inherited():
    return os.environ.get("PYTHONPATH", "")
