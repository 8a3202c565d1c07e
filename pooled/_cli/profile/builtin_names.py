"""Finds the builtin containers that the source of a module calls by name."""

from __future__ import annotations

import ast

from pooled._instrument.builtin_shims import BUILTINS


def called_builtins(source: bytes | str) -> set[str]:
    """The names of the builtin containers that a shim may replace in this module.

    The source calls each of them, or passes it as an argument. It never assigns to the name, and never uses it where a
    shim would behave differently: in a class pattern, or in a comparison such as `type(x) is list`.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    called: set[str] = set()
    excluded: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass")):
                continue
            case ast.Call(func=function, args=args, keywords=keywords):
                values = (function, *args, *(keyword.value for keyword in keywords))
                called.update(value.id for value in values if isinstance(value, ast.Name))
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.MatchClass(cls=ast.Name(id=name)):
                excluded.add(name)
            case ast.Compare(comparators=others):
                excluded.update(value.id for value in others if isinstance(value, ast.Name))
    return (called & set(BUILTINS)) - excluded
