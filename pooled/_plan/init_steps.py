"""The instructions that the reader of an `__init__` knows, of CPython 3.11 to 3.15, in one table.

Each is a function that changes the state. Those that jump return the offsets at which to go on, with the states.
"""
# ruff: noqa: ARG001 (all functions in the table have the same parameters)

from __future__ import annotations

import opcode
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from pooled._plan.init_plan import Constant, NotPlannedError, find
from pooled._plan.init_refusals import refused_attribute, refused_instruction
from pooled._plan.init_state import State, Test
from pooled._plan.init_symbols import (
    InitOf,
    Marker,
    Named,
    Super,
    Symbol,
    attribute_of,
    inherited_init,
    made_by,
    name_of,
)

END: Final = 1 << 30
"""The offset where a function has returned."""

_CACHE: Final = opcode.opmap["CACHE"]
_COMMON: Final[Sequence[Any]] = getattr(opcode, "_common_constants", ())
_VERSION: Final = sys.version_info[:2]
_NULL_FIRST: Final = _VERSION < (3, 13)  # the NULL of a call is below the callable
_NAME_SHIFT: Final = 0 if _VERSION < (3, 12) else 1  # LOAD_ATTR has a bit that 3.11 has LOAD_METHOD for


class Frame(Protocol):
    """The function that is read (`init_reader`)."""

    cls: type
    code: types.CodeType

    def named(self, name: str) -> Named: ...
    def cell(self, name: str) -> Named: ...
    def store(self, state: State, name: Symbol, symbol: Symbol, *, by_setattr: bool) -> None: ...
    def call(self, state: State, callee: Symbol, args: list[Any], keywords: dict[str, Any]) -> Symbol: ...


class Instruction(NamedTuple):
    """One instruction; `after` is the offset of the next one."""

    name: str
    arg: int
    after: int


Follow: TypeAlias = list[tuple[int, State]] | None
Step: TypeAlias = Callable[[Frame, State, Instruction], Follow]


def decode(code: types.CodeType) -> dict[int, Instruction]:
    """The instructions of a function, by offset."""
    raw, found, start = code.co_code, {}, 0
    while start < len(raw):
        after, high = start, 0
        while opcode.opname[raw[after]] == "EXTENDED_ARG":
            high = (high | raw[after + 1]) << 8
            after += 2
        name, arg = opcode.opname[raw[after]], high | raw[after + 1]
        after += 2
        while after < len(raw) and raw[after] == _CACHE:
            after += 2
        found[start] = Instruction(name, arg, after)
        start = after
    return found


def _nothing(frame: Frame, state: State, instruction: Instruction) -> None:
    pass


def _load(*shifts: int) -> Step:
    """Push local variables; `shifts` says where their indices are in the argument."""

    def step(frame: Frame, state: State, instruction: Instruction) -> None:
        for shift in shifts:
            index = instruction.arg >> shift & 15 if len(shifts) > 1 else instruction.arg
            if index not in state.locals:
                raise NotPlannedError(f"the variable {frame.code.co_varnames[index]!r} may not be set")
            state.push(state.locals[index])

    return step


def _store_local(frame: Frame, state: State, instruction: Instruction) -> None:
    (state.locals[instruction.arg],) = state.pop(1)


def _store_and_load(frame: Frame, state: State, instruction: Instruction) -> None:
    (state.locals[instruction.arg >> 4],) = state.pop(1)
    state.push(state.locals[instruction.arg & 15])


def _constant(frame: Frame, state: State, instruction: Instruction) -> None:
    state.push(Constant(frame.code.co_consts[instruction.arg]))


def _small_int(frame: Frame, state: State, instruction: Instruction) -> None:
    state.push(Constant(instruction.arg))


def _common_constant(frame: Frame, state: State, instruction: Instruction) -> None:
    state.push(Constant(_COMMON[instruction.arg]))


