"""The guide to Celery: the same results with pools and without, from real workers that fork."""

import re
import subprocess
import tomllib

import limits
import pytest
from guide_pages import OFF, Guide

pytestmark = [pytest.mark.long, limits.skip_if("no-fork")]

limits.require("celery")


@pytest.fixture
def guide(tmp_path):
    guide = Guide("celery", tmp_path)
    command, _ = guide.command("mkdir")
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    return guide


def results(guide, command, **environ):
    """What the sender prints, and the log of the worker."""
    with guide.background(command, **environ) as worker:
        printed = guide.run("python send.py", **environ)
    return printed, worker.log.read_text()


def test_the_worker(guide):
    command, _ = guide.command("celery")
    _, expected = guide.command("python send.py")
    assert results(guide, command, **OFF)[0] == expected
    printed, log = results(guide, command)
    assert printed == expected
    children = re.findall(r"process \d+: (\d+) lines, (\d+) from the pool, 0 live", log)
    assert len(children) == 2, log
    assert sum(int(taken) for taken, _ in children) == 40 * 500
    assert all(int(taken) - int(hits) <= 500 for taken, hits in children), log


def test_advise_and_run(guide):
    advise, _ = guide.command("python -m pooled advise")
    _, expected = guide.command("python send.py")
    pricing = guide.folder / "pricing.py"
    pricing.write_text(pricing.read_text().replace("@pooled.poolable(max=4096)\n", ""))
    jobs = guide.folder / "jobs.py"
    jobs.write_text(re.sub(r"@worker_process_shutdown.*?\n\n\n", "", jobs.read_text(), flags=re.DOTALL))
    printed, log = results(guide, advise)
    assert printed == expected
    assert re.search(r"^pricing:Line +20,000", log, re.MULTILINE), log
    assert set(tomllib.loads((guide.folder / "jobs.toml").read_text())) <= {"gc", "instrument"}
    (guide.folder / "jobs.toml").write_text('[instrument."pricing:Line"]\nmax = 4096\n')
    run, _ = guide.command("python -m pooled run")
    printed, log = results(guide, run)
    assert printed == expected
    assert re.search(r"^pricing:Line +19,\d00", log, re.MULTILINE), log
