"""The benchmarks run one table at a time, and report an unknown table."""

import json
import re
import subprocess
import sys
from pathlib import Path

import limits
import pytest

ROOT = Path(__file__).parent.parent.parent


def run(*arguments):
    """Run the benchmarks; return the process."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
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


def test_a_group_of_tables(tmp_path):
    figures = tmp_path / "figures.json"
    process = run("--quick", "construction", "--only", "__post_init__", "--json", figures)
    assert (process.returncode, process.stderr) == (0, "")
    ((title, rows),) = json.loads(figures.read_text())["tables"].items()
    assert title == "construction: a __post_init__"
    assert [row["case"].rpartition(" ")[2] for row in rows] == ["call", "take"]
    assert all(row["ratio"] > 0 < row["wanted"] for row in rows)


CELLS = {"construction: calls": 44, "construction: a __post_init__": 2}


@pytest.mark.long
def test_the_table_of_construction(tmp_path):
    figures = tmp_path / "figures.json"
    process = run("--quick", "construction", "--json", figures)
    assert (process.returncode, process.stderr) == (0, "")
    tables = json.loads(figures.read_text())["tables"]
    assert {title.partition(":")[0] for title in tables} == {"construction"}
    assert {title: len(tables[title]) for title in CELLS} == CELLS
    assert all(row["wanted"] is not None for rows in tables.values() for row in rows)


@pytest.mark.long
def test_small_containers(tmp_path):
    figures = tmp_path / "figures.json"
    process = run("--quick", "containers", "--json", figures)
    assert (process.returncode, process.stderr) == (0, "")
    filled, assigned = json.loads(figures.read_text())["tables"].values()
    assert len(filled) == len({row["case"] for row in filled}) == 120
    assert {row["wanted"] for row in filled} == {0.97}
    assert {row["wanted"] for row in assigned} == {None}


ARRAYS = {
    "arrays: take, fill, drop": 4,
    "arrays: an expression": 18,
    "arrays: an expression, written by hand": 6,
    "arrays: page faults of a step": 1,
    "arrays: numpy.zeros": 6,
    "arrays: small ones, installed": 4,
}


@pytest.mark.long
def test_arrays(tmp_path):
    limits.require("pooled._memory.arrays")
    figures = tmp_path / "figures.json"
    process = run("--quick", "arrays", "--json", figures)
    assert process.returncode == 0, process.stderr
    tables = json.loads(figures.read_text())["tables"]
    assert {title: len(tables[title]) for title in ARRAYS} == ARRAYS
    assert tables["arrays: programs"][-1]["case"] == "geometric mean"
    assert all(row["ratio"] > 0 for rows in tables.values() for row in rows)


def test_a_group_that_is_missing():
    process = run("nothing")
    assert process.returncode == 2
    assert "'nothing': expected one of the groups 'take + drop', 'construction', 'containers', " in process.stderr


def test_a_table_that_is_missing():
    process = run("--only", "nothing of the kind")
    assert process.returncode == 2
    assert "expected a part of one of the titles 'take + drop', " in process.stderr


def test_the_tables_that_the_documentation_names():
    limits.require("numpy")  # without it, some tables are missing
    titles = run("--only", "nothing of the kind").stderr
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"-m benchmarks --only (\w+)", page.read_text("utf-8"))}
    assert len(named) > 2
    assert [name for name in sorted(named) if name not in titles] == []


@pytest.mark.long
def test_a_run_against_an_earlier_one(tmp_path):
    old = tmp_path / "old.json"
    assert run("--quick", "--only", "little used", "--json", old).returncode == 0
    figures = json.loads(old.read_text())
    (rows,) = figures["tables"].values()
    for factor, status in ((0.1, 0), (10, 1)):
        changed = [{**row, "ratio": row["ratio"] * factor, "low": row["low"] * factor} for row in rows]
        old.write_text(json.dumps({**figures, "tables": dict.fromkeys(figures["tables"], changed)}))
        process = run("--quick", "--only", "little used", "--compare", old)
        assert (process.returncode, process.stderr) == (status, "")
        assert f"of 3 cases, slower than before: {3 * status}" in process.stdout


def test_what_is_no_earlier_run(tmp_path):
    old = tmp_path / "old.json"
    assert "--compare: " in run("--compare", old).stderr
    old.write_text("[]")
    process = run("--compare", old)
    assert process.returncode == 2
    assert "expected what --json wrote" in process.stderr


def alternatives(*arguments):
    command = [sys.executable, "-m", "benchmarks.alternatives", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_the_alternatives(tmp_path):
    limits.require("msgspec")
    process = alternatives("--quick", "--rounds", 1, "--json", tmp_path / "figures.json")
    assert process.returncode == 0, process.stderr
    assert process.stdout == alternatives("--tables", tmp_path / "figures.json").stdout
    assert process.stdout.count("| **pooled** |") == 3


def test_the_comparison_has_the_measured_figures():
    files = [ROOT / "docs" / "benchmarks" / f"alternatives-{version}.json" for version in ("3.11", "3.14")]
    page = (ROOT / "docs" / "explanation" / "comparison.md").read_text("utf-8")
    tables = alternatives("--tables", *files).stdout.strip().split("\n\n")
    assert len(tables) == 3
    assert [table for table in tables if table not in page] == []
