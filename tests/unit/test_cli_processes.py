"""`run` and `advise` follow the processes that a program starts, and add up what each did."""

import json

import effort
import limits
import pytest
from cli_runner import pooled, run

MODULE = """
import os, signal, sys, time
class Order:
    def __init__(self): self.lines = []
def work(count):
    for _ in range(count): Order().lines.append(count)
    return count
"""

FORK = """
import orders, os
orders.work(10)
def child(count, end):
    pid = os.fork()
    if pid == 0:
        orders.work(count)
        end()
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""

POOL = """
import multiprocessing, orders
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(orders.work, [100] * 30))
"""

EXECUTOR = """
import multiprocessing, orders
from concurrent.futures import ProcessPoolExecutor
if __name__ == "__main__":
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as workers:
        print(list(workers.map(orders.work, [100] * 30)))
"""

# Programs, the number of their processes, how many of them are cut off, and how many objects they make.
FORKS = {
    "os._exit": (f"{FORK}child(2000, lambda: os._exit(3))", 2, 0, 2010),
    "sys.exit": (f"{FORK}child(2000, lambda: orders.sys.exit(4))", 2, 0, 2010),
    "SIGTERM": (f"{FORK}child(2000, lambda: os.kill(os.getpid(), 15) or orders.time.sleep(60))", 2, 0, 2010),
    "SIGKILL": (f"{FORK}child(2000, lambda: orders.time.sleep(1) or os.kill(os.getpid(), 9))", 2, 1, 2010),
    "an error": (
        f"{FORK}orders.sys.stderr = None\ndef fail(): orders.sys.stderr = None; 1 / 0\nchild(2000, fail)",
        2,
        0,
        2010,
    ),
    "a child of a child": (
        f"{FORK}def end():\n    child(1000, lambda: os._exit(5))\n    os._exit(6)\nchild(2000, end)",
        3,
        0,
        3010,
    ),
    "a pool": (POOL, 3, 0, 3000),
    "an executor": (EXECUTOR, 2, 0, 3000),
}

pytestmark = limits.skip_if("no-fork")


def check(folder, program, processes, cut_off, made):
    """The program prints and returns what it does without `pooled`, and both reports add up all of its processes."""
    (folder / "orders.py").write_text(MODULE)
    (folder / "program.py").write_text(program)
    plain = run("program.py", cwd=folder)
    for command in (("run", "--pool", "orders:Order,max=4"), ("advise",)):
        ran = pooled(*command, "--json", "--output", "report.json", "program.py", cwd=folder)
        assert (ran.stdout, ran.stderr, ran.returncode) == (plain.stdout, plain.stderr, plain.returncode)
        report = json.loads((folder / "report.json").read_text())
        assert report["processes"] == processes
        assert cut_off in (report["cut_off"], None)
        if command[0] == "run":
            assert report["pools"]["orders:Order"]["taken"] == made
            assert not report["unmet"]
        else:
            assert [each["made"] for each in report["classes"] if each["target"] == "orders:Order"] == [made]


@pytest.mark.parametrize("case", effort.some(FORKS, every=3))
def test_forked_processes(tmp_path, case):
    check(tmp_path, *case)


def test_reports_name_the_number_of_processes(tmp_path):
    (tmp_path / "orders.py").write_text(MODULE)
    (tmp_path / "program.py").write_text(FORKS["os._exit"][0])
    assert "The sum of 2 processes." in pooled("run", "--pool", "orders:Order", "program.py", cwd=tmp_path).stderr
    assert "The sum of 2 processes" in pooled("advise", "program.py", cwd=tmp_path).stderr


def test_leaves_no_files(tmp_path):
    (tmp_path / "orders.py").write_text(MODULE)
    (tmp_path / "program.py").write_text(FORKS["os._exit"][0])
    (tmp_path / "temporary").mkdir()
    pooled("run", "--pool", "orders:Order", "program.py", cwd=tmp_path, TMPDIR=str(tmp_path / "temporary"))
    assert not list((tmp_path / "temporary").iterdir())


CHILD = "import os, sys, orders; orders.work(2000); print(os.environ.get('PYTHONPATH'), sys.path, sys.argv)"

SPAWN = """
import multiprocessing, orders
class Own:
    def __init__(self): self.lines = []
