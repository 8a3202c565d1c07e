"""The examples run, and their results are the same with and without pools."""

import functools
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import effort
import limits
import pytest
from conftest import ENGINES

EXAMPLES = Path(__file__).parent.parent / "examples"
SOURCES = [Path(sysconfig.get_path("stdlib")) / name for name in ("argparse.py", "typing.py", "subprocess.py")]
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("[!_]*.py") if path.name not in ("demo.py", "scheduler.py"))
"""The examples that read files. The others generate their input, and have other tests."""

REQUESTS, CACHED = effort.pick(short=(30, 1_500), long=(60, 3_000))
SMALL_SERVER = ("--requests", REQUESTS, "--cached", CACHED, "--blocks", 600, "--rounds", 1)


@functools.cache
def run(program, *arguments, engine="reference"):
    """Run an example; return its output."""
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
    """The line with the counts of the text."""
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


def test_dedup_without_pools():
    printed = run("dedup.py", "--no-pool", *SOURCES)
    assert counted(printed) == counted(run("dedup.py", *SOURCES))
    assert "no pools" in printed
    assert "pool of" not in printed


@limits.skip_if("last-drop-elsewhere")
def test_nothing_comes_back_to_a_producer_from_local_pools():
    lines = run("producer_consumer.py", "--local", *SOURCES).splitlines()
    assert [line.split(",")[0] for line in lines if line.startswith("pool of")] == [
        "pool of lists: 0 hits",
        "pool of strings: 0 hits",
    ]


@pytest.mark.long
def test_the_standard_library_is_the_default():
    assert int(run("dedup.py").partition(" files")[0].replace(",", "")) > 300


def test_a_file_that_is_missing():
    process = subprocess.run(
        [sys.executable, EXAMPLES / "dedup.py", "missing.txt"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 1
    assert process.stderr.startswith("missing.txt: not a file")


def digests(printed):
    """The line with the digest of the scheduler's answers."""
    return next(line for line in printed.splitlines() if line.startswith("digest"))


@pytest.mark.parametrize("engine", [pytest.param("reference", marks=pytest.mark.long), "native"])
def test_the_scheduler_compares_both_ways(engine):
    printed = run("scheduler.py", *SMALL_SERVER, engine=engine)
    assert f"engine {engine}" in printed
    for side in ("not pooled", "pooled    "):
        figures = r"steps per second: [\d,]+  gc collections: [\d,]+, [\d,]+, [\d,]+  slowest step: [\d.]+ ms"
        assert re.search(rf"^{side}  {figures}  99th percentile: [\d.]+ ms$", printed, re.MULTILINE)
    assert re.search(r"^pooled / not pooled, steps per second: [\d.]+ ", printed, re.MULTILINE)
    assert re.search(r"^digest of the answers: [0-9a-f]{16}$", printed, re.MULTILINE)
    assert re.search(r" [1-9]\d* preemptions; [1-9][\d,]* blocks found on the device, [1-9][\d,]* in the host", printed)
    pools = [line for line in printed.splitlines() if line.startswith("pool of ")]
    assert len(pools) == 7
    assert all(re.search(r" [1-9][\d,]* hits", line) for line in pools)


@pytest.mark.long
def test_the_schedulers_answers_depend_on_the_seed_alone():
    both = run("scheduler.py", *SMALL_SERVER)
    plain = run("scheduler.py", "--no-pool", *SMALL_SERVER)
    off = run("scheduler.py", "--pool", *SMALL_SERVER, engine="off")
    other = run("scheduler.py", "--no-pool", "--no-gc", "--seed", 2, *SMALL_SERVER)
    assert digests(both) == digests(plain) == digests(off) != digests(other)
    assert "pool of" not in plain
    assert "gc collections: 0, 0, 0 " in other


def test_a_scheduler_without_room():
    process = subprocess.run(
        [sys.executable, EXAMPLES / "scheduler.py", "--blocks", "10"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert "--blocks 10: expected at least 563" in process.stderr


@pytest.mark.parametrize("engine", [pytest.param("reference", marks=pytest.mark.long), "native"])
def test_the_demo_compares_both_ways(engine, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")  # a narrow terminal
    size = ("--products", 2_000, "--offers", 100, "--requests", 20, "--rounds", 2)
    lines = run("demo.py", *size, engine=engine).splitlines()
    assert re.fullmatch(
        r"pooled: \d+\.\d\d\N{MULTIPLICATION SIGN} as fast, p99 \d+\.\d ms instead of \d+\.\d ms, results equal",
        lines[-1],
    )
    assert sum("\N{FULL BLOCK}" in line for line in lines) == 4
    assert all(len(line) <= 60 for line in lines[:-1] if "doctor" not in line)
    text = " ".join(" ".join(lines).split())
    assert len(re.findall(r"[\d,]+ collections, [\d,]+ of them full; [\d.]+ s in all", text)) == 2
    assert re.search(r"^the pool: [1-9][\d,]* offers reused, [1-9]\d* created$", "\n".join(lines), re.MULTILINE)
    assert ("python -m pooled doctor" in "\n".join(lines)) == (engine != "native")


def test_a_demo_without_requests():
    process = subprocess.run(
        [sys.executable, EXAMPLES / "demo.py", "--requests", "0"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert "--requests 0: expected at least 1" in process.stderr
