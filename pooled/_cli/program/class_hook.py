"""The code of a program, which shows the classes that it makes as it makes them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any, Final, TypeAlias

SeeClass: TypeAlias = Callable[[str, type], type]
"""Called with the qualified name of a class that `__main__` made, decorated, and the class; what it is to be."""

_MARK: Final = "__pooled_see__ "
"""What begins the constants that stand for functions, until they are put in their places."""


def compiled(source: bytes, file: str, see_class: SeeClass) -> CodeType:
    """The code of a program, which shows each class that it makes.

    Raises:
        SyntaxError, ValueError: what is wrong with it.
    """
    try:
        tree = ast.parse(source, file)
        code = compile(ast.fix_missing_locations(_Shown().visit(tree)), file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise error.with_traceback(None) from None  # Python shows no code of its own here
    return _seen(code, see_class)


class _Shown(ast.NodeTransformer):
    """Puts a decorator over each class that is not in a function: a constant, so that no name is needed or bound."""

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


def _seen(code: CodeType, see_class: SeeClass) -> CodeType:
    """The same code with functions for what stands for them."""
    return code.replace(co_consts=tuple(_constant(each, see_class) for each in code.co_consts))


def _constant(value: object, see_class: SeeClass) -> Any:
    if isinstance(value, CodeType):
        return _seen(value, see_class)
    if isinstance(value, str) and value.startswith(_MARK):
        return partial(see_class, value.removeprefix(_MARK))
    return value
