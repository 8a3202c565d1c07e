"""The output of `python -m pooled`: files, terminals, and the width of lines."""

import json
import os
import subprocess
import sys

import limits
import pytest
from cli_runner import pooled

LONG = "APlainlyDescriptiveNameOfAClassAsPeopleWriteThemInLargePrograms"

WANDERS = """
import os
os.mkdir("elsewhere")
os.chdir("elsewhere")
class Order:
    def __init__(self): self.lines = [1]
for _ in range(3_000): Order()
"""

FILES = [("run", "--output"), ("run", "--html"), ("advise", "--output"), ("advise", "--write")]


def on_a_terminal(*arguments, cwd, **environment):
    """The output of a command on a terminal of 80 columns, to which both of its streams go."""
    pty = limits.require("pty")
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    command = [sys.executable, "-m", "pooled", *arguments]
    subprocess.run(command, cwd=cwd, env=environ | environment, stdout=theirs, stderr=theirs, check=True, timeout=300)
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # the end of the output
            part = b""
        if not part:
            break
        written += part
    os.close(ours)
    return written.decode()


@pytest.mark.parametrize(("command", "option"), FILES)
def test_file_names_are_relative_to_the_first_directory(tmp_path, command, option):
    (tmp_path / "main.py").write_text(WANDERS)
    process = pooled(command, option, "file", "main.py", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "file").read_text()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(("command", "option"), FILES)
@pytest.mark.parametrize(
    ("file", "said"), [("nowhere/file", "No such file or directory"), (".", "it is a folder; name a file")]
)
def test_unwritable_files_are_reported_before_the_program_runs(tmp_path, command, option, file, said):
    (tmp_path / "main.py").write_text("print('it ran')")
    process = pooled(command, option, file, "main.py", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert f"argument {option}: {file}: cannot be written: {said}" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(("command", "option"), FILES)
def test_a_file_keeps_its_content_until_the_report(tmp_path, command, option):
    (tmp_path / "file").write_text("an earlier one")
    (tmp_path / "main.py").write_text(
        "import os, signal\nprint(open('file').read(), os.listdir(), flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    process = pooled(command, option, "file", "main.py", cwd=tmp_path)
    assert process.returncode == -9
    assert process.stdout.startswith("an earlier one [")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "main.py"]
    assert (tmp_path / "file").read_text() == "an earlier one"


def test_a_report_replaces_the_target_of_a_link(tmp_path):
    (tmp_path / "file").write_text("an earlier one")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "main.py").write_text("")
    assert pooled("run", "--output", "link", "main.py", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "pooled: no objects were taken from a pool\n"


@limits.skip_if("no-dev-stdout")
def test_a_device_is_written_to(tmp_path):
    (tmp_path / "main.py").write_text("print('first')")
    process = pooled("run", "--output", "/dev/stdout", "main.py", cwd=tmp_path)
    assert process.stdout == "first\npooled: no objects were taken from a pool\n"


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--pool", "__main__:Order", "main.py"],
        ["advise", "main.py"],
        ["info"],
    ],
)
def test_only_terminals_get_colours(tmp_path, command):
    (tmp_path / "main.py").write_text(WANDERS.replace("os.mkdir", "").replace("os.chdir", ""))
    assert "\033[1m" in on_a_terminal(*command, cwd=tmp_path)
    assert "\033" not in on_a_terminal(*command, cwd=tmp_path, NO_COLOR="1")
    if command != ["info"]:
        on_a_terminal(command[0], "--output", "report", *command[1:], cwd=tmp_path)
        assert "Order" in (tmp_path / "report").read_text()
        assert "\033" not in (tmp_path / "report").read_text()


@pytest.mark.parametrize("columns", [30, *(pytest.param(each, marks=pytest.mark.long) for each in (60, 80))])
@pytest.mark.parametrize("command", ["run", "advise", "info"])
def test_tables_fit(tmp_path, command, columns):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "of_the_program.py").write_text(
        f"class {LONG}:\n    def __init__(self): self.lines = [1]\n"
        f"def make(count): return [{LONG}() for _ in range(count)]\n"
    )
    (tmp_path / "main.py").write_text("from parts.of_the_program import make\nfor _ in range(5): make(2_000)")
    target = f"parts.of_the_program:{LONG}"
    (tmp_path / "pooled.toml").write_text(f'[instrument."{target}"]\nmax = 5\nmax_cap = 1\nscope = "global"\n')
    options = {"run": ["--config", "pooled.toml"], "advise": [], "info": []}[command]
    program = [] if command == "info" else ["main.py"]
    environment = {"POOLED_CONFIG": "pooled.toml"} if command == "info" else {}
    process = pooled(command, *options, *program, cwd=tmp_path, COLUMNS=str(columns), **environment)
    assert process.returncode == 0, process.stderr
    text = process.stdout + process.stderr
    assert max(map(len, text.splitlines())) <= columns
    assert LONG in text or LONG[:12] in text
    json_text = pooled(command, "--json", *options, *program, cwd=tmp_path, **environment)
    assert target in json_text.stdout + json_text.stderr


def test_long_names_are_not_truncated(tmp_path):
    (tmp_path / "main.py").write_text(f"class {LONG}: pass\nfor _ in range(100_000): {LONG}()")
    process = pooled("run", "--pool", f"__main__:{LONG}", "main.py", cwd=tmp_path, COLUMNS="60")
    column = [line.split("  ")[0].strip() for line in process.stderr.splitlines()[1:]]
    assert "".join(column) == f"__main__:{LONG}"
    figures = json.loads(pooled("run", "--json", "--pool", f"__main__:{LONG}", "main.py", cwd=tmp_path).stderr)
    assert list(figures["pools"]) == [f"__main__:{LONG}"]
