"""Sides: the two engines in one process, each in a copy of the package of its own, and one program's state on each."""

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

sys.path[:0] = [] if str(Path(__file__).parent.parent) in sys.path else [str(Path(__file__).parent.parent)]
conftest = importlib.import_module("conftest")

ENGINES = ("native", "reference")


class Engine:
    """One engine: its copy of the package, and its name."""

    def __init__(self, name):
        self.name = name
        # Whether a collection trims depends on the clock, which each side reads at another moment.
        self.modules = conftest.load(POOLED_ENGINE=name, POOLED_GC_TRIM="off")
        self.pooled = self.modules["pooled"]
        self.containers = self.modules["pooled.containers"]
        self.arc = self.modules["pooled.arc"]
        assert self.pooled.engine == name


def engines():
    """Both engines, loaded once for a process."""
    if not _loaded:
        _loaded.extend(map(Engine, ENGINES))
    return tuple(_loaded)


_loaded: list[Engine] = []

importable = ModuleType("fuzz_importable")
"""Where pickles look for the class of the side whose turn it is."""
sys.modules[importable.__name__] = importable


class Side(SimpleNamespace):
    """What one program has on one engine.

    Attributes:
        engine: which.
        cls: the class on trial.
        part: a poolable class whose objects are put into those.
        pools: that of the class, a second one of it, that of `part`, and one of what cannot be hooked.
        alive: objects of `cls`, in the same order on both sides.
        held: whatever else somebody holds on to.
        kept: what a reset kept.
        refs: weak references.
        said: what went to `sys.unraisablehook`, and the calls of callbacks, as strings.
        arcs: handles on shared values.
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
