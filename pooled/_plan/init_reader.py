"""Reads the bytecode of an `__init__`, and plans it if it only assigns arguments, constants and empty containers.

The reader executes the instructions on symbols in place of objects, and refuses those that it does not know. At a test
for the identity of an argument it follows both branches, and joins them where they meet.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any, Final

from pooled._plan.init_plan import (
    MOST,
    Argument,
    CellGuard,
    Constant,
    FunctionGuard,
    GlobalGuard,
    InitPlan,
    NotPlannedError,
    Value,
    check_attribute,
    check_containers,
    find,
)
from pooled._plan.init_refusals import refused_call
from pooled._plan.init_state import Path, State, joined
from pooled._plan.init_steps import END, STEPS, decode, refuse
from pooled._plan.init_symbols import (
    InitOf,
    Marker,
    Named,
    Super,
    Symbol,
    is_setattr_getter,
    made_by,
    name_of,
)

_REFUSED_FLAGS: Final = 0x04 | 0x08 | 0x20 | 0x80 | 0x200  # *args, **kwargs, generators and coroutines


def read_init(cls: type) -> InitPlan | str:
    """The plan of the `__init__` of `cls`; or, if it has to run as Python code, a clause that says why."""
    reader = _Reader(cls)
    try:
        return reader.plan()
    except NotPlannedError as reason:
        return str(reason)


class _Reader:
    """Reads the `__init__` of one class, and those of its bases that it calls."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.functions: dict[int, FunctionGuard] = {}
        self.globals: dict[tuple[int, str], GlobalGuard] = {}
        self.cells: dict[int, CellGuard] = {}
        self.uses_setattr = False
        self.uses_super = False

    def plan(self) -> InitPlan:
        init = find(self.cls, "__init__")
        if not isinstance(init, types.FunctionType):
            raise NotPlannedError("its __init__ is not a function in Python")
        code = init.__code__
        count = code.co_argcount + code.co_kwonlyargcount - 1
        if code.co_argcount == 0 or count > MOST:
            raise NotPlannedError(f"its __init__ has no self, or more than {MOST} parameters")
        names = code.co_varnames[1 : count + 1]
        values = _Frame(self, init, [Marker.SELF, *map(Argument, range(count), names)]).run({}, ())
        if len(values) > MOST:
            raise NotPlannedError(f"it has more than {MOST} attributes")
        check_containers(values)
        if self.uses_setattr and find(self.cls, "__setattr__") is not object.__setattr__:
            raise NotPlannedError("the class has a __setattr__ of its own")
        return InitPlan(
            cls=self.cls,
            parameters=names,
            positional=code.co_argcount - 1,
            positional_only=max(code.co_posonlyargcount - 1, 0),
            values=values,
            uses_setattr=self.uses_setattr,
            has_super=self.uses_super,
            functions=tuple(self.functions.values()),
            globals=tuple(self.globals.values()),
            cells=tuple(self.cells.values()),
        )


