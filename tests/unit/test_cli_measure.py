"""`python -m pooled advise --measure`: real programs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib

import limits
import pytest
from cli_runner import pooled
from conftest import is_built

if not is_built():
    limits.skip("not-built", allow_module_level=True)

NOTICE = "advise --measure runs the program several times, for up to "

SMALL = """
import sys
from pathlib import Path

Path("written.txt").write_text(sys.stdin.read().upper())
print(sys.argv[1:])
print("a warning", file=sys.stderr)
sys.exit(3)
"""

GROWS = """
kept = [[number] for number in range(1_000_000)]
print(len(kept))
"""
"""A program in which the collector visits all objects repeatedly."""


def test_a_program_with_nothing_to_gain(tmp_path):
    (tmp_path / "small.py").write_text(SMALL)
    options = ("--measure", "--rounds", "1", "--without", "gc", "--compare", "written.txt")
    process = pooled("advise", *options, "small.py", "x", "--", cwd=tmp_path, given="given")
    assert (process.returncode, process.stdout) == (3, "['x', '--']\n")  # once
    first, second, warning, found = process.stderr.splitlines()[:4]
    assert f"{first} {second}" == f"{NOTICE}25 times its own time: its side effects repeat."
    assert warning == "a warning"
    assert found.startswith("small.py x --: no settings make it faster; ")
    assert (tmp_path / "written.txt").read_text() == "GIVEN"


@pytest.mark.long
def test_json_and_a_copy_of_the_folder(tmp_path):
    (tmp_path / "small.py").write_text(SMALL)
    options = (
        "--measure",
        "--json",
        "--in-copy",
        "--compare",
        "written.txt",
        "--write",
        "x.toml",
        "--time-limit",
        "60",
    )
    process = pooled("advise", *options, "small.py", cwd=tmp_path, given="given")
    found = json.loads(process.stderr.removeprefix("a warning\n"))
    assert (found["basis"], found["status"], found["chosen"]) == ("measurement", 3, None)
    assert found["compared"] == ["exit status", "standard output", "written.txt"]
    assert not (tmp_path / "written.txt").exists()
    assert tomllib.loads((tmp_path / "x.toml").read_text()) == {}


@pytest.mark.long
def test_a_program_that_gains(tmp_path):
    (tmp_path / "grows.py").write_text(GROWS)
    process = pooled("advise", "--measure", "--write", "grows.toml", "grows.py", cwd=tmp_path)
    assert process.returncode == 0
    assert "\nUse the collector's settings: " in process.stderr
    assert "times as fast (" in process.stderr
    written = (tmp_path / "grows.toml").read_text()
    assert "# Measured: " in written
    assert "# Identical with these settings and without: exit status and standard output.\n" in written
    assert tomllib.loads(written)["gc"]["threshold"] == [50_000, 20, 100]
    ran = pooled("run", "--config", "grows.toml", "grows.py", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, process.stdout)


@pytest.mark.long
def test_a_program_that_prints_something_else_each_time(tmp_path):
    (tmp_path / "main.py").write_text("import os\nprint(os.getpid())")
    process = pooled("advise", "--measure", "--rounds", "1", "main.py", cwd=tmp_path)
    assert "Not compared, because it also varies without settings: standard output, line 1: " in " ".join(
        process.stderr.split()
    )


SERVER = """
import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        made = [[number] for number in range(20_000)]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(len(made)).encode())

    def log_message(self, *arguments):
        pass


kept = [[number] for number in range(50_000)]
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

CLIENT = """
import sys
import time
import urllib.request

for number in range(20):
    began = time.perf_counter()
    answer = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/").read()
    print(time.perf_counter() - began)
print(answer)
"""


@pytest.mark.long
def test_a_server(tmp_path):
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "client.py").write_text(CLIENT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    drive = f"{sys.executable} client.py {port}"
    options = ("--measure", "--json", "--drive", drive, "--time-limit", "200", "--rounds", "1")
    process = pooled("advise", *options, "server.py", port, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (0, "")
    found = json.loads(process.stderr)
    assert found["cost"] == "mean latency"
    assert found["compared"] == ["exit status", "standard output", "the output of --drive"]
    assert not found["dropped"]
    assert all(each["p99"] > 0 and each["plain"] < 1 for each in found["tested"])
    assert {group for each in found["tested"] for group in each["groups"]} >= {"gc"}


@pytest.mark.long
def test_a_server_that_does_not_answer(tmp_path):
    (tmp_path / "main.py").write_text("print('done')")
    process = pooled("advise", "--measure", "--drive", "false", "main.py", cwd=tmp_path)
    assert process.returncode == 2
    assert "main.py: cannot be measured: the program ended before it answered, with status 0\n" in process.stderr


@pytest.mark.long
def test_interrupted(tmp_path):
    (tmp_path / "main.py").write_text("import time\nopen('runs', 'a').write('.')\ntime.sleep(1)\nprint('done')")
    command = [sys.executable, "-m", "pooled", "advise", "--measure", "main.py"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "runs").exists() or len((tmp_path / "runs").read_text()) < 2:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "main.py: nothing was compared.\nCtrl-C ended the measuring early.\n" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rounds", "2", "small.py"], "--rounds: works only with --measure"),
        (["--measure", "--time-limit", "0", "small.py"], "'0': expected a number of seconds above 0"),
        (["--measure", "nowhere.py"], "python -m pooled advise: nowhere.py: cannot be read: No such file or directory"),
    ],
)
def test_invalid_command_lines(tmp_path, arguments, said):
    process = pooled("advise", *arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert said in process.stderr
