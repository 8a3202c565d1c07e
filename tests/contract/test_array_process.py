"""Array memory and the process: `install`, its configuration, threads, forks, exits, and too little memory."""

import importlib.util
import json
import subprocess
import sys

import limits
import pytest
from helpers import run_python

limits.require("numpy")
limits.require("pooled._memory.arrays")

START = """
import atexit, gc, os, sys, threading
import numpy as np
import pooled
from pooled.contrib.numpy import install, pooled_arrays

MIB = 1 << 20

def counts(name="arrays"):
    return pooled.stats()[name]

def is_served():
    before = counts().taken
    np.empty(MIB, np.uint8)
    return counts().taken > before

def filled(number, size=MIB):
    return np.full(size, number, np.uint8)

def check(array, number):
    assert array.min() == array.max() == number, number
"""

LIMIT = """
import resource

def large(number, nbytes):
    "An array of which the first and the last element are written."
    made = np.empty(nbytes, np.uint8)
    made[0] = made[-1] = number
    return made

def limit_memory(more):
    "Let this process have so many bytes more than it has."
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more,) * 2)
"""


def run(code, *args, **environ):
    environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return run_python(START + code, *args, **environ)


def passes(code, **environ):
    """Whether a program runs without an error, and prints nothing."""
    status, output = run(code, **environ)
    assert (status, output) == (0, "")


# Threads.


def test_install_serves_all_threads():
    passes("""
go, results = threading.Event(), []
def work():
    go.wait()
    results.append(is_served())
early = [threading.Thread(target=work) for _ in range(3)]
for each in early: each.start()
install()
assert is_served()
go.set()
for each in early: each.join()
for _ in range(2):
    late = threading.Thread(target=work)
    late.start()
    late.join()
assert results == [True] * 5, results
""")


def test_install_again_changes_the_limit_and_a_block_keeps_its_own():
    passes("""
install("8MiB")
np.empty(4 * MIB, np.uint8)
assert counts().parked == 1
install("2MiB")
assert counts().parked == 0
np.empty(4 * MIB, np.uint8)
assert counts().taken == 1
with pooled_arrays("16MiB", name="inner"):
    np.empty(4 * MIB, np.uint8)
    assert (counts().taken, counts("inner").taken) == (1, 1)
assert is_served()
install(0)
assert not is_served()
""")


def test_arrays_that_numpy_allocated_before():
    passes("""
before = [filled(i, size) for i, size in enumerate((1, 1000, 40_000, MIB, 40 * MIB))]
install()
for i, each in enumerate(before): check(each, i)
before[3].resize(2 * MIB, refcheck=False)
check(before[3][:MIB], 3)
assert not before[3][MIB:].any()
del before
assert is_served()
""")


# The end of the process.


@pytest.mark.parametrize(
    "last_words",
    [
        "kept = filled(1)",
        "sys.kept = filled(1)",
        "np.kept = filled(1)",
        "kept = [filled(1)]; kept.append(kept)",
        "context = pooled_arrays(); context.__enter__(); kept = filled(1)",
        "context = pooled_arrays(); context.__enter__(); np.kept = context, filled(1)",
        "import contextvars\nwith pooled_arrays(): np.kept = contextvars.copy_context(), filled(1)",
        "np.kept = filled(1); sys.modules.clear()",
        "atexit.register(lambda kept=filled(1): check(kept, 1) or check(filled(2), 2))",
        "atexit.register(lambda: atexit.register(filled, 3))",
        "atexit.register(install); atexit.register(filled, 3)",
        """
class Last:
    kept = filled(1)
    def __del__(self, empty=np.empty, np=np): np.kept = empty(1_000_000, "u1"), empty(2 * 1_000_000, "u1")
np.last = Last()
""",
        """
started = threading.Event()
def hold():
    kept = filled(1)
    with pooled_arrays():
        inner = filled(2)
        started.set()
        threading.Event().wait()
threading.Thread(target=hold, daemon=True).start()
started.wait()
""",
        """
ready = threading.Barrier(4)
def churn():
    ready.wait()
    while True:
        filled(1); np.zeros(3 * MIB)
for _ in range(3): threading.Thread(target=churn, daemon=True).start()
ready.wait()
""",
    ],
    ids=[
        "global",
        "sys",
        "numpy",
        "cycle",
        "entered",
        "entered-numpy",
        "context",
        "no-modules",
        "atexit",
        "late-atexit",
        "install-at-exit",
        "finalizer",
        "daemon-holds",
        "daemons-allocate",
    ],
)
def test_arrays_at_the_end_of_the_process(last_words):
    passes(f"install()\nfilled(1)\n{last_words}")


# Forks.


FORK = """
def in_child(work):
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
"""


