"""Invalid command lines and configurations: `python -m pooled` prints one sentence, and starts no program."""

import py_compile

import pytest
from cli_runner import pooled
from conftest import ENGINES


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "expected a program"),
        (["run", "nowhere.py"], "nowhere.py: cannot be read: No such file or directory"),
        (["run", "-m", "nowhere.to.be"], "-m nowhere.to.be: "),
        (["run", "-m", "nowhere"], "-m nowhere: there is no such module"),
        (["run", "-m"], "-m: expected the name of a module"),
        (["advise", "nowhere.py"], "python -m pooled advise: nowhere.py: cannot be read: No such file or directory"),
        (["run", "--pool", "x:y,z=1", "p.py"], "'z=1': expected max=N, max=auto, max_cap=N or scope=local|global"),
        (["run", "--pool", "x", "p.py"], "expected a class as 'package.module:Class'"),
        (["run", "--pool", "x:y,max=-1", "p.py"], "max='-1'"),
        (["run", "--config", "nowhere.toml", "p.py"], "--config nowhere.toml: cannot be read"),
        (["advise", "--top", "0", "p.py"], "'0': expected 1 or more"),
        (["unknown"], "invalid choice"),
    ],
)
def test_invalid_command_lines(tmp_path, arguments, said):
    process = pooled(*arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert said in process.stderr


@pytest.mark.parametrize(
    "command",
    [["run", "main.py"], *(pytest.param(each, marks=pytest.mark.long) for each in (["advise", "main.py"], ["info"]))],
)
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"POOLED_CONFIG": "nowhere.toml"}, "POOLED_CONFIG='nowhere.toml': cannot be read"),
        ({"POOLED_CONFIG": "broken.toml"}, "POOLED_CONFIG='broken.toml': expected a TOML file"),
        ({"POOLED_CONFIG": "unknown.toml"}, "[defaults]: unknown key 'maximum'"),
        ({"POOLED_CONFIG": "no_class.toml"}, "there is no 'PathLik' in os; did you mean 'PathLike'?"),
        ({"POOLED_MAX": "many"}, "POOLED_MAX='many': max='many': expected an int"),
        ({"POOLED_ENGINE": "steam"}, "POOLED_ENGINE='steam': expected one of"),
    ],
)
def test_invalid_configurations(tmp_path, command, environment, said):
    (tmp_path / "broken.toml").write_text("[defaults")
    (tmp_path / "unknown.toml").write_text("[defaults]\nmaximum = 3\n")
    (tmp_path / "no_class.toml").write_text('[instrument."os:PathLik"]\n')
    (tmp_path / "main.py").write_text("print('it ran')")
    process = pooled(*command, cwd=tmp_path, **environment)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.startswith("python -m pooled: ")
    assert said in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("fractions:Nope", "--pool fractions:Nope: there is no 'Nope' in fractions\n"),
        ("fractions:Fracton", "there is no 'Fracton' in fractions; did you mean 'Fraction'?\n"),
        ("fractions:Fraction.Part", "there is no 'Part' in fractions:Fraction"),
        ("fractions:Fraction", "--pool fractions:Fraction: cls=Fraction: "),
        ("__main__:Colour", "--pool __main__:Colour: cls=Colour: an enum cannot be pooled"),
    ],
)
def test_a_class_that_cannot_be_pooled_stops_the_program(tmp_path, engine, target, said):
    (tmp_path / "main.py").write_text("import enum, fractions\nclass Colour(enum.Enum):\n    RED = 1\n")
    process = pooled("run", "--pool", target, "main.py", cwd=tmp_path, engine=engine)
    assert process.returncode == 1
    error = next(line for line in process.stderr.splitlines(keepends=True) if line.startswith("ImportError: "))
    assert error.startswith(f"ImportError: --pool {target}: ")
    assert said in error
    files = [line.split('"')[1] for line in process.stderr.splitlines() if line.startswith("  File")]
    assert files == [str(tmp_path / "main.py")]


def test_a_missing_class_of_an_imported_module(tmp_path):
    (tmp_path / "main.py").write_text("print('it ran')")
    process = pooled("run", "--pool", "os:PathLik", "main.py", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == (
        "python -m pooled run: --pool os:PathLik: there is no 'PathLik' in os; did you mean 'PathLike'?\n"
    )


def test_files_that_are_no_programs(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "main.py").write_text("print('it ran')")
    py_compile.compile(str(tmp_path / "main.py"), str(tmp_path / "main.pyc"))
    for program, said in (("folder", "has no __main__.py"), ("main.pyc", "it is compiled already")):
        process = pooled("run", program, cwd=tmp_path)
        assert (process.returncode, process.stdout) == (2, "")
        assert process.stderr.startswith(f"python -m pooled run: {program}: {said}")
