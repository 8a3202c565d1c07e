"""The charts of the benchmarks: they show the figures of a run with titles and units, and are reproducible."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import limits
import pytest

limits.require("matplotlib")

ROOT = Path(__file__).parent.parent.parent


def run(module, *arguments):
    """Run a module; return the process."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """The figures of a quick run of two tables."""
    file = tmp_path_factory.mktemp("figures") / "figures.json"
    for table in ("growth: poolable classes", "workload: etl"):
        assert (
            run("benchmarks", "--quick", "--only", table, "--json", file.with_name(f"{table[:6]}.json")).returncode == 0
        )
    parts = [json.loads(part.read_text()) for part in file.parent.glob("*.json")]
    tables = {title: rows for part in parts for title, rows in part["tables"].items()}
    file.write_text(json.dumps({**parts[0], "tables": tables}))
    return file


@pytest.fixture(scope="module")
def drawn(figures):
    """The folder of the charts of those figures."""
    process = run("benchmarks.charts", figures, "--into", figures.parent / "drawn")
    assert (process.returncode, process.stderr) == (0, "")
    return figures.parent / "drawn"


@pytest.mark.long
def test_what_was_run_is_drawn(drawn):
    names = {path.name for path in drawn.iterdir()}
    assert names == {
        f"{chart}{look}.{kind}"
        for chart in ("growth-classes", "whole-programs")
        for look in ("", "-dark")
        for kind in ("svg", "png")
    } | {"figures.md"}
    written = " ".join(ElementTree.parse(drawn / "growth-classes.svg").getroot().itertext())
    assert "With a thousand classes in turn" in written
    assert "(ns)" in written
    assert "| 1,000 classes | " in (drawn / "figures.md").read_text()
    assert (drawn / "growth-classes.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
def test_the_same_figures_are_the_same_file(figures, drawn, tmp_path):
    assert run("benchmarks.charts", figures, "--into", tmp_path).returncode == 0
    name = "whole-programs.svg"
    assert (tmp_path / name).read_bytes() == (drawn / name).read_bytes()


def test_what_is_no_run(tmp_path):
    (tmp_path / "no.json").write_text("[]")
    process = run("benchmarks.charts", tmp_path / "no.json")
    assert process.returncode == 2
    assert "expected what --json wrote" in process.stderr