@limits.skip_if("no-fork")
def test_a_child_has_the_arrays_and_the_memory_of_its_parent():
    passes(
        FORK
        + """
install()
kept, parked = filled(1), filled(2)
del parked
def child():
    assert counts().parked == 1
    check(kept, 1)
    kept[:] = 3
    assert is_served() and counts().hits == 1
    with pooled_arrays(name="inner"): assert not np.zeros(MIB).any()
    pooled.clear()
    assert counts().parked == 0
    in_child(is_served)
in_child(child)
check(kept, 1)
assert counts().parked == 1
""",
        PYTHONWARNINGS="ignore::DeprecationWarning",
    )


@limits.skip_if("no-fork")
def test_forks_while_other_threads_allocate():
    passes(
        FORK
        + """
memory, stop = pooled_arrays(), threading.Event()
install()
def churn():
    while not stop.is_set():
        with memory: np.zeros(MIB)
        filled(1)
def child():
    for number in range(10):
        with memory: check(filled(number), number)
        check(filled(number), number)
        pooled.clear()
threads = [threading.Thread(target=churn) for _ in range(3)]
for each in threads: each.start()
for _ in range(20): in_child(child)
stop.set()
for each in threads: each.join()
""",
        PYTHONWARNINGS="ignore::DeprecationWarning",
    )


# Configuration.


def test_the_variable(tmp_path):
    code = "import sys, numpy as np, pooled; np.ones(1 << 20); print(pooled.stats()['arrays'].taken)"
    assert run_python("import pooled; " + code, POOLED_NUMPY="1GiB") == (0, "1\n")
    assert run_python(code, POOLED_NUMPY="1GiB") == (0, "1\n"), "NumPy was imported before"
    assert run_python("import pooled; " + code, POOLED_NUMPY="1MiB") == (0, "0\n")


def test_the_file(tmp_path):
    path = tmp_path / "pools.toml"
    path.write_text('[numpy]\nmax_bytes = "1GiB"\n')
    code = "import pooled, numpy as np; np.ones(1 << 20); print(pooled.stats()['arrays'].taken)"
    assert run_python(code, POOLED_CONFIG=str(path)) == (0, "1\n")


@pytest.mark.parametrize("value", ["-1", "1 bit", "much", "1e400"])
def test_a_value_that_is_no_number_of_bytes(value, tmp_path):
    path = tmp_path / "pools.toml"
    path.write_text(f"[numpy]\nmax_bytes = {json.dumps(value)}\n")
    program = tmp_path / "program.py"
    program.write_text("print('ran')")
    for status, output, name in [
        (*run_python("import pooled", POOLED_NUMPY=value), "POOLED_NUMPY"),
        (*run_python("import pooled", POOLED_CONFIG=str(path)), "max_bytes"),
        run_program(program, f"--numpy={value}") + ("--numpy",),
    ]:
        assert status != 0
        last = output.splitlines()[-1]
        assert name in last
        assert value in last
        assert "expected" in last
        assert "ran" not in output


PROGRAM = """
import sys
import numpy as np
total = 0.0
for number in range(20):
    a = np.full(1 << 18, float(number))
    total += (a * 2 + a).sum()
print(total, sys.argv[1:])
sys.exit(7)
"""


def run_program(program, *options):
    """Run a program under `python -m pooled run`; return its status, and what both printed."""
    command = [sys.executable, "-P", "-m", "pooled", "run", *options, str(program), "first", "--numpy=second"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return process.returncode, process.stdout + process.stderr


@pytest.mark.parametrize("option", ["--numpy", "--numpy=64MiB", "--numpy=67108864"])
def test_a_program_that_is_run_unchanged(option, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), "first", "--numpy=second"]
    plain = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    status, output = run_program(program, option)
    assert (status, output[: len(plain.stdout)]) == (plain.returncode, plain.stdout)
    assert status == 7
    row = next(line.split() for line in output.splitlines() if line.startswith("arrays "))
    assert int(row[1]) > 30, "hits"


# What is missing.


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("numpy", "pooled-objects[numpy]"),
        ("pooled._memory.arrays", "with a C compiler"),
    ],
)
def test_a_module_is_missing(missing, reason):
    code = f"""
import sys
sys.modules[{missing!r}] = None
try:
    from pooled.contrib.numpy import install
    install()
except ImportError as error:
    print(error)
"""
    status, output = run_python(code)
    assert (status, output.count("\n"), reason in output) == (0, 1, True), output


def test_a_program_runs_without_the_extension(tmp_path):
    code = f"import sys; sys.modules['pooled._memory.arrays'] = None\n{PROGRAM}"
    program = tmp_path / "program.py"
    program.write_text(code)
    status, output = run_program(program, "--numpy")
    assert status == 7
    assert "the arrays of NumPy are not pooled" in output
    status, output = run_python(f"import pooled\n{code}", POOLED_NUMPY="1GiB")
    assert status == 7
    assert "RuntimeWarning: the arrays of NumPy are not pooled" in output


