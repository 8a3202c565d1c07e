"""The benchmarks run, one table at a time, and say so where there is no such table."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def run(*arguments):
    """Run the benchmarks; give how they ended."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_one_table(tmp_path):
    figures = tmp_path / "figures.json"
    process = run("--quick", "--only", "little used", "--json", figures)
    assert (process.returncode, process.stderr) == (0, "")
    assert "a large table, little used" in process.stdout
    (rows,) = json.loads(figures.read_text())["tables"].values()
    assert len(rows) == 3
    assert all(row["ratio"] > 0 for row in rows)


def test_a_table_that_is_missing():
    process = run("--only", "nothing of the kind")
    assert process.returncode == 2
    assert "expected a part of one of the titles 'take + drop', " in process.stderr
