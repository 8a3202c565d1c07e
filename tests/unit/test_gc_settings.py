"""The settings of the garbage collector: its threshold, and freezing."""

import textwrap

import cli_runner
import pytest
from helpers import run_python

import pooled

PRELUDE = """
import gc
import weakref
import pooled

class Node:
    def __init__(self):
        self.me = self

def is_freed(collect=gc.collect):
    collect()
    return watched() is None
"""


def run(code, **environ):
    """Run a program that prints nothing if all is well."""
    assert run_python(PRELUDE + textwrap.dedent(code), **environ) == (0, "")


@pytest.fixture
def written(tmp_path):
    """A function that writes a configuration file and returns its path."""

    def write(text):
        path = tmp_path / "pooled.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_the_threshold_and_the_one_before():
    run("""
        before = gc.get_threshold()
        pooled.configure(gc={"threshold": [50_000, 20, 100]})
        ours = gc.get_threshold()
        assert ours[:2] == (50_000, 20)
        pooled.configure(gc={"threshold": (60_000, 20, 100)})
        pooled.configure(gc=None)
        assert gc.get_threshold() == before
        pooled.configure(gc={"threshold": [50_000, 20, 100]})
        gc.set_threshold(9, 8, 7)
        pooled.configure(max=3)
        pooled.configure(gc={"freeze": None})
        pooled.configure(gc={"threshold": None})
        assert gc.get_threshold()[:2] == (9, 8), "the program's own threshold stays"
        pooled.configure(gc={"threshold": [50_000, 20, 100]})
        assert gc.get_threshold() == ours, "a call takes precedence"
        pooled.configure(gc={"threshold": None})
        assert gc.get_threshold()[:2] == (9, 8)
    """)


@pytest.mark.parametrize("first", ["", "gc.set_threshold(9, 8, 7)"])
def test_a_file_yields_to_the_program(written, first):
    path = written("[gc]\nthreshold = [50000, 20, 100]")
    expected = (9, 8) if first else (50_000, 20)
    code = f"import gc\n{first}\nimport pooled\nprint(gc.get_threshold()[:2], gc.get_freeze_count() < 1000)"
    assert run_python(code, POOLED_CONFIG=path) == (0, f"{expected} True\n")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ([1, 2, 3], TypeError, "gc: expected a dict such as {'threshold': [50000, 20, 100]}, got [1, 2, 3]"),
        ({"threshold": [1, 2]}, ValueError, "gc: threshold=[1, 2]: expected three ints"),
        ({"threshold": 700}, ValueError, "gc: threshold=700: expected three ints"),
        ({"threshold": [1, 2, 1 << 31]}, ValueError, "expected three ints"),
        ({"threshold": [1.5, 2, 3]}, ValueError, "expected three ints"),
        ({"threshold": [0, 10, 10]}, ValueError, "the first 0 turns the collector off; call gc.disable()"),
        ({"freeze": "often"}, ValueError, "gc: freeze='often': expected 'steady' or 'fork'"),
        ({"freeze": ["fork"]}, ValueError, "expected 'steady' or 'fork'"),
        ({"thresholds": [1, 2, 3]}, ValueError, "gc: unknown key 'thresholds'; expected threshold or freeze"),
    ],
)
def test_invalid_settings(options, error, said):
    with pytest.raises(error) as caught:
        pooled.configure(max=5, gc=options)
    assert said in str(caught.value)
    assert pooled.configure().max == 1024


def test_an_invalid_file(written):
    path = written("[gc]\nthreshold = [700]")
    status, printed = run_python("import pooled", POOLED_CONFIG=path)
    assert status == 1
    assert f"ConfigurationError: POOLED_CONFIG={path!r}: [gc]: threshold=[700]: expected three ints" in printed


def test_freeze_collects_first_and_once_more_at_the_next_call():
    run("""
        keep, early = Node(), Node()
        watched = weakref.ref(early)
        del early
        assert pooled.freeze() == gc.get_freeze_count() > 1000
        assert watched() is None, "garbage is not frozen"

        watched = weakref.ref(Node())
        assert is_freed(), "garbage made after the freeze"

        watched, made = weakref.ref(keep), pooled.freeze
        del keep
        assert not is_freed(), "garbage among the frozen"
        pooled.freeze()
        assert watched() is None

        plain = [object()]
        watched = weakref.ref(tracked := Node())
        pooled.freeze()
        tracked.me = None
        del tracked
        assert watched() is None, "the last reference frees a frozen object"
    """)


def test_freeze_leaves_alone_what_the_program_froze():
    run("""
        first, second = Node(), Node()
        gc.freeze()
        pooled.freeze()
        watched = weakref.ref(first)
        del first
        pooled.freeze()
        assert not is_freed()
        gc.unfreeze()
        assert is_freed()

        pooled.freeze()
        gc.freeze()
        watched = weakref.ref(second)
        del second
        pooled.freeze()
        assert not is_freed()
    """)


def test_frozen_objects_are_finalized_at_exit():
    code = """
        class Said(Node):
            def __del__(self):
                print("finalized")

        said = Said()
        pooled.freeze()
        del said
    """
    assert run_python(PRELUDE + textwrap.dedent(code)) == (0, "finalized\n")


def test_run_applies_the_file_before_the_program_starts(written, tmp_path):
    path = written("[gc]\nthreshold = [50000, 20, 100]")
    (tmp_path / "main.py").write_text("import gc\nprint(gc.get_threshold()[:2])\n")
    process = cli_runner.pooled("run", "--config", path, "main.py", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (0, "(50000, 20)\n"), process.stderr