def _global(frame: Frame, state: State, instruction: Instruction) -> None:
    symbol = frame.named(frame.code.co_names[instruction.arg >> 1])
    if not instruction.arg & 1:
        state.push(symbol)
    elif _NULL_FIRST:
        state.push(Marker.NULL, symbol)
    else:
        state.push(symbol, Marker.NULL)


def _enclosed(frame: Frame, state: State, instruction: Instruction) -> None:
    state.push(frame.cell(frame.code._varname_from_oparg(instruction.arg)))  # type: ignore[attr-defined]


def _null(frame: Frame, state: State, instruction: Instruction) -> None:
    state.push(Marker.NULL)


def _pop(frame: Frame, state: State, instruction: Instruction) -> None:
    state.pop(1)


def _copy(frame: Frame, state: State, instruction: Instruction) -> None:
    state.push(state.stack[-instruction.arg])


def _swap(frame: Frame, state: State, instruction: Instruction) -> None:
    stack, other = state.stack, -instruction.arg
    stack[-1], stack[other] = stack[other], stack[-1]


def _container(cls: type) -> Step:
    def step(frame: Frame, state: State, instruction: Instruction) -> None:
        if instruction.arg != 0:
            raise NotPlannedError("it makes a container that is not empty")
        state.push(made_by(cls, ()))

    return step


def _store_attribute(frame: Frame, state: State, instruction: Instruction) -> None:
    value, owner = state.pop(2)
    if owner is not Marker.SELF:
        raise NotPlannedError("it assigns an attribute of another object")
    frame.store(state, Constant(frame.code.co_names[instruction.arg]), value, by_setattr=True)


def _store_item(frame: Frame, state: State, instruction: Instruction) -> None:
    value, owner, name = state.pop(3)
    if owner is not Marker.SELF_DICT:
        raise NotPlannedError("it assigns an item")
    if isinstance(name, Constant) and type(find(frame.cls, name.value)) is types.MemberDescriptorType:
        raise NotPlannedError(f"it stores {name.value!r} in its __dict__, beside a slot of that name")
    frame.store(state, name, value, by_setattr=False)


def _attribute(frame: Frame, state: State, instruction: Instruction) -> None:
    name = frame.code.co_names[instruction.arg >> _NAME_SHIFT]
    (owner,) = state.pop(1)
    is_call = instruction.name == "LOAD_METHOD" or (_NAME_SHIFT == 1 and instruction.arg & 1)
    if isinstance(owner, Super) and name == "__init__":
        state.push(InitOf(inherited_init(frame.cls, owner.cls)), Marker.SELF)
        return
    found = attribute_of(frame.cls, owner, name)
    if found is None:
        raise NotPlannedError(refused_attribute(name_of(owner), name))
    if is_call:
        state.push(*((Marker.NULL, found) if _NULL_FIRST else (found, Marker.NULL)))
    else:
        state.push(found)


def _super_attribute(frame: Frame, state: State, instruction: Instruction) -> None:
    function, cls, obj = state.pop(3)
    name = frame.code.co_names[instruction.arg >> 2]
    is_known = isinstance(function, Constant) and function.value is super and isinstance(cls, Constant)
    if not is_known or obj is not Marker.SELF or name != "__init__" or not instruction.arg & 1:
        raise NotPlannedError(f"it uses super().{name}")
    state.push(InitOf(inherited_init(frame.cls, cls.value)), Marker.SELF)


def _keyword_names(frame: Frame, state: State, instruction: Instruction) -> None:
    state.keywords = frame.code.co_consts[instruction.arg]


def _call(frame: Frame, state: State, instruction: Instruction) -> None:
    if instruction.name == "CALL_KW":
        (names,) = state.pop(1)
        state.keywords = names.value
    names, state.keywords = state.keywords, ()
    args = state.pop(instruction.arg)
    one, two = state.pop(2)
    if one is Marker.NULL or two is Marker.NULL:
        callee = two if one is Marker.NULL else one
    else:
        callee = one
        args.insert(0, two)
    count = len(args) - len(names)
    keywords = dict(zip(names, args[count:], strict=True))
    state.push(frame.call(state, callee, args[:count], keywords))


