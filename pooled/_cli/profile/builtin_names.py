"""Finds the builtin containers that the source of a module calls by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from pooled._instrument.builtin_types import BUILTINS

_CHECKS: Final = frozenset({"isinstance", "issubclass"})
"""Functions that accept a shim like the builtin, and do not call it."""

_REVEALING: Final = frozenset({"id", "type"})
"""Functions whose result for a shim differs from that for the builtin."""


_EXACT: Final = ("marshal", "msgpack", "ruamel", "yaml")
"""Packages that serialize builtin containers, but refuse objects of a subclass or write them differently."""


def exact_serializers(source: bytes | str) -> list[str]:
    """The packages that this module imports and that may refuse the objects which a shim makes."""
    text = source if isinstance(source, str) else source.decode("utf-8", errors="replace")
    if not any(name in text for name in _EXACT):
        return []
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    imported: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                imported.update(alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                imported.add(module.partition(".")[0])
    return [name for name in _EXACT if name in imported]


def called_builtins(source: bytes | str) -> set[str]:
    """The names of the builtin containers that a shim may replace in this module.

    The source calls each of them, or passes it as an argument. It never assigns to the name, and never uses it where a
    shim would behave differently: as the base of a class, as the annotation of an attribute, in a class pattern, or in
    a comparison such as `type(x) is list`.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    called: set[str] = set()
    excluded: set[str] = set()
    for node in ast.walk(tree):
        excluded.update(_revealed_by(node))
        if isinstance(node, ast.Call) and _function_of(node) not in _CHECKS:
            values = (node.func, *node.args, *(keyword.value for keyword in node.keywords))
            called.update(value.id for value in values if isinstance(value, ast.Name))
    return (called & set(BUILTINS)) - excluded


def _function_of(call: ast.Call) -> str | None:
    return call.func.id if isinstance(call.func, ast.Name) else None


def _revealed_by(node: ast.AST) -> Iterator[str]:
    """The names that this node uses where a shim would behave differently."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.MatchClass(cls=ast.Name(id=name)):
            yield name
        case ast.Compare(left=left, comparators=others):
            yield from _names_in((left, *others))
        case ast.ClassDef(bases=bases):
            yield from _names_in(bases)
        case ast.AnnAssign(annotation=annotation):
            yield from _names_in((annotation,))
        case ast.Call(args=args) if _function_of(node) in _REVEALING:
            yield from _names_in(args)


def _names_in(values: tuple[ast.expr, ...] | list[ast.expr]) -> Iterator[str]:
    """The names among the values and in tuples of them, except in calls and in types such as `list[int]`."""
    for value in values:
        match value:
            case ast.Name(id=name):
                yield name
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                yield from _names_in(parts)
            case ast.BinOp(left=left, right=right):  # list | None
                yield from _names_in((left, right))
            case ast.Subscript(slice=inner) if not isinstance(inner, ast.Constant):
                yield from _names_in((inner,))
