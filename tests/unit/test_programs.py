"""`tests/programs` reports varying advice and differing second lives; the long form runs it on two programs."""

import limits
import pytest
from cli_runner import pooled, run
from conftest import is_built
from programs.catalogue import DRIVERS, PROGRAMS
from programs.lives import check_lives
from programs.runner import Runner
from programs.same_advice import advised, varying

REAL = {"parso_trees": "parso", "sqlalchemy_orm": "sqlalchemy"}


def test_advice_that_varies_is_reported():
    first = {"a:A": {"max": 16, "scope": "local"}, "gc": {"threshold": [50_000, 20, 100]}}
    second = {"a:A": {"max": 32, "scope": "local"}, "gc": {"threshold": [50_000, 20, 100]}}
    assert not list(varying([first, first, second]))
    third = {"a:A": {"max": 64, "scope": "global"}, "b:B": {"max": 16}}
    assert list(varying([first, second, third])) == [
        "a:A: max is 16, 32, 64",
        "a:A: scope is local, local, global",
        "gc is in 2 of 3 configurations",
        "b:B is in 1 of 3 configurations",
    ]


def runner_of(name, folder, size):
    if not is_built():
        limits.skip("not-built")
    limits.require(REAL[name])
    (program,) = (each for each in PROGRAMS if each.name == name)
    return program, Runner(program, size, folder)


@pytest.mark.long
@pytest.mark.parametrize("name", REAL)
def test_three_runs_of_advise_say_the_same(name, tmp_path):
    _, runner = runner_of(name, tmp_path, 1)
    assert not list(varying(advised(runner, 3)))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", REAL)
def test_second_lives_show_nothing_of_the_first(name, seed, tmp_path):
    program, runner = runner_of(name, tmp_path, 1)
    assert not check_lives(program, runner, seed)


PROGRAM = """
import sys
sys.path.append(sys.argv[3])
import two_lives

end = two_lives.begin()

class Order:
    def __init__(self, number, *rows, city="", **others):
        self.number = number
        self.rows = [*rows]
        self.city = city
        self.others = others

    def reset(self):
        pass

orders = sum(Order(number, number + 1, city="Bonn", more=2).number for number in range(30))
end()
"""


@pytest.mark.parametrize(("settings", "differs"), [("max = 4", False), ('max = 4\nreset = "reset"', True)])
def test_lives_are_compared_with_those_of_a_plain_program(tmp_path, settings, differs):
    if not is_built():
        limits.skip("not-built")
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "pools.toml").write_text(f'[instrument."__main__:Order"]\n{settings}\n')
    arguments = ("main.py", "1", "out", DRIVERS)
    plain = run(*arguments, cwd=tmp_path, PROGRAM_LIVES="pools.toml")
    assert "city='Bonn', others=dict('more': 2))" in plain.stdout, plain
    assert (tmp_path / "out.reused").read_text() == ""
    lives = pooled("run", "--config", "pools.toml", *arguments, cwd=tmp_path, PROGRAM_LIVES="pools.toml")
    assert (tmp_path / "out.reused").read_text() == "__main__:Order"
    assert ("two_lives.Left" in lives.stdout, lives.stdout != plain.stdout) == (differs, differs)