def work(count):
    for _ in range(count): Own()
    return orders.work(count)
if __name__ == "__main__":
    with multiprocessing.get_context("METHOD").Pool(2) as pool:
        print(pool.map(work, [100] * 30))
        pool.close()
        pool.join()
"""

POSIX_SPAWN = f"""
import os, sys
pid = os.posix_spawn(sys.executable, [sys.executable, "-c", {CHILD!r}], os.environ)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""

TERMINATED = """
import subprocess, sys
code = "import orders; orders.work(2000); orders.os.kill(orders.os.getpid(), 15)"
print(subprocess.run([sys.executable, "-c", code]))
"""


def starts(options="", child=CHILD, **environment):
    """A program that starts Python in a process of its own."""
    return f"""
import os, subprocess, sys
command = [sys.executable, *{options.split()}, "-c", {child!r}]
print(subprocess.run(command, env={{**os.environ, **{environment}}}, text=True, capture_output=True))
print(subprocess.run(["env"], text=True, capture_output=True).stdout.count("PYTHONPATH"))
"""


# Programs that start new interpreters, the number of processes, how many are cut off, and how many objects they make.
STARTS = {
    "subprocess": (starts(), 2, 0, 2000),
    "spawn": (SPAWN.replace("METHOD", "spawn"), 3, 0, 3000),
    "an empty PYTHONPATH": (starts(PYTHONPATH=""), 2, 0, 2000),
    "a PYTHONPATH": (starts(PYTHONPATH="a:b"), 2, 0, 2000),
    "an option with a value": (starts("-W ignore -B"), 2, 0, 2000),
    "forkserver": (SPAWN.replace("METHOD", "forkserver"), 4, None, 3000),  # the server itself may end after the program
    "a child of a child": (starts(child=starts()), 3, 0, 2000),
    "posix_spawn": (POSIX_SPAWN, 2, 0, 2000),
    "SIGTERM": (TERMINATED, 2, 0, 2000),
}


@pytest.mark.parametrize("case", effort.some(STARTS, every=5))
def test_started_processes(tmp_path, case):
    check(tmp_path, *case)


@pytest.mark.parametrize("options", effort.some(["-I", "-S", "-E", "-W ignore -I"], every=4))
def test_process_that_does_not_import_sitecustomize(tmp_path, options):
    (tmp_path / "orders.py").write_text(MODULE)
    program = starts(options, child=CHILD.replace("; orders.work(2000)", "").replace(", orders", ""))
    (tmp_path / "program.py").write_text(program)
    plain = run("program.py", cwd=tmp_path)
    ran = pooled("run", "--pool", "orders:Order", "program.py", cwd=tmp_path)
    assert (ran.stdout, ran.returncode) == (plain.stdout, 0)
    assert "processes" not in ran.stderr


@pytest.mark.long
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_classes_of_the_main_module_in_started_processes(tmp_path, method):
    (tmp_path / "orders.py").write_text(MODULE)
    (tmp_path / "program.py").write_text(SPAWN.replace("METHOD", method))
    ran = pooled("run", "--json", "--pool", "__main__:Own", "program.py", cwd=tmp_path)
    report = json.loads(ran.stderr)
    assert report["pools"]["__main__:Own"]["taken"] == 3000
    assert not report["unmet"]


@pytest.mark.long
def test_hidden_sitecustomize_is_imported(tmp_path):
    (tmp_path / "orders.py").write_text(MODULE)
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.hidden = __file__")
    (tmp_path / "program.py").write_text(starts(child="import sys; print(hidden, sys.modules['sitecustomize'])"))
    plain = run("program.py", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    ran = pooled("run", "--pool", "orders:Order", "program.py", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert ran.stdout == plain.stdout
    assert str(tmp_path) in ran.stdout
