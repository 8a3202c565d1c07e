"""`pooled_arrays` and `install`: NumPy takes the memory of arrays from a pool, in a context or the whole process."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, Self, TypeVar

from pooled._engine import name as _engine
from pooled._memory.array_memory import ServingMemory, connect
from pooled._memory.steps import in_steps
from pooled._pool.bulk import clear
from pooled._pool.trimming import register
from pooled._sizes import DEFAULT_ARRAY_BYTES, check_bytes
from pooled._stats import Stats

if TYPE_CHECKING:
    from pooled._memory.arrays import Handler

P = ParamSpec("P")
R = TypeVar("R")


class _Entered(NamedTuple):
    """An entered `pooled_arrays` of the current context."""

    owner: pooled_arrays
    former: Handler
    outer: _Entered | None


_entered: Final[ContextVar[_Entered | None]] = ContextVar("pooled_arrays", default=None)


class pooled_arrays:  # noqa: N801 (it is used like a function, as contextlib.suppress is)
    """Let NumPy take the memory of arrays from a pool: in a `with` block, or in a decorated function.

    The code inside needs no change: it serves `a * b + c`, pandas, SciPy and all other code that creates arrays. The
    arrays are ordinary ones, and may outlive the block. When the last view of an array is dropped, its memory returns
    to the pool; after the end of the block, it returns to the system.

    It serves arrays of 32 KiB to `max_bytes`. NumPy allocates smaller ones itself, because its cache is faster, and
    larger ones, because they could not be parked. A block is at most an eighth larger than its array, and begins at a
    multiple of 4 KiB. If the address space of the process is limited (`ulimit -v`), blocks use at most a third of the
    free part.

    The setting belongs to the current context: to a thread, or to an asyncio task. It does not apply to threads that
    are started inside the block; `install` applies to all threads. In a decorated generator or coroutine, it applies
    from one `yield` or `await` to the next, but not to the caller. A `with` block in a generator also applies to the
    caller at each `yield`, like every context variable. One object may be entered repeatedly, nested, and by several
    threads at once: they share its memory and its limit.

    The end of the outermost `with` block frees the parked memory. A decorated function keeps its memory for the next
    call until a trim frees unused memory (see `pooled.trim`), `pooled.clear()` is called, or the function itself is
    dropped.

    Cost: a take and a drop of a block take about 100 ns more than NumPy's own allocation. They save 0.1 to 0.3 ms for
        each MiB if the C library would return the memory to the system and get new, zeroed pages for the next array.
        `python -m benchmarks arrays` measures both.

    Args:
        max_bytes: the most bytes that are parked, in all threads together, as an int or a string such as "1GiB".
        name: the name in reports.

    Raises:
        TypeError, ValueError: `max_bytes` is not a number of bytes.
        ImportError: the C extension was not built, or does not know this version of NumPy.
    """

    def __init__(self, max_bytes: int | str = DEFAULT_ARRAY_BYTES, *, name: str = "arrays") -> None:
        limit = check_bytes("max_bytes", max_bytes)
        self._memory: Final = None if _engine == "off" else _new_memory(limit, name)

    def __enter__(self) -> Self:
        if self._memory is not None:
            self._memory.begin()
            self._enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._memory is not None:
            self._leave()
            self._memory.end()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Serve the calls of a function; of a generator or a coroutine, each of its steps."""
        if isinstance(function, type) or not callable(function):
            raise TypeError(f"pooled_arrays decorates a function, got {function!r}; decorate its methods")
        if self._memory is None:
            return function
        self._memory.begin()  # without an end: it will be called again
        step = partial(_Step, self)
        stepped = in_steps(function, step)
        if stepped is not None:
            return stepped

        @wraps(function)
        def served(*args: P.args, **kwargs: P.kwargs) -> R:
            with step():
                return function(*args, **kwargs)

        return served

    def stats(self) -> Stats:
        """Counts of the blocks of memory: how they were obtained, and how they ended."""
        return Stats() if self._memory is None else self._memory.stats()

    @property
    def parked_bytes(self) -> int:
        """The number of parked bytes."""
        return 0 if self._memory is None else self._memory.parked_bytes

    def __repr__(self) -> str:
        return f"<pooled_arrays {'off' if self._memory is None else self._memory!r}>"

    def _enter(self) -> None:
        former = self._memory.serve_context() if self._memory is not None else None
        _entered.set(_Entered(self, former, _entered.get()))

    def _leave(self) -> None:
        """Restore the former handler of the context. Do nothing in a context that has not entered this object."""
        from pooled._memory import arrays

        entered = _entered.get()
        if entered is not None and entered.owner is self:
            arrays.set_handler(entered.former)
            _entered.set(entered.outer)


class _Step:
    """Serves a part of a decorated function."""

    __slots__ = ("_arrays",)

    def __init__(self, arrays: pooled_arrays) -> None:
        self._arrays = arrays

    def __enter__(self) -> None:
        self._arrays._enter()

    def __exit__(self, *_: object) -> None:
        self._arrays._leave()


def _new_memory(max_bytes: int, name: str) -> ServingMemory:
    connect(clear)
    memory = ServingMemory(max_bytes, name=name)
    register(memory)
    return memory


# The whole process.

_installing: Final = Lock()
_installed: ServingMemory | None = None


def installed() -> ServingMemory | None:
    """The memory of the whole process, once `install` was called."""
    return _installed


def install(max_bytes: int | str = DEFAULT_ARRAY_BYTES) -> None:
    """Let NumPy take the memory of arrays from a pool in the whole process, in all present and future threads.

    Call it once at start-up; another call changes the limit. A block of `pooled_arrays` keeps its own memory and limit.
    NumPy's own functions, such as `get_handler_name`, still report its default handler. The child of a fork inherits
    the setting and the parked memory.

    Args:
        max_bytes: the most bytes that are parked, as an int or a string such as "1GiB". With 0, NumPy allocates all
            arrays itself.

    Raises:
        TypeError, ValueError: `max_bytes` is not a number of bytes.
        ImportError: the C extension was not built, or does not know this version of NumPy.
    """
    global _installed  # noqa: PLW0603 (there is one process)
    limit = check_bytes("max_bytes", max_bytes)
    if _engine == "off":
        return
    with _installing:
        if _installed is None:
            memory = _new_memory(limit, "arrays")
            memory.begin()
            memory.serve_process()
            _installed = memory
        else:
            _installed.resize(limit)
