"""`run` and `advise` do not change a program: its view of itself, its output, and how it ends."""

import signal
import zipfile

import effort
import limits
import pytest
from cli_runner import pooled, run

INSPECTS_ITSELF = """
import sys
print(sorted(globals()), __doc__, __name__, __file__, globals().get("__cached__"), type(__loader__).__name__)
print(__spec__ and (__spec__.name, __spec__.origin, type(__spec__.loader).__name__), __package__, type(__builtins__))
print(sys.argv, sys.path[0], sys.modules["__main__"].__dict__ is globals(), dir())
"""

# A job in the background inherits ignored interrupts.
INTERRUPTED = (
    "import asyncio, os, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "def interrupt(): os.kill(os.getpid(), signal.SIGINT)\n"
)

# Programs that end in different ways.
ENDS = {
    "a number": "import sys; sys.exit(7)",
    "a large number": "import sys; sys.exit(256 + 3)",
    "a negative number": "import sys; sys.exit(-1)",
    "a text": "import sys; sys.exit('bye')",
    "another object": "import sys; sys.exit((1, 2.5))",
    "nothing": "raise SystemExit",
    "an error": "def f():\n    raise ValueError('no')\nf()",
    "an error with a cause": (
        "def f():\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        raise ValueError from e\nf()"
    ),
    "a group of errors": "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "an error in __init__": "class A:\n    def __init__(self, a):\n        self.b = a.c\nA(3)",
    "too few arguments": "class A:\n    def __init__(self, a): pass\nA()",
    "an error in a class": "class A:\n    x = 1 / 0",
    "an error in a module": "import broken",
    "a syntax error": "x = (",
    "an error of indentation": "def f():\n  return\n return",
    "an interrupt": "raise KeyboardInterrupt",
    "a signal": f"{INTERRUPTED}interrupt()",
    "an interrupted event loop": (
        f"{INTERRUPTED}async def main():\n    interrupt()\n    await asyncio.Event().wait()\nasyncio.run(main())"
    ),
    "an excepthook": "import sys\nsys.excepthook = lambda kind, *_: print('hook', kind)\n1 / 0",
    "an excepthook that exits": "import sys\nsys.excepthook = lambda *_: sys.exit(9)\n1 / 0",
    "an excepthook that fails": "import sys\ndef hook(*_): 1 / 0\nsys.excepthook = hook\nraise ValueError",
    "no standard output": "import sys\nprint('a')\nsys.stdout.close()",
    "no stream for errors": "import sys\nsys.stderr = None\nraise ValueError",
    "a late thread": (
        "import threading\ndef f():\n    threading.main_thread().join()\n    print('late')\n"
        "threading.Thread(target=f).start()"
    ),
    "idle workers": (
        "from concurrent.futures import ThreadPoolExecutor\nworkers = ThreadPoolExecutor(1)\n"
        "print(workers.submit(int, 1).result())"
    ),
    "an atexit function": "import atexit, sys\natexit.register(print, 'over')\nprint(hasattr(sys, 'last_type'))",
    "an error, and an atexit function": "import atexit, sys\natexit.register(lambda: print(sys.last_type))\n1 / 0",
    "a child": (
        "import os, sys, warnings\nwarnings.simplefilter('ignore')  # of a fork with threads\npid = os.fork()\n"
        "sys.exit(3 if pid == 0 else os.waitstatus_to_exitcode(os.wait()[1]) + 1)"
    ),
}

