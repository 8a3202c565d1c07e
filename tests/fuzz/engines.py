"""Both engines in one process, each with its own copy of the package, and the state of a program on each."""

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

sys.path[:0] = [] if str(Path(__file__).parent.parent) in sys.path else [str(Path(__file__).parent.parent)]
conftest = importlib.import_module("conftest")

ENGINES = ("native", "reference")


class Engine:
    """An engine: its name and its copy of the package."""

    def __init__(self, name):
        self.name = name
        # Trimming by collections depends on the clock, which differs between the engines.
        self.modules = conftest.load(POOLED_ENGINE=name, POOLED_GC_TRIM="off")
        self.pooled = self.modules["pooled"]
        self.containers = self.modules["pooled.containers"]
        self.arc = self.modules["pooled.arc"]
        assert self.pooled.engine == name


def engines():
    """Both engines, loaded once per process."""
    if not _loaded:
        _loaded.extend(map(Engine, ENGINES))
    return tuple(_loaded)


_loaded: list[Engine] = []

importable = ModuleType("fuzz_importable")
"""The module in which pickle finds the class of the engine that runs."""
sys.modules[importable.__name__] = importable


class Side(SimpleNamespace):
    """The state of a program on one engine.

    Attributes:
        engine: the engine.
        cls: the class under test.
        part: a poolable class, for objects inside objects of `cls`.
        pools: the pool of `cls`, a second one, the pool of `part`, and a pool of a class that cannot be hooked.
        alive: objects of `cls`, in the same order on both engines.
        held: other values that the program refers to.
        kept: objects that a reset kept.
        refs: weak references.
        said: errors passed to `sys.unraisablehook` and calls of callbacks, as strings.
        arcs: handles of shared values.
    """

    def __init__(self, engine):
        super().__init__(
            engine=engine,
            pooled=engine.pooled,
            alive=[],
            held=[],
            kept=[],
            refs=[],
            said=[],
            arcs=[],
        )
