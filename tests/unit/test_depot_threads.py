"""The C files of depots under the thread sanitizer: tests/sanitize/depot_threads.c says how."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import limits
import pytest

ROOT = Path(__file__).resolve().parents[2]
NATIVE = "pooled/_engine/native"
SOURCES = ["tests/sanitize/depot_threads.c", f"{NATIVE}/pool/depot.c", f"{NATIVE}/pool/freelist.c"]


@pytest.mark.long
@limits.skip_if("no-free-threaded-headers")
def test_no_thread_races_at_a_depot(tmp_path):
    compiler = shutil.which("gcc")
    if compiler is None or not (ROOT / SOURCES[1]).exists():
        limits.skip("no-thread-sanitizer")
    program = tmp_path / "depot_threads"
    headers = [f"-I{sysconfig.get_path(name)}" for name in ("include", "platinclude")]
    flags = ["-std=gnu11", "-O1", "-g", "-fsanitize=thread", "-DPy_GIL_DISABLED=1", f"-I{NATIVE}", *headers]
    built = subprocess.run(
        [compiler, *flags, *SOURCES, "-o", program, "-pthread"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "cannot find" in built.stderr:
        limits.skip("no-thread-sanitizer")
    assert (built.returncode, built.stderr) == (0, "")
    environ = {**os.environ, "TSAN_OPTIONS": "halt_on_error=1"}
    ran = subprocess.run([program, "2000"], env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert (ran.returncode, ran.stderr) == (0, "")
