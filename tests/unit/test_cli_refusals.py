"""What `python -m pooled` cannot follow is told in a sentence, before any program starts."""

import pytest
from commanding import pooled


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "expected a program"),
        (["run", "nowhere.py"], "nowhere.py: cannot be read: No such file or directory"),
        (["run", "-m", "nowhere.to.be"], "-m nowhere.to.be: "),
        (["run", "-m", "nowhere"], "-m nowhere: there is no such module"),
        (["run", "--pool", "x:y,z=1", "p.py"], "'z=1': expected max=N, max_cap=N or scope=local|global"),
        (["run", "--pool", "x", "p.py"], "expected a class as 'package.module:Class'"),
        (["run", "--pool", "x:y,max=-1", "p.py"], "max='-1'"),
        (["run", "--config", "nowhere.toml", "p.py"], "--config nowhere.toml: cannot be read"),
        (["advise", "--top", "0", "p.py"], "'0': expected 1 or more"),
        (["unknown"], "invalid choice"),
    ],
)
def test_what_cannot_be_followed_is_told(tmp_path, arguments, said):
    process = pooled(*arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert said in process.stderr
