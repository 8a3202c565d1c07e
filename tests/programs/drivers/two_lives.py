"""Gives objects of a program's classes two lives: nothing of the first may show in the second.

`PROGRAM_LIVES` names a configuration. While the program runs, this module records the arguments with which
it calls the classes of that configuration. At the end, the module makes objects with these arguments, overwrites their
fields at random, and drops them. It prints descriptions of the objects made after them. A run without pools prints the
same.
"""

import builtins
import contextlib
import os
import random
import re
import sys
import tomllib
from pathlib import Path

RANDOM = random.Random(int(os.environ.get("PROGRAM_SEED", "22")))
CALLS = 12
"""How many calls of a class are recorded."""
DEPTH = 3
"""How deep a description goes into the fields of fields."""


class Left:
    """A value that the first life leaves in its fields."""


class Recorder:
    """Records calls of these classes."""

    def __init__(self, targets):
        self.calls = {target: [] for target in targets}
        self._seen = dict.fromkeys(targets, 0)

    def profile(self, frame, event, _):
        code = frame.f_code
        if event != "call" or code.co_name != "__init__" or not code.co_argcount:
            return
        values = frame.f_locals
        cls = type(values.get(code.co_varnames[0]))
        target = f"{cls.__module__}:{cls.__qualname__}"
        if target in self.calls and getattr(cls.__init__, "__code__", None) is code:
            self._record(target, code, values)

    def _record(self, target, code, values):
        """Record a call or leave it out, at random: each call has the same chance to be recorded."""
        self._seen[target] += 1
        calls = self.calls[target]
        index = len(calls) if len(calls) < CALLS else RANDOM.randrange(self._seen[target])
        if index < CALLS:
            calls[index : index + 1] = [arguments_of(code, values)]


def arguments_of(code, values):
    """The positional and the keyword arguments of a call, without `self`, as its frame has them."""
    names = list(code.co_varnames)
    end = code.co_argcount + code.co_kwonlyargcount
    positional = [values[name] for name in names[1 : code.co_argcount]]
    keywords = {name: values[name] for name in names[code.co_argcount : end]}
    if code.co_flags & 0x04:  # *args
        positional += values[names[end]]
        end += 1
    if code.co_flags & 0x08:  # **kwargs
        keywords |= values[names[end]]
    return positional, keywords


def fields_of(obj):
    """The names of the attributes that an object has: those of its dict in their order, then those in slots."""
    names = list(getattr(obj, "__dict__", ()))
    for base in type(obj).__mro__:
        slots = vars(base).get("__slots__", ())
        names += [slots] if isinstance(slots, str) else slots
    return [name for name in dict.fromkeys(names) if name not in ("__dict__", "__weakref__") and hasattr(obj, name)]


def overwrite(obj):
    """Write to the fields of an object, delete some, and add one."""
    if isinstance(obj, (list, set, dict)):
        fill(obj)
    for name in fields_of(obj):
        value = getattr(obj, name)
        with contextlib.suppress(Exception):  # not all can be written
            match RANDOM.randrange(4):
                case 0:
                    delattr(obj, name)
                case 1 if isinstance(value, (list, set, dict)):
                    fill(value)
                case _:
                    setattr(obj, name, Left())
    with contextlib.suppress(Exception):
        obj.left = Left()


def fill(container):
    left = Left()
    match container:
        case list():
            container.append(left)
        case set():
            container.add(left)
        case dict():
            container[left] = left


def describe(value, depth=DEPTH):
    """Return a description of a value that is the same in each run."""
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    match value:
        case int() if value >> 32:
            return "a large int"  # perhaps a hash, made of addresses
        case str():
            return re.sub(r"\d{10,}", "a large int", repr(value))  # SQLAlchemy puts addresses into names
        case None | bool() | int() | float() | bytes():
            return repr(value)
        case dict():
            parts = [f"{describe(key, depth - 1)}: {describe(each, depth - 1)}" for key, each in value.items()]
            # Programs fill dicts in the order of sets, which depends on the addresses of objects.
            return f"dict({', '.join(parts if depth >= DEPTH - 1 else sorted(parts))})"
        case list() | tuple():
            kind = "list" if isinstance(value, list) else "tuple"
            return f"{kind}({', '.join(describe(each, depth - 1) for each in value)})"
        case set() | frozenset():
            return f"set({', '.join(sorted(describe(each, depth - 1) for each in value))})"
    if depth <= 0 or callable(value):
        return name
    return f"{name}({', '.join(f'{field}={describe(getattr(value, field), depth - 1)}' for field in fields_of(value))})"


def new(cls, call):
    """A new object, or the exception with which the class refuses these arguments."""
    positional, keywords = call
    try:
        return cls(*positional, **keywords)
    except Exception as error:
        return error


def show_lives(target, calls):
    """Print descriptions of second lives."""
    module, _, name = target.partition(":")
    cls = sys.modules[module]
    for each in name.split("."):
        cls = getattr(cls, each, None) or getattr(builtins, each)
    for _ in range(2 * CALLS):
        first = new(cls, RANDOM.choice(calls))
        overwrite(first)
        del first
        second = new(cls, RANDOM.choice(calls))
        print(target, describe(second))
        overwrite(second)
        del second
        with contextlib.suppress(TypeError):  # its __new__ needs arguments
            print(target, "blank", describe(cls.__new__(cls)))


def hits():
    """How many objects came from each pool; none without pools."""
    pooled = sys.modules.get("pooled")
    return {name: each.hits for name, each in pooled.stats().items()} if pooled else {}


def begin():
    """Record the calls from now on, if the environment says so; return a function that stops and shows the lives."""
    configuration = os.environ.get("PROGRAM_LIVES")
    if configuration is None:
        return lambda: None
    targets = tomllib.loads(Path(configuration).read_text(encoding="utf-8")).get("instrument", {})
    recorder = Recorder(targets)

    def end():
        sys.setprofile(None)
        before = hits()
        for target, calls in recorder.calls.items():
            show_lives(target, calls or [((), {})])
        reused = [name for name, count in hits().items() if count > before.get(name, 0)]
        Path(f"{sys.argv[2]}.reused").write_text("\n".join(reused), encoding="utf-8")

    sys.setprofile(recorder.profile)
    return end