# Programs that inspect themselves, or that define unusual classes.
ODD = {
    "collections while objects are made": (
        "import gc\ngc.set_threshold(1)\nclass Names(set):\n    def __new__(cls): return super().__new__(cls)\n"
        "print(len([Names() for _ in range(100)]))"
    ),
    "itself": f"'''Doc.'''{INSPECTS_ITSELF}",
    "annotations": (
        "from __future__ import annotations\nx: int = 3\nclass A:\n    y: Nobody\n"
        "print(__annotations__, A.__annotations__)"
    ),
    "source": (
        "import inspect, sys\nclass A:\n    def __init__(self, a, b=1): pass\n"
        "print(inspect.signature(A), inspect.getsource(A))"
    ),
    "pickles": "import pickle\nclass A: pass\nprint(pickle.dumps(A()), type(pickle.loads(pickle.dumps(A()))) is A)",
    "spawned": (
        "import multiprocessing\nclass A:\n    def __init__(self, x): self.x = x\ndef double(a): return A(a.x * 2)\n"
        "if __name__ == '__main__':\n    with multiprocessing.get_context('spawn').Pool(1) as workers:\n"
        "        print([a.x for a in workers.map(double, [A(1), A(2)])])"
    ),
    "enums": "import enum\nclass C(enum.Enum):\n    RED = 1\n    class Shade:\n        x = 1\nprint(list(C)[:1])",
    "dataclasses": (
        "from dataclasses import dataclass, field\n@dataclass(slots=True)\nclass A:\n"
        "    x: int = 1\n    y: list = field(default_factory=list)\nprint(A(), A() == A(), A.__init__.__qualname__)"
    ),
    "typing": (
        "from typing import Generic, NamedTuple, Protocol, TypedDict, TypeVar\nT = TypeVar('T')\n"
        "class N(NamedTuple):\n    a: int = 1\nclass D(TypedDict):\n    a: int\nclass P(Protocol):\n    x: int\n"
        "class G(Generic[T]):\n    def __init__(self, x): self.x = x\nprint(N(), D(a=1), P, G[int](3).x)"
    ),
    "abstract": "from abc import ABC, abstractmethod\nclass A(ABC):\n    @abstractmethod\n    def f(self): ...\nA()",
    "metaclasses": (
        "class M(type):\n    def __setattr__(cls, n, v): print('set', n)\nclass A(metaclass=M): pass\nprint(A)"
    ),
    "constructors": (
        "class A:\n    def __new__(cls, x):\n        self = super().__new__(cls)\n        self.x = x\n"
        "        return self\nprint(A(3).x, A(x=4).x)"
    ),
    "private names": (
        "class _A:\n    class __B:\n        def __init__(self): self.__y = 2\n"
        "    def f(self): return vars(self.__B())\nprint(_A().f())"
    ),
    "finalizers": "class A:\n    __slots__ = ()\n    def __del__(self): print('gone')\na = A()\ndel a\nb = A()",
    "event loops": "import asyncio\nclass A: x = 1\nasync def main(): return A().x\nprint(asyncio.run(main()))",
    "folders": "import os\nos.chdir('/')\nprint(os.getcwd(), __file__)",
    "replaced": "class A:\n    def __init__(self): self.x = 1\nA.__init__ = lambda self: None\nprint(vars(A()))",
    "a mixin before a builtin": "class Base: pass\nclass Name(Base, str): pass\nprint(Name('x'))",
    "a mixin before an __init__": (
        "class Mixin: pass\nclass Real:\n    def __init__(self): self.x = 1\nclass Both(Mixin, Real): pass\n"
        "print(Both().x, vars(Mixin).keys(), vars(Both).keys(), Both.__init__ is Real.__init__)"
    ),
    "slots": (
        "import weakref\nclass A: __slots__ = ('x', '__weakref__')\nclass B: __slots__ = ('x',)\n"
        "print(sorted(vars(A)), sorted(vars(B)), A.__init__ is object.__init__, weakref.getweakrefcount(A()))"
    ),
    "other classes": "class A: pass\nclass B: pass\na = A()\na.__class__ = B\nprint(type(a))",
    "resurrection": (
        "class A:\n    def __del__(self): kept.append(self); print('kept', len(kept))\nkept = []\n"
        "A()\nkept.clear()\nprint(kept)"
    ),
    "late finalizers": (
        "class A: pass\na = A()\nA.__del__ = lambda self: print('gone')\ndel a\nb = A()\ndel A.__del__, b\nprint('end')"
    ),
    "a lazy proxy": (
        "class Lazy:\n    @property\n    def __class__(self): print('resolved'); return int\n"
        "def proxy(cls): return Lazy()\n@proxy\nclass A: pass\nprint('end')"
    ),
    "threads": (
        "import _thread, threading\ndone = threading.Semaphore(0)\nclass A:\n    def __init__(self): done.release()\n"
        "for _ in range(2_000): _thread.start_new_thread(A, ()) and done.acquire()\n"
        "_thread.start_new_thread(list, (range(3),))\n_thread.start_new_thread(dict, ())\n"
        "print(threading.active_count(), list(), dict())"
    ),
    "builtins that fail": "try:\n    list(5)\nexcept TypeError as error:\n    print(error)\nprint(list([1]), dict())",
    "uses of builtins": (
        "import copy, dataclasses, inspect\nclass L(list): pass\n@dataclasses.dataclass\nclass A:\n    x: dict\n"
        "    y: set = dataclasses.field(default_factory=set)\n"
        "print(vars(L).keys(), inspect.signature(A), copy.copy(list) is list, list(), dict(), set(), A({}))"
    ),
    "deep structures": (
        "class A:\n    def __init__(self, inner): self.inner = inner\nclass B:\n    __slots__ = ('inner',)\n"
        "    def __init__(self, inner): self.inner = inner\nfor cls in (A, B):\n    a = None\n"
        "    for _ in range(200_000): a = cls(a)\n    del a\nprint('end')"
    ),
    "classes made poolable": (
        "import pooled\nclass A:\n    def __init__(self): self.x = 1\na = A()\nA = pooled.poolable(max=2)(A)\n"
        "del a\nfor _ in range(3): A()\nprint(A().x, pooled.pool_of(A).stats().hits)"
    ),
    "sets": "print(set('a'), [set('a')], f'{set()}', str(list), repr(list), list.__name__)",
    "dispatch": (
        "from functools import singledispatch\n@singledispatch\ndef f(x): return 'other'\n"
        "@f.register(list)\ndef _(x): return 'list'\nprint(f([]), f(list()), f(1))"
    ),
}

needs_fork = limits.skip_if("no-fork")

# Both commands execute a program by the same code. Each of these tests starts two interpreters.
COMMANDS = [pytest.param("run", marks=pytest.mark.long), "advise"]


