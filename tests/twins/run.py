"""Runs a random program over a class and over its poolable twin, and compares what each step shows."""

import ast
import contextlib
import re
import sys
import warnings
from types import ModuleType
from unittest import mock

from twins import prelude

NAME = "twin_module"
VARIABLES = ("x", "y", "z")


class Module:
    """The module of one of the twins."""

    def __init__(self, source: str, package: ModuleType) -> None:
        self.module = ModuleType(NAME)
        self.scope = vars(self.module)
        self.scope.update(prelude.NAMES, mock=mock, pooled=package, log=[])
        with self._imported(), warnings.catch_warnings(action="ignore", category=FutureWarning):  # of `reset`
            exec(compile(source, f"<{NAME}>", "exec", dont_inherit=True), self.scope)

    def step(self, source: str) -> tuple[str, str]:
        """Run a step; return what it shows: a value or an error, as text."""
        return self._outcome(lambda: self._run(source))

    def state(self) -> list[tuple[str, str]]:
        """What the variables refer to."""
        return [self._outcome(lambda name=name: self.scope.get(name)) for name in VARIABLES]

    def _outcome(self, function) -> tuple[str, str]:
        with self._imported():
            try:
                return ("value", shown(function()))
            except RecursionError:
                return ("error", "RecursionError")
            except Exception as error:
                return ("error", shown_text(f"{type(error).__name__}: {error}"))

    def _run(self, source: str):
        tree = ast.parse(source)
        last = tree.body[-1]
        if isinstance(last, ast.Expr):
            return eval(compile(ast.Expression(last.value), "<step>", "eval"), self.scope)
        exec(compile(tree, "<step>", "exec"), self.scope)
        return None

    @contextlib.contextmanager
    def _imported(self):
        sys.modules[NAME] = self.module
        try:
            yield
        finally:
            del sys.modules[NAME]


def is_known_to_differ(engine: str, step: str, plain: tuple[str, str]) -> bool:
    """Whether the limits page names the difference that a step may show: with the reference engine only.

    A poolable class without `__init__` accepts any arguments when `__init__` is called. And a plain class whose
    `__new__` was patched for a while refuses all arguments afterwards; a poolable class does not.
    """
    if engine != "reference":
        return False
    return plain[0] == "error" and (".__init__(" in step or "object.__new__() takes exactly one argument" in plain[1])


def differ(step: str, plain: tuple[str, str], poolable: tuple[str, str], *, texts: bool) -> bool:
    """Whether the outcomes of a step differ; with `texts`, also in the text of an error.

    For a keyword that is no string, the text depends on who looks at it first.
    """
    if plain[0] == poolable[0] == "error" and (not texts or "**{5: 5}" in step):
        return plain[1].partition(":")[0] != poolable[1].partition(":")[0]
    return plain != poolable


def shown(value, depth=3) -> str:
    """A value as text, without addresses; objects of the twins with their attributes."""
    if isinstance(value, type):
        return f"class {value.__name__}"
    cls = value.__class__
    if depth and cls in (list, tuple):
        return f"{cls.__name__} {[shown(each, depth - 1) for each in value]}"
    if depth and cls is dict:
        return f"dict { {shown(key, depth - 1): shown(each, depth - 1) for key, each in value.items()} }"
    if cls in (set, frozenset):
        return f"{cls.__name__} {sorted(map(shown, value))}"
    if cls.__module__ != NAME:
        return shown_text(f"{cls.__name__} {value!r}")
    parts = [f"object of {cls.__name__}"]
    if depth:
        attributes = dict(getattr(value, "__dict__", {}))
        slots = [name for each in cls.__mro__ for name in each.__dict__.get("__slots__", ()) if name != "__weakref__"]
        attributes.update({name: getattr(value, name) for name in slots if name != "__dict__" and hasattr(value, name)})
        parts += [f"{name}={shown(each, depth - 1)}" for name, each in sorted(attributes.items())]
        parts += [shown(base(value), 1) for base in (list, dict, set, bytearray) if isinstance(value, base)]
    return " ".join(parts)


def shown_text(text: str) -> str:
    """Text without addresses."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)
