"""`run` and `advise` report whenever the end of a program can be caught, and keep its exit status."""

import signal

import limits
import pytest
from cli_runner import pooled, run

WORK = """
import os, signal, sys, threading, time
class Order: pass
for _ in range(2000): Order()
"""

TERMINATE = "os.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)"

ENDS = {
    "SIGTERM": (TERMINATE, -signal.SIGTERM),
    "SIGTERM while a thread runs": (f"threading.Thread(target=time.sleep, args=(60,)).start()\n{TERMINATE}", -15),
    "SIGTERM that the program catches": (f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))\n{TERMINATE}", 4),
    "os._exit": ("os._exit(5)", 5),
    "sys.exit": ("sys.exit(6)", 6),
    "a daemon thread that never ends": (
        "def spin():\n    while True: time.sleep(0.01)\nthreading.Thread(target=spin, daemon=True).start()",
        0,
    ),
}
pytestmark = limits.skip_if("no-fork")


@pytest.mark.parametrize(("end", "status"), ENDS.values(), ids=ENDS)
def test_report_at_every_end(tmp_path, end, status):
    (tmp_path / "program.py").write_text(f"{WORK}print('lost', end='')\n{end}\n")
    plain = run("program.py", cwd=tmp_path)
    ran = pooled("run", "--pool", "__main__:Order,max=4", "program.py", cwd=tmp_path)
    assert plain.returncode == ran.returncode == status
    assert ran.stdout == plain.stdout
    assert ran.stderr.startswith(plain.stderr)
    assert "__main__:Order" in ran.stderr
    assert "2,0" in ran.stderr or "1,999" in ran.stderr


def test_advice_when_terminated(tmp_path):
    (tmp_path / "program.py").write_text(f"{WORK}{TERMINATE}\n")
    ran = pooled("advise", "program.py", cwd=tmp_path)
    assert ran.returncode == -signal.SIGTERM
    assert "run once" in ran.stderr


def test_only_the_first_process_reports(tmp_path):
    (tmp_path / "program.py").write_text(
        f"{WORK}pid = os.fork()\nif pid == 0:\n    {TERMINATE.replace(chr(10), chr(10) + '    ')}\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    ran = pooled("run", "--pool", "__main__:Order,max=4", "program.py", cwd=tmp_path)
    assert ran.stdout == "-15\n"
    assert ran.stderr.count("__main__:Order") == 1
