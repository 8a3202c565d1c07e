"""Compiles a program so that it calls a hook with each class that it defines."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any, Final, TypeAlias

ClassHook: TypeAlias = Callable[[str, type], type]
"""Called with the qualified name of a class of `__main__` and the class, decorated; returns the class to use."""

_MARK: Final = "__pooled_class_hook__ "
"""The start of the constants that stand for the hook until `_with_hook` replaces them."""


def compile_with_hook(source: bytes, file: str, hook: ClassHook) -> CodeType:
    """Compile the source of a program so that it calls the hook with each class.

    Raises:
        SyntaxError, ValueError: the source is invalid.
    """
    tree = ast.parse(source, file)
    code = compile(ast.fix_missing_locations(_Decorator().visit(tree)), file, "exec", dont_inherit=True)
    return _with_hook(code, hook)


class _Decorator(ast.NodeTransformer):
    """Decorates each class outside of functions with a constant, since a name would be visible to the program."""

    def __init__(self) -> None:
        self._outer: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        self._outer.append(node.name)
        self.generic_visit(node)
        mark = ast.Constant(_MARK + ".".join(self._outer))
        self._outer.pop()
        ast.copy_location(mark, node.decorator_list[0] if node.decorator_list else node)
        node.decorator_list.insert(0, mark)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return node


def _with_hook(code: CodeType, hook: ClassHook) -> CodeType:
    """The code with the hook in the place of the marked constants."""
    return code.replace(co_consts=tuple(_constant(each, hook) for each in code.co_consts))


def _constant(value: object, hook: ClassHook) -> Any:
    if isinstance(value, CodeType):
        return _with_hook(value, hook)
    if isinstance(value, str) and value.startswith(_MARK):
        return partial(hook, value.removeprefix(_MARK))
    return value
