"""Steps: run each part of a generator or a coroutine, from one `yield` or `await` to the next, in a context manager."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, TypeAlias

Manager: TypeAlias = Callable[[], AbstractContextManager[object]]
"""Makes a context manager for one step."""

Function: TypeAlias = Callable[..., Any]


def in_steps(function: Function, manager: Manager) -> Function | None:
    """A function like `function`, whose results run in steps; None if it is no function of generators or coroutines."""
    if isgeneratorfunction(function):
        return _of_generators(function, manager)
    if iscoroutinefunction(function):
        return _of_coroutines(function, manager)
    if isasyncgenfunction(function):
        return _of_asynchronous_generators(function, manager)
    return None


def _of_generators(function: Function, manager: Manager) -> Function:
    @wraps(function)
    def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return (yield from steps(function(*args, **kwargs), manager))

    return generate


def _of_coroutines(function: Function, manager: Manager) -> Function:
    @wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        return await _Steps(function(*args, **kwargs), manager)

    return run


def _of_asynchronous_generators(function: Function, manager: Manager) -> Function:
    @wraps(function)
    async def generate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        step = generator.asend(None)
        while True:
            try:
                item = await _Steps(step, manager)
            except StopAsyncIteration:
                return
            try:
                step = generator.asend((yield item))
            except GeneratorExit:
                await _Steps(generator.aclose(), manager)
                raise
            except BaseException as error:  # noqa: BLE001 (the generator gets what was thrown into this one)
                step = generator.athrow(error)

    return generate


def steps(iterator: Any, manager: Manager) -> Generator[Any, Any, Any]:
    """Run a generator, or what an `await` iterates over, in steps. Its result is that of the generator."""
    advance, value = iterator.send, None
    while True:
        try:
            with manager():
                item = advance(value)
        except StopIteration as stop:
            return stop.value
        try:
            value = yield item
            advance = iterator.send
        except GeneratorExit:
            with manager():
                iterator.close()
            raise
        except BaseException as error:  # noqa: BLE001 (the generator gets what was thrown into this one)
            advance, value = iterator.throw, error


class _Steps:
    """An awaitable that runs another one in steps."""

    __slots__ = ("_awaitable", "_manager")

    def __init__(self, awaitable: Any, manager: Manager) -> None:
        self._awaitable = awaitable
        self._manager = manager

    def __await__(self) -> Generator[Any, Any, Any]:
        return steps(self._awaitable, self._manager)
