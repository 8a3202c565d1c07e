"""Parked memory for the data of NumPy's arrays, as a pool among the others."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, cast

from pooled import _config
from pooled._memory.pool import OFF
from pooled._memory.registry import MemoryPool
from pooled._stats import Stats

if TYPE_CHECKING:
    from pooled._memory.arrays import Depot, Handler
    from pooled._policy import Policy

MIN_BYTES: Final = 1 << 15
"""NumPy itself allocates smaller arrays: it has a cache for them, and so has the C library."""


def connect(low_memory: Callable[[], object]) -> None:
    """Find the C API of NumPy, which has been imported.

    Args:
        low_memory: called soon after an array could not be allocated.

    Raises:
        ImportError: the extension was not built, or does not know this version of NumPy.
    """
    try:
        arrays = importlib.import_module("pooled._memory.arrays")
    except ModuleNotFoundError as error:
        raise ImportError(
            "pooled_arrays needs the C extension pooled._memory.arrays, which was not built: install pooled-objects "
            "with a C compiler, on Linux or macOS"
        ) from error
    new_name = "numpy._core._multiarray_umath"
    multiarray = importlib.import_module(new_name if new_name in sys.modules else "numpy.core._multiarray_umath")
    wants_huge_pages = getattr(multiarray, "_get_madvise_hugepage", lambda: True)
    arrays.connect(multiarray, low_memory, wants_huge_pages())


class _NoDepot:
    """The depot with the engine off: it hands out nothing and parks nothing. It needs no extension."""

    parked_bytes = 0

    def __len__(self) -> int:
        return 0

    def array(self, *_: object) -> Any:
        return NotImplemented

    def counts(self) -> dict[str, int]:
        outcomes = ("recycled", "discarded_full", "discarded_large", "discarded_blank")
        return dict.fromkeys(("hits", "misses", *outcomes), 0)

    def trim(self, _: int) -> int:
        return 0

    def park(self, _: int) -> bool:
        return False

    def resize(self, _: int) -> None:
        pass

    cap = open = resize


class ArrayMemory(MemoryPool):
    """Parked blocks of memory for arrays. All threads share them, and the limit. `connect` must have been called."""

    __slots__ = ("_depot", "_lock")

    def __init__(self, max_bytes: int, *, name: str, min_bytes: int) -> None:
        self._depot: Final = _new_depot(min_bytes, max_bytes)
        self._lock = RLock()  # reentrant: a finalizer or a signal handler may interrupt the holder
        super().__init__(max_bytes, name)
        self._follow_switch()

    @property
    def parked_bytes(self) -> int:
        """How many bytes are parked."""
        return self._depot.parked_bytes

    def stats(self) -> Stats:
        """Counts of blocks: how they were obtained, and how they ended. `parked_bytes` gives bytes.

        `discarded_large` counts blocks above `max_cap`, `discarded_full` blocks that did not fit into `max_bytes`, and
        `discarded_refused` blocks of zeros to which nothing was written.
        """
        counts = self._depot.counts()
        return Stats(
            hits=counts["hits"],
            misses=counts["misses"],
            recycled=counts["recycled"],
            discarded_full=counts["discarded_full"],
            discarded_large=counts["discarded_large"],
            discarded_refused=counts["discarded_blank"],
            parked=len(self._depot),
        )

    def clear(self) -> int:
        """Free all parked blocks. Blocks in use still return to the pool.

        Returns:
            The number of freed blocks.
        """
        return self._depot.trim(0)

    def prune(self) -> int:
        """Free some parked blocks, first those of the sizes that have not been taken for the longest time.

        It frees 10 % of `max_bytes` if more than that is parked, else 1 %; at least one block.

        Returns:
            The number of freed blocks.
        """
        return self._depot.trim(max(0, self.parked_bytes - self._prunable_bytes()))

    def __len__(self) -> int:
        """How many blocks are parked."""
        return len(self._depot)

    def __repr__(self) -> str:
        return f"<{self.name} max_bytes={self.max_bytes} parked_bytes={self.parked_bytes}>"

    def _limit(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._depot.resize(max_bytes)

    def _follow_switch(self) -> None:
        """Turn parking on or off, as `disable` and `enable` require."""
        with self._lock:
            self._depot.open(self._parks())

    def _parks(self) -> bool:
        """Whether to park memory now."""
        return _config.current.pooling

    def _after_fork_in_child(self) -> None:
        """Forget that another thread, which does not exist in this process, had the lock."""
        self._lock = RLock()


def _new_depot(min_bytes: int, max_bytes: int) -> Depot:
    if OFF:
        return cast("Depot", _NoDepot())
    from pooled._memory.arrays import Depot  # not at the top: the extension may be missing

    return Depot(min_bytes, max_bytes)


class ServingMemory(ArrayMemory):
    """Memory for the arrays of unchanged code, from `MIN_BYTES` to `max_bytes`, while it is in use.

    It is trimmed as pools of objects are, since arrays are often the larger part of a budget.
    """

    __slots__ = ("_policy", "_uses")

    def __init__(self, max_bytes: int, *, name: str) -> None:
        self._policy: Final = _config.current.defaults.completed()
        self._uses = 0
        super().__init__(max_bytes, name=name, min_bytes=MIN_BYTES)

    def begin(self) -> None:
        """Serve arrays and park blocks, until `end` was called as often as `begin`."""
        with self._lock:
            self._uses += 1
        self._follow_switch()

    def end(self) -> None:
        """End the effect of one `begin`. The last call frees the parked blocks."""
        with self._lock:
            self._uses -= 1
        self._follow_switch()

    def serve_context(self) -> Handler:
        """Serve the arrays of the current context; return the handler that it had."""
        return self._depot.use()

    def serve_process(self) -> None:
        """Serve the arrays of all contexts that have no handler of their own, in all threads."""
        self._depot.install()

    def bytes_served(self) -> tuple[int, int]:
        """The bytes of all blocks that were handed out, and of those among them that had been parked."""
        counts = self._depot.counts()
        return counts["bytes_taken"], counts["bytes_hit"]

    def resize(self, max_bytes: int) -> None:
        """Change the limit, and free parked blocks beyond it."""
        self._limit(max_bytes)

    def depths(self) -> tuple[int, int, int]:
        """Return zeros: its limit is `max_bytes`."""
        return 0, 0, 0

    def set_bound(self, bound: int | None) -> None:
        """Do nothing: this memory has no limit that follows the load."""

    @property
    def policy(self) -> Policy:
        """The limits: `idle_trim` is the default of the configuration."""
        return self._policy

    def keep(self, count: int) -> int:
        """Free all but about `count` blocks; return the number."""
        parked = len(self)
        return self._depot.trim(self.parked_bytes * count // parked) if parked > count else 0

    def trim(self) -> int:
        """Free half of the blocks that were not used since the last trim; return the number."""
        return self._depot.trim_idle()

    def weigh(self) -> tuple[int, int]:
        """The bytes that are parked, and the number of blocks."""
        return self.parked_bytes, len(self)

    def _parks(self) -> bool:
        return self._uses > 0 and super()._parks()


def release() -> None:
    """Free the parked blocks of all memories, and their address space, since memory is short."""
    from pooled._memory import arrays

    arrays.release()


def observe(max_bytes: int) -> None:
    """Count the arrays of the process that a memory of `max_bytes` would serve. NumPy still allocates them."""
    from pooled._memory import arrays

    arrays.observe(MIN_BYTES, max_bytes)


def observed() -> Any:
    """The counts: arrays of `MIN_BYTES` or more, their bytes, and the bytes that would be served."""
    from pooled._memory import arrays

    return arrays.observed()
