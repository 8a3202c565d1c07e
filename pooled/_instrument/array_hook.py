"""Lets NumPy take the memory of arrays from a pool as soon as a program has imported it."""

from __future__ import annotations

import sys
import warnings
from functools import partial
from importlib.machinery import ModuleSpec

from pooled._instrument.import_hooks import Callback, Callbacks, Finder
from pooled._memory.array_memory import connect, observe, observed
from pooled._pool.arrays import install, installed
from pooled._pool.bulk import clear
from pooled._record import Record
from pooled._sizes import text_of_bytes

refused: list[str] = []
"""The reasons why the arrays of the program are not served, if they should be."""


observing: list[int] = []
"""The limit of the pool that is simulated, once NumPy was imported."""


def serve_when_imported(max_bytes: int, *, warn: bool) -> None:
    """Call `install(max_bytes)` when NumPy is imported, or now if it has been.

    If this is impossible, the reason is added to `refused`, and with `warn`, a RuntimeWarning is issued.
    """
    _when_imported(partial(_serve, max_bytes, warn))


def observe_when_imported(max_bytes: int) -> None:
    """Count the arrays that a memory of `max_bytes` would serve, from the import of NumPy on."""
    _when_imported(partial(_observe, max_bytes))


class ArraysSeen(Record):
    """The arrays of a program that imported NumPy and has no pool for them.

    Attributes:
        arrays: how many arrays of `MIN_BYTES` or more it allocated.
        bytes: their bytes.
        max_bytes: the limit of the pool that was simulated.
        served_bytes: the bytes that this pool would have served from parked blocks.
    """

    arrays: int
    bytes: int
    max_bytes: int
    served_bytes: int


def served() -> list[str]:
    """A sentence on the bytes that came from the pool of the whole process; none if it was not used."""
    memory = installed()
    total, parked = (0, 0) if memory is None else memory.bytes_served()
    if not total:
        return []
    return [
        f"NumPy took {text_of_bytes(total)} for arrays of 32 KiB or more, {parked / total:.0%} of it from the pool."
    ]


def arrays_seen() -> ArraysSeen | None:
    """The counts since `observe_when_imported`; None if NumPy was not imported, or could not be observed."""
    if not observing:
        return None
    arrays, nbytes, served = observed()
    return ArraysSeen(arrays=arrays, bytes=nbytes, max_bytes=observing[-1], served_bytes=served)


def _serve(max_bytes: int, warn: bool, _: object) -> None:
    try:
        install(max_bytes)
    except ImportError as error:
        refused.append(f"the arrays of NumPy are not pooled: {error}")
        if warn:
            warnings.warn(refused[-1], RuntimeWarning, stacklevel=2)


def _observe(max_bytes: int, _: object) -> None:
    try:
        connect(clear)
        observe(max_bytes)
        observing.append(max_bytes)
    except ImportError as error:
        refused.append(f"the arrays of NumPy were not counted: {error}")


def _when_imported(call: Callback) -> None:
    if sys.modules.get("numpy") is not None:
        call(sys.modules["numpy"])
        return

    def callbacks_for(spec: ModuleSpec) -> Callbacks | None:
        return Callbacks(_before, call) if spec.name == "numpy" else None

    def _before(_: object) -> None:
        sys.meta_path.remove(finder)

    finder = Finder(callbacks_for)
    sys.meta_path.insert(0, finder)