class _Frame:
    """Reads one function, called with the given symbols for its parameters."""

    def __init__(self, reader: _Reader, function: types.FunctionType, symbols: Sequence[Symbol]) -> None:
        self.reader, self.cls, self.function, self.code = reader, reader.cls, function, function.__code__
        self.symbols = symbols
        if self.code.co_flags & _REFUSED_FLAGS:
            raise NotPlannedError(f"{function.__qualname__} has *args or **kwargs, or is a generator")
        if len(function.__defaults__ or ()) > self.code.co_argcount:
            raise NotPlannedError(f"{function.__qualname__} has more defaults than parameters")
        guard = FunctionGuard(function, self.code, function.__defaults__, function.__kwdefaults__)
        if reader.functions.setdefault(id(function), guard) is not guard:
            raise NotPlannedError(f"{function.__qualname__} is called twice")

    def run(self, values: dict[str, Value], path: Path) -> dict[str, Value]:
        """The attributes that are set when the function has returned."""
        instructions = decode(self.code)
        waiting = {0: [State(dict(enumerate(self.symbols)), values, path)]}
        while True:
            offset = min(waiting)
            try:
                state = joined(waiting.pop(offset))
                if offset == END:
                    return state.values
                instruction = instructions[offset]
                step = STEPS.get(instruction.name, refuse)
                follow = step(self, state, instruction) or [(instruction.after, state)]
            except NotPlannedError as reason:
                raise self._with_line(reason, offset) from None
            for target, each in follow:
                waiting.setdefault(target, []).append(each)

    def _with_line(self, reason: NotPlannedError, offset: int) -> NotPlannedError:
        file = self.code.co_filename
        if file.startswith("<") or str(reason).startswith("line "):
            return reason  # generated code has no lines to look at
        lines = (line for start, end, line in self.code.co_lines() if start <= offset < end)
        return NotPlannedError(f"line {next(lines, None) or self.code.co_firstlineno} of {file}: {reason}")

    def named(self, name: str) -> Named:
        """A global or builtin name."""
        function: Any = self.function
        namespace, builtins = function.__globals__, function.__builtins__
        is_plain = type(namespace) is dict and type(builtins) is dict
        scope = namespace if is_plain and name in namespace else builtins
        if not is_plain or name not in scope:
            raise NotPlannedError(f"the name {name!r} is not defined")
        guard = GlobalGuard(namespace, builtins, name, scope[name])
        self.reader.globals.setdefault((id(namespace), name), guard)
        return Named(scope[name], name)

    def _keyword_default(self, defaults: Any, name: str) -> Constant:
        """The default of a keyword-only parameter. The plan looks it up, because the dict can be changed in place."""
        self.reader.globals.setdefault((id(defaults), name), GlobalGuard(defaults, defaults, name, defaults[name]))
        return Constant(defaults[name])

    def cell(self, name: str) -> Named:
        """A variable of an enclosing scope."""
        if name not in self.code.co_freevars:
            raise NotPlannedError("it has a variable that a function in it uses")
        cell = (self.function.__closure__ or ())[self.code.co_freevars.index(name)]
        try:
            value = cell.cell_contents
        except ValueError:
            raise NotPlannedError(f"the variable {name!r} is not set") from None
        self.reader.cells.setdefault(id(cell), CellGuard(cell, value))
        return Named(value, name)

    def store(self, state: State, name: Symbol, symbol: Symbol, *, by_setattr: bool) -> None:
        """Assign an attribute of `self`. `by_setattr`: by a statement, which would call `__setattr__`."""
        if not isinstance(name, Constant) or type(name.value) is not str:
            raise NotPlannedError("the name of an attribute is not a constant")
        check_attribute(self.cls, name.value)
        self.reader.uses_setattr |= by_setattr
        state.values[name.value] = state.value_of(symbol)

    def call(self, state: State, callee: Symbol, args: list[Any], keywords: dict[str, Any]) -> Symbol:
        """The result of a call."""
        if isinstance(callee, InitOf):
            if not args or args[0] is not Marker.SELF:
                raise NotPlannedError("it calls an inherited __init__ of another object")
            self.reader.uses_super = True
            return self._call_init(state, callee.function, args, keywords)
        if not keywords and callee is Marker.SETATTR and len(args) == 2:
            self.store(state, *args, by_setattr=False)
            return Constant(None)
        if keywords or not isinstance(callee, Constant):
            raise NotPlannedError(refused_call(name_of(callee)))
        if callee.value is object.__setattr__ and len(args) == 3 and args[0] is Marker.SELF:
            self.store(state, *args[1:], by_setattr=False)
            return Constant(None)
        if is_setattr_getter(callee.value) and args == [Marker.SELF]:
            return Marker.SETATTR
        if callee.value is super and not args:
            return Super(self.cell("__class__").value)
        made = made_by(callee.value, args)
        if made is None:
            raise NotPlannedError(refused_call(name_of(callee)))
        return made

    def _call_init(self, state: State, function: Any, args: list[Symbol], keywords: dict[str, Symbol]) -> Symbol:
        if function is object.__init__ and args == [Marker.SELF] and not keywords:
            return Constant(None)
        if not isinstance(function, types.FunctionType):
            raise NotPlannedError("it calls an inherited __init__ that is not a function in Python")
        code, defaults = function.__code__, function.__defaults__ or ()
        first_default = code.co_argcount - len(defaults)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        is_bound = len(args) <= code.co_argcount  # else a parameter that is keyword-only is passed by position
        for index in range(len(args), len(names)):
            if names[index] in keywords and index >= code.co_posonlyargcount:
                args.append(keywords.pop(names[index]))
            elif first_default <= index < code.co_argcount:
                args.append(Constant(defaults[index - first_default]))
            elif index >= code.co_argcount and names[index] in (function.__kwdefaults__ or {}):
                args.append(self._keyword_default(function.__kwdefaults__, names[index]))
            else:
                break
        if keywords or len(args) != len(names) or not is_bound:
            raise NotPlannedError(f"it calls {function.__qualname__} with other arguments than a plan can have")
        state.values = _Frame(self.reader, function, args).run(state.values, state.path)
        return Constant(None)
