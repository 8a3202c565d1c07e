"""The examples run, do what they say, and say the same whatever the pools do."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import ENGINES

EXAMPLES = Path(__file__).parent.parent / "examples"
SOURCES = [Path(sysconfig.get_path("stdlib")) / name for name in ("argparse.py", "typing.py", "subprocess.py")]
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("[!_]*.py"))


def run(program, *arguments, engine="reference"):
    """What an example prints."""
    process = subprocess.run(
        [sys.executable, EXAMPLES / program, *map(str, arguments)],
        env={**os.environ, "POOLED_ENGINE": engine},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout


def counted(printed):
    """The line that says what was counted in the text."""
    return next(line for line in printed.splitlines() if re.match(r"identifiers|[\d,]+ files", line))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_is_counted_with_and_without_pools(program, engine):
    pooled, off = run(program, *SOURCES, engine=engine), run(program, *SOURCES, engine="off")
    assert counted(pooled) == counted(off)
    assert f"engine {engine}" in pooled
    assert "engine off" in off
    assert re.search(r" [1-9][\d,]* hits", pooled)
    assert not re.search(r" [1-9][\d,]* hits", off)


@pytest.mark.parametrize("program", ["producer_consumer.py", "async_producer_consumer.py"])
def test_the_kinds_of_pools(program):
    printed = {kind: run(program, *kind, *SOURCES) for kind in ((), ("--local",), ("--no-pool",))}
    assert len({counted(text) for text in printed.values()}) == 1
    assert "pool of" not in printed["--no-pool",]
    for text in printed.values():
        for what in (
            r"lines per second: [\d,]+",
            r"gc collections: [\d,]+",
            r"first [\d,]+; second [\d,]+; last [\d,]+",
        ):
            assert re.search(what, text)


def test_nothing_comes_back_to_a_producer_from_local_pools(free_threaded):
    if free_threaded:
        pytest.skip("CPython may leave the last drop to the thread that took the object, which is the producer's")
    lines = run("producer_consumer.py", "--local", *SOURCES).splitlines()
    assert [line.split(",")[0] for line in lines if line.startswith("pool of")] == [
        "pool of lists: 0 hits",
        "pool of strings: 0 hits",
    ]


def test_the_standard_library_is_the_default():
    assert int(run("dedup.py").partition(" files")[0].replace(",", "")) > 300


def test_a_file_that_is_missing():
    process = subprocess.run(
        [sys.executable, EXAMPLES / "dedup.py", "missing.txt"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 1
    assert process.stderr.startswith("missing.txt: not a file")
