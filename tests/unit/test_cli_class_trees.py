"""Random trees of classes behave the same plain, under `advise` and under `run`."""

import class_trees
import effort
import pytest
from cli_runner import pooled, run

SEEDS = range(effort.pick(short=2, long=40))


def outcome(process):
    return process.returncode, process.stdout.splitlines(), process.stderr.splitlines()


@pytest.mark.parametrize("seed", SEEDS)
def test_advise_changes_nothing(tmp_path, seed):
    (tmp_path / "main.py").write_text(class_trees.program(seed, 60))
    alone = run("main.py", cwd=tmp_path, PYTHONHASHSEED="0")
    advised = pooled("advise", "--output", "report", "main.py", cwd=tmp_path, PYTHONHASHSEED="0")
    assert outcome(advised) == outcome(alone)


# Prints the names of the classes of a program that can be poolable.
CANDIDATES = """
import contextlib, io, re, pooled
names = {}
with contextlib.redirect_stdout(io.StringIO()):
    exec(open("main.py").read(), names)
    for name, cls in list(names.items()):
        if re.fullmatch(r"C\\d+", name):
            with contextlib.suppress(TypeError, ValueError):
                names["is_poolable_" + name] = pooled.poolable(max=4)(cls)
print(*(name.removeprefix("is_poolable_") for name in names if name.startswith("is_poolable_")))
"""


@pytest.mark.parametrize("seed", SEEDS)
def test_run_changes_nothing(tmp_path, seed):
    (tmp_path / "main.py").write_text(class_trees.program(seed, 60, pools=True))
    (tmp_path / "candidates.py").write_text(CANDIDATES)
    alone = run("main.py", cwd=tmp_path, PYTHONHASHSEED="0")
    names = run("candidates.py", cwd=tmp_path, PYTHONHASHSEED="0").stdout.splitlines()[-1].split()
    assert len(names) > 10
    (tmp_path / "pools.toml").write_text("".join(f'[instrument."__main__:{name}"]\nmax = 4\n' for name in names))
    with_pools = pooled(
        "run", "--config", "pools.toml", "--output", "report", "main.py", cwd=tmp_path, PYTHONHASHSEED="0"
    )
    assert outcome(with_pools) == outcome(alone)