def _identity(frame: Frame, state: State, instruction: Instruction) -> None:
    one, other = state.pop(2)
    state.push(Test.of(one, other, negated=bool(instruction.arg)))


def _jump(frame: Frame, state: State, instruction: Instruction) -> Follow:
    return [(instruction.after + 2 * instruction.arg, state)]


def _jump_if(*, none: bool, when: bool) -> Step:
    """Jump if the result of a test is `when`; `none`: of a test for None."""

    def step(frame: Frame, state: State, instruction: Instruction) -> Follow:
        (tested,) = state.pop(1)
        if none:
            tested = Test.of(tested, Constant(None), negated=False)
        if not isinstance(tested, Test):
            raise NotPlannedError(refused_instruction("TO_BOOL"))
        target = instruction.after + 2 * instruction.arg
        known = state.result_of(tested)
        if known is not None:
            return [(target if (known is not tested.negated) is when else instruction.after, state)]
        return [
            (target if (result is not tested.negated) is when else instruction.after, state.branch(tested, result))
            for result in (True, False)
        ]

    return step


def _return(frame: Frame, state: State, instruction: Instruction) -> Follow:
    if instruction.name == "RETURN_CONST":
        _constant(frame, state, instruction)
    (symbol,) = state.pop(1)
    if not (isinstance(symbol, Constant) and symbol.value is None):
        raise NotPlannedError("it returns a value")
    state.locals.clear()
    state.stack.clear()
    return [(END, state)]


def refuse(frame: Frame, state: State, instruction: Instruction) -> None:
    """Refuse an instruction that is not in the table."""
    raise NotPlannedError(refused_instruction(instruction.name))


STEPS: Final[Mapping[str, Step]] = MappingProxyType(
    dict.fromkeys(("RESUME", "NOP", "NOT_TAKEN", "COPY_FREE_VARS", "PRECALL"), _nothing)
    | dict.fromkeys(("LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"), _load(0))
    | dict.fromkeys(("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"), _load(4, 0))
    | dict.fromkeys(("LOAD_CONST", "LOAD_CONST_IMMORTAL", "LOAD_CONST_MORTAL"), _constant)
    | dict.fromkeys(("LOAD_ATTR", "LOAD_METHOD"), _attribute)
    | dict.fromkeys(("CALL", "CALL_KW"), _call)
    | dict.fromkeys(("RETURN_VALUE", "RETURN_CONST"), _return)
    | dict.fromkeys(("POP_JUMP_IF_NONE", "POP_JUMP_FORWARD_IF_NONE"), _jump_if(none=True, when=True))
    | dict.fromkeys(("POP_JUMP_IF_NOT_NONE", "POP_JUMP_FORWARD_IF_NOT_NONE"), _jump_if(none=True, when=False))
    | dict.fromkeys(("POP_JUMP_IF_TRUE", "POP_JUMP_FORWARD_IF_TRUE"), _jump_if(none=False, when=True))
    | dict.fromkeys(("POP_JUMP_IF_FALSE", "POP_JUMP_FORWARD_IF_FALSE"), _jump_if(none=False, when=False))
    | {
        "STORE_FAST": _store_local,
        "STORE_FAST_LOAD_FAST": _store_and_load,
        "LOAD_SMALL_INT": _small_int,
        "LOAD_COMMON_CONSTANT": _common_constant,
        "LOAD_GLOBAL": _global,
        "LOAD_DEREF": _enclosed,
        "PUSH_NULL": _null,
        "POP_TOP": _pop,
        "COPY": _copy,
        "SWAP": _swap,
        "BUILD_LIST": _container(list),
        "BUILD_MAP": _container(dict),
        "STORE_ATTR": _store_attribute,
        "STORE_SUBSCR": _store_item,
        "LOAD_SUPER_ATTR": _super_attribute,
        "KW_NAMES": _keyword_names,
        "IS_OP": _identity,
        "JUMP_FORWARD": _jump,
    }
)
