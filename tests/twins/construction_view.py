"""What can be seen of the objects of a program, as text that is equal for twins."""

import re
import sys

from twins.construction_prelude import ARGUMENTS

NAMED = ("A0", "A1", "A2", "L1", "K1", "S0", "S1", "D0", "D1", "L0", "K0", "make_list", "log", "Data", "Inert")
VARIABLES = ("x", "y", "z", "xs", "esc")
ABSENT = object()


def references(scope: dict) -> list[str]:
    """The reference counts of the arguments."""
    return [f"{name}:{sys.getrefcount(scope[name])}" for name in ARGUMENTS]


class View:
    """Shows objects of one module. An object has a name or a number, so that two occurrences can be told to be one."""

    def __init__(self, scope: dict, module: str, fields: list[str], *, full: bool) -> None:
        self.scope, self.module, self.fields, self.full = scope, module, fields, full
        self.labels = {id(scope[name]): name for name in NAMED if name in scope}
        self.kept: list = []
        self.open: set[int] = set()

    def variables(self) -> list[str]:
        found = [f"{name} = {self.show(self.scope.get(name))}" for name in VARIABLES]
        weak = self.scope["w"]
        return [*found, f"w is {None if weak is None else 'dead' if weak() is None else 'alive'}"]

    def show(self, value, depth=4) -> str:
        cls = type(value)
        if value is None or cls in (bool, int, float, str, bytes) or (cls is tuple and not value):
            return repr(value) if cls is not str else repr(without_addresses(value))
        if id(value) in self.labels and self.labels[id(value)] in NAMED:
            return self.labels[id(value)]
        if isinstance(value, type):
            return f"class {value.__name__}"
        if cls.__name__ in ("function", "method", "module", "builtin_function_or_method"):
            return f"{cls.__name__} {getattr(value, '__name__', '')}"
        if cls is tuple:
            return f"tuple ({', '.join(self.show(each, depth - 1) for each in value)})"
        label = self._label(value)
        if id(value) in self.open or depth == 0:
            return label
        self.open.add(id(value))
        try:
            return f"{label} {cls.__name__} {self._contents(value, cls, depth - 1)}"
        finally:
            self.open.discard(id(value))

    def _label(self, value) -> str:
        if id(value) not in self.labels:
            self.labels[id(value)] = f"#{len(self.kept)}"
            self.kept.append(value)
        return self.labels[id(value)]

    def _contents(self, value, cls, depth) -> str:
        if isinstance(value, dict):
            factory = getattr(value, "default_factory", None)
            pairs = ", ".join(f"{self.show(key, depth)}: {self.show(each, depth)}" for key, each in dict.items(value))
            return f"{{{pairs}}} {'' if factory is None else self.show(factory, depth)}"
        if isinstance(value, list | set | frozenset) or cls.__name__ == "deque":
            return f"[{', '.join(self.show(each, depth) for each in value)}] {getattr(value, 'maxlen', '')}"
        if isinstance(value, bytearray):
            return repr(value)
        if cls.__module__ == self.module:
            return self._attributes(value, cls, depth)
        return without_addresses(repr(value)) if cls.__module__ != "builtins" else ""

    def _attributes(self, value, cls, depth) -> str:
        if not self.full:  # the dict of the object is not made
            found = {name: self._get(value, name) for name in self.fields}
            return "; ".join(f"{name}={self.show(each, depth)}" for name, each in found.items() if each is not ABSENT)
        slots = [
            (name, self._get(value, name))
            for base in cls.__mro__
            for name, each in base.__dict__.items()
            if type(each).__name__ == "member_descriptor"
        ]
        parts = [f"{name}={self.show(each, depth)}" for name, each in slots if each is not ABSENT]
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            attributes = {}
        return (
            f"{'; '.join(parts)} dict { {self.show(key): self.show(each, depth) for key, each in attributes.items()} }"
        )

    def _get(self, value, name):
        try:
            return getattr(value, name)
        except AttributeError:
            return ABSENT
        except Exception as error:
            return without_addresses(f"{type(error).__name__}: {error}")


def without_addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-fA-F]+", "0x", text)
