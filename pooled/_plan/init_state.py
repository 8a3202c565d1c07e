"""States of the reader of an `__init__`: the known facts before an instruction, and after branches meet."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Self, TypeAlias

from pooled._plan.init_plan import Argument, Choice, Constant, Container, NotPlannedError, Value
from pooled._plan.init_symbols import Symbol, chosen, value_of
from pooled._record import Record


class Test(Record, eq=False):
    """The result of a test for identity, `argument is sentinel`.

    Attributes:
        index: the index of the parameter.
        sentinel: the object that it is compared with.
        result: the result if it is known, else None.
        negated: whether the test is `is not`.
    """

    index: int = -1
    sentinel: Any = None
    result: bool | None = None
    negated: bool = False

    @classmethod
    def of(cls, one: Symbol, other: Symbol, *, negated: bool) -> Self:
        """The test `one is other`, or `one is not other`."""
        if isinstance(one, Constant) and isinstance(other, Argument):
            one, other = other, one
        if isinstance(other, Constant):
            if isinstance(one, Argument):
                return cls(index=one.index, sentinel=other.value, negated=negated)
            if isinstance(one, Constant):
                return cls(result=one.value is other.value, negated=negated)
            if isinstance(one, Container):
                return cls(result=False, negated=negated)
        raise NotPlannedError("it compares objects other than arguments and constants")


Path: TypeAlias = tuple[Test, ...]
"""The tests on the way to a state, with their results."""


class State:
    """The known facts before an instruction.

    Attributes:
        stack: the symbols of the objects on the stack.
        locals: the symbols of local variables that are set, by index.
        values: the attributes that are set.
        path: the tests on the way.
        keywords: the names of the keyword arguments of the next call (until Python 3.12).
    """

    def __init__(self, variables: dict[int, Symbol], values: dict[str, Value], path: Path) -> None:
        self.stack: list[Any] = []
        self.locals = variables
        self.values = values
        self.path = path
        self.keywords: tuple[str, ...] = ()

    def push(self, *symbols: Any) -> None:
        """Push symbols onto the stack."""
        self.stack.extend(symbols)

    def pop(self, count: int) -> list[Any]:
        """Pop symbols off the stack; the topmost is the last."""
        start = len(self.stack) - count
        taken = self.stack[start:]
        del self.stack[start:]
        return taken

    def result_of(self, test: Test) -> bool | None:
        """The result of a test, if it follows from the tests on the way."""
        if test.result is not None:
            return test.result
        earlier = (each for each in self.path if each.index == test.index and each.sentinel is test.sentinel)
        return next((each.result for each in earlier), None)

    def value_of(self, symbol: Symbol | Test) -> Value:
        """The value of an attribute that gets this symbol: one of two booleans if it is a test."""
        if not isinstance(symbol, Test):
            return value_of(symbol)
        known = self.result_of(symbol)
        if known is not None:
            return Constant(known is not symbol.negated)
        return Choice(symbol.index, symbol.sentinel, Constant(not symbol.negated), Constant(symbol.negated))

    def branch(self, test: Test, result: bool) -> State:
        """The state where the test had this result."""
        other = State(dict(self.locals), dict(self.values), (*self.path, test.replace(result=result)))
        other.stack = list(self.stack)
        return other


def joined(states: list[State]) -> State:
    """The state after branches have met."""
    while len(states) > 1:
        states.sort(key=lambda state: len(state.path))
        one = states.pop()
        opposite = next((state for state in states if _are_opposite(state.path, one.path)), None)
        if opposite is None:
            raise NotPlannedError("its branches do not meet")
        states.remove(opposite)
        states.append(_join(one, opposite) if one.path[-1].result else _join(opposite, one))
    return states[0]


def _are_opposite(one: Path, other: Path) -> bool:
    """Whether two ways differ only in the result of the last test."""
    if len(one) != len(other) or one[-1].result is other[-1].result:
        return False
    return all(
        a.index == b.index and a.sentinel is b.sentinel and (a.result is b.result or a is one[-1])
        for a, b in zip(one, other, strict=True)
    )


def _join(same: State, other: State) -> State:
    """The state where two branches meet: `same`, where the argument was the sentinel, and `other`."""
    test = same.path[-1]
    if [*same.values] != [*other.values] or len(same.stack) != len(other.stack):
        raise NotPlannedError("it assigns other attributes in one branch than in the other")
    state = State({}, {}, same.path[:-1])
    for name, value in same.values.items():
        state.values[name] = value_of(chosen(test.index, test.sentinel, value, other.values[name]))
    for one, two in zip(same.stack, other.stack, strict=True):
        state.stack.append(chosen(test.index, test.sentinel, one, two))
    for variable, symbol in same.locals.items():
        with suppress(NotPlannedError, KeyError):  # it may not be used any more
            state.locals[variable] = chosen(test.index, test.sentinel, symbol, other.locals[variable])
    return state