@pytest.mark.parametrize(("index", "version"), [(0, 0x03000000), (0, 0x01000008), (211, 0x10)])
def test_a_version_of_numpy_that_is_not_known(index, version):
    passes(f"""
import ctypes
module = sys.modules.get("numpy._core._multiarray_umath") or sys.modules["numpy.core._multiarray_umath"]
ctypes.pythonapi.PyCapsule_GetPointer.restype = ctypes.c_void_p
ctypes.pythonapi.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_void_p]
ctypes.pythonapi.PyCapsule_New.restype = ctypes.py_object
ctypes.pythonapi.PyCapsule_New.argtypes = [ctypes.c_void_p] * 3
table = (ctypes.c_void_p * 310)()
real = ctypes.pythonapi.PyCapsule_GetPointer(module._ARRAY_API, None)
ctypes.memmove(table, real, ctypes.sizeof(table))
function = ctypes.CFUNCTYPE(ctypes.c_uint)(lambda: {version})
table[{index}] = ctypes.cast(function, ctypes.c_void_p).value
module._ARRAY_API = ctypes.pythonapi.PyCapsule_New(ctypes.addressof(table), None, None)
try:
    install()
except ImportError as error:
    assert "NumPy 1.26" in str(error) and "the NumPy that is installed" in str(error), error
else:
    raise AssertionError
check(filled(5), 5)
""")


def test_subinterpreters_refuse_the_extension():
    names = [name for name in ("_interpreters", "_xxsubinterpreters") if importlib.util.find_spec(name) is not None]
    if not names:
        limits.skip("no-subinterpreters")
    # A legacy one: CPython 3.12.1 aborts at exit once an isolated one has imported asyncio, as wrapt does.
    legacy = '"legacy"' if sys.version_info >= (3, 13) else "isolated=False"
    status, output = run_python(f"""
import {names[0]} as interpreters
import pooled._memory.arrays
created = interpreters.create({legacy})
interpreters.run_string(created, '''
try:
    import pooled._memory.arrays
except ImportError:
    print("refused", flush=True)
''')
interpreters.destroy(created)
""")
    assert (status, output) == (0, "refused\n")


def test_the_engine_is_off():
    passes(
        """
install()
with pooled_arrays() as memory: check(filled(1), 1)
assert "arrays" not in pooled.stats() and memory.stats().taken == 0 == memory.parked_bytes
""",
        POOLED_ENGINE="off",
    )


# Without memory.


@limits.skip_if("no-statm")
def test_a_failed_allocation_frees_what_is_parked():
    passes(
        LIMIT
        + """
install("400MiB")
for size in range(100, 140, 10): large(1, size * MIB)
assert counts().parked == 3
limit_memory(200 * MIB)
made = large(1, 450 * MIB)
assert counts().parked == 0
try:
    np.empty(450 * MIB, np.uint8)
except MemoryError:
    pass
else:
    raise AssertionError
assert made[0] == made[-1] == 1
del made
assert all(is_served() for _ in range(2))
"""
    )


@limits.skip_if("no-statm")
@pytest.mark.parametrize("more", [60, 150, 300, 1000])
def test_little_address_space_is_enough_for_what_numpy_needs(more):
    code = f"""
import mmap
if sys.argv[1] == "pooled": install()
limit_memory({more} * MIB)
failed = 0
for size in range(10, 140, 3):
    try:
        large(size, size * MIB)
        assert np.zeros(size * MIB // 8)[-1] == 0
    except MemoryError:
        failed += 1
    others = mmap.mmap(-1, {more} * MIB // 4)
print(failed)
"""
    plain, pooled = (run(LIMIT + code, which) for which in ("plain", "pooled"))
    assert plain == pooled


@limits.skip_if("no-statm")
def test_a_pool_of_arrays_leaves_to_numpy_what_it_has_no_room_for():
    passes(
        LIMIT
        + """
from pooled.contrib.numpy import ArrayPool
pool = ArrayPool(max_bytes=300 * MIB)
pool.take(250 * MIB, np.uint8)
limit_memory(100 * MIB)
made = pool.take(320 * MIB, np.uint8)
assert pool.parked_bytes == 0
made[-1] = 1
try:
    pool.take(320 * MIB, np.uint8)
except MemoryError:
    pass
else:
    raise AssertionError
"""
    )


@limits.skip_if("no-statm")
def test_threads_that_run_out_of_memory_together():
    passes(
        LIMIT
        + """
install()
limit_memory(600 * MIB)
def work(number):
    for turn in range(60):
        try:
            made = large(number, (turn * 7 + number) % 90 * MIB + 40_000)
        except MemoryError:
            continue
        assert made[0] == made[-1] == number
        made = None
threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 4)]
for each in threads: each.start()
for each in threads: each.join()
"""
    )


@limits.skip_if("no-statm")
def test_memory_that_nobody_can_clear_is_not_kept():
    passes("""
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")
@pooled_arrays("1GiB")
def function():
    return filled(1), filled(2, 200 * MIB)
small, large = function()
before = resident()
del function, large
gc.collect()
assert before - resident() > 150 * MIB
check(small, 1)
""")