def check_same(tmp_path, command, *program, **options):
    """Check that a program run by `command` prints and returns the same as alone; return its process."""
    alone = run(*program, cwd=tmp_path, **options)
    process = pooled(command, "--output", "report", *program, cwd=tmp_path, **options)
    assert process.stdout == alone.stdout
    assert process.stderr == alone.stderr
    assert process.returncode == alone.returncode
    assert (tmp_path / "report").read_text()
    return process


@needs_fork
@pytest.mark.parametrize("source", effort.some(ENDS, every=2))
@pytest.mark.parametrize("command", COMMANDS)
def test_a_program_ends_the_same(tmp_path, command, source):
    (tmp_path / "broken.py").write_text("class A:\n    def f(self): pass\nA().f(1)")
    (tmp_path / "main.py").write_text(source)
    check_same(tmp_path, command, "main.py")


@pytest.fixture
def ignored_interrupts():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@needs_fork
@pytest.mark.usefixtures("ignored_interrupts")
@pytest.mark.parametrize(
    ("source", "status"),
    [
        (ENDS["an interrupted event loop"], -signal.SIGINT),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint(signal.getsignal(signal.SIGINT))", 0),
    ],
    ids=["an interrupted event loop", "no handler"],
)
def test_a_program_in_the_background_ends_the_same(tmp_path, source, status):
    (tmp_path / "main.py").write_text(source)
    assert check_same(tmp_path, "advise", "main.py").returncode == status


@needs_fork
@pytest.mark.parametrize("source", effort.some(ODD, every=2))
@pytest.mark.parametrize("command", COMMANDS)
def test_a_program_sees_the_same(tmp_path, command, source):
    (tmp_path / "main.py").write_text(source)
    check_same(tmp_path, command, "main.py", "a", "--b")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["file", "link", "folder", "archive", "module", "package", "standard input"])
def test_all_kinds_of_programs_run(tmp_path, command, kind):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("class A: pass\n")
    for name in ("__main__", "module"):
        (package / f"{name}.py").write_text(INSPECTS_ITSELF)
    (tmp_path / "link.py").symlink_to("package/module.py")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", INSPECTS_ITSELF)
    program = {
        "file": ["package/module.py"],
        "link": ["./link.py"],
        "folder": ["package"],
        "archive": ["archive.zip"],
        "module": ["-m", "package.module"],
        "package": ["-m", "package"],
        "standard input": ["-"],
    }[kind]
    check_same(tmp_path, command, *program, "a", "--b", given=INSPECTS_ITSELF)


@needs_fork
@pytest.mark.parametrize("command", ["run", "advise"])
def test_a_killed_program_reports_nothing(tmp_path, command):
    (tmp_path / "report").write_text("an earlier one")
    (tmp_path / "main.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    process = pooled(command, "--output", "report", "main.py", cwd=tmp_path)
    assert (process.returncode, process.stdout, process.stderr) == (-signal.SIGKILL, "", "")
    assert (tmp_path / "report").read_text() == "an earlier one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.py", "report"]


@pytest.mark.parametrize("command", ["run", "advise"])
def test_the_report_comes_last(tmp_path, command):
    (tmp_path / "main.py").write_text(
        "import atexit, sys, threading\n"
        "def late():\n"
        "    threading.main_thread().join()\n"
        "    print('late', file=sys.stderr)\n"
        "threading.Thread(target=late).start()\n"
        "atexit.register(print, 'registered', file=sys.stderr)\n"
    )
    process = pooled(command, "main.py", cwd=tmp_path)
    assert process.returncode == 0
    assert process.stderr.startswith("late\nregistered\n")
    assert len(process.stderr.splitlines()) > 2


ARGUMENTS = [["--", "a"], ["a", "--", "-b"], ["--json", "-m", "x"], ["run", "", "-", "--pool"]]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "options", effort.some({"options": ["--json", "--output", "report"], "no options": []}, every=2)
)
@pytest.mark.parametrize("named", [["main.py"], ["-m", "main"], ["--", "main.py"]], ids=" ".join)
def test_arguments_of_the_program_reach_it(tmp_path, command, options, named):
    (tmp_path / "main.py").write_text("import sys\nprint(sys.argv[1:])\n")
    for arguments in effort.pick(short=ARGUMENTS[:1], long=ARGUMENTS):
        process = pooled(command, *options, *named, *arguments, cwd=tmp_path)
        assert (process.returncode, process.stdout) == (0, f"{arguments}\n"), process.stderr


def test_run_does_not_warn_of_methods_that_happen_to_be_called_reset(tmp_path):
    program = """
class Session:
    def __init__(self): self.is_admin = False
    def reset(self): self.is_admin = True
for _ in range(3): print(Session().is_admin)
"""
    (tmp_path / "program.py").write_text(program)
    process = pooled(
        "run", "--pool", "__main__:Session", "program.py", cwd=tmp_path, PYTHONWARNINGS="error::FutureWarning"
    )
    assert (process.returncode, process.stdout) == (0, "False\n" * 3), process.stderr
    assert "Warning" not in process.stderr
