"""`python -m pooled` in an environment whose POOLED_CONFIG already instruments classes."""

import os
import subprocess
import sys

import pytest
from conftest import ENGINES


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("command", ["run", "advise"])
def test_builtins_instrumented_by_the_environment(tmp_path, command, engine):
    (tmp_path / "pools.toml").write_text('[instrument."parts:list"]\nmax = 8\n')
    (tmp_path / "parts.py").write_text("def one():\n    return list((1, 2))\n")
    (tmp_path / "main.py").write_text(
        "import parts\nprint(sum(len(parts.one()) for _ in range(100)), parts.one().__class__)\n"
    )
    process = subprocess.run(
        [sys.executable, "-m", "pooled", command, "main.py"],
        cwd=tmp_path,
        env={**os.environ, "POOLED_CONFIG": "pools.toml", "POOLED_ENGINE": engine},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (process.returncode, process.stdout) == (0, "200 <class 'parts.list'>\n"), process.stderr
