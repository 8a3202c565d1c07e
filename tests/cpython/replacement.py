"""Copies of CPython's test modules, with other types in place of the builtin ones.

A copy is compiled from the source of the module, and has its own builtins, in which replaced names are bound to the
replacement (`set` is `Set`). An `import` of a module with such a name returns a copy that contains the replacement
(`collections.deque` is `Deque`); so does an `import` of a module that several tests share (`test.list_tests`). A
display (`[1, 2]`, `{"a": 1}`, `{i for i in x}`) also creates the replacement, because the compiler would otherwise
create the builtin type without a look-up. The rest of a test does not change, nor does anything outside the copy.
"""

import ast
import builtins
import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

COMMON = ["list_tests", "mapping_tests", "seq_tests", "string_tests"]
"""Modules with test cases that several of CPython's test modules inherit."""

DISPLAYS: dict[type[ast.AST], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
}


def is_there(name: str) -> bool:
    """Whether this interpreter has the test module of this name."""
    try:
        return importlib.util.find_spec(f"test.{name}") is not None
    except ModuleNotFoundError:
        return False


def load(
    name: str, mark: str, replaced: Mapping[tuple[str, str], Any], made: Callable[[type], type] | None = None
) -> ModuleType:
    """Return a copy of CPython's test module `name`, with each (module, name) in `replaced` replaced.

    The copy is in `sys.modules`, where pickle finds its classes, under a name that ends with `mark`.
    `made` is applied to each class that the module defines, also inside functions.
    """
    return _Copies(mark, replaced, made).load(name)


class _Copies:
    """A copy of a test module and of the modules that it imports from the tests."""

    def __init__(self, mark: str, replaced: Mapping[tuple[str, str], Any], made: Callable[[type], type] | None) -> None:
        self.mark = mark
        self.replaced: dict[str, dict[str, Any]] = {}
        for (module, name), replacement in replaced.items():
            self.replaced.setdefault(module, {})[name] = replacement
        stock = self.replaced.get("builtins", {})
        self.hidden = {name: _hidden(name) for name in stock}
        self.decorator = None if made is None else _hidden("class")
        self.copies: dict[str, ModuleType] = {}
        self.builtins = {**vars(builtins), **stock, "__import__": self.import_, _hidden("class"): made}
        self.builtins |= {_hidden(name): cls for name, cls in stock.items()}

    def load(self, name: str) -> ModuleType:
        if name not in self.copies:
            self.copies[name] = self.run(name)
        return self.copies[name]

    def run(self, name: str) -> ModuleType:
        found = importlib.util.find_spec(f"test.{name}")
        assert found is not None
        assert found.origin is not None
        tree = _Rewritten(self.hidden, self.decorator).visit(ast.parse(Path(found.origin).read_bytes()))
        copied = f"{found.name}_{self.mark}"
        # The loader provides the lines of tracebacks; the one of pytest would rewrite asserts.
        loader = importlib.machinery.SourceFileLoader(copied, found.origin)
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader(copied, loader))
        vars(module)["__builtins__"] = self.builtins
        sys.modules[copied] = module
        exec(compile(tree, found.origin, "exec", dont_inherit=True), vars(module))
        return module

    def import_(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 # the interpreter's own name for it
        locals: Mapping[str, object] | None = None,  # noqa: A002 # the same
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:
        """The `__import__` of the copy."""
        module = builtins.__import__(name, globals, locals, fromlist or (), level)
        if module.__name__ == "test":  # `from test import list_tests` or `import test.list_tests`
            wanted = fromlist or name.split(".")[1:]
            return self.copy(module, **{common: self.load(common) for common in COMMON if common in wanted})
        return self.stand_in(module)

    def stand_in(self, module: ModuleType) -> Any:
        """The module, or a copy of it with the replacements."""
        name = module.__name__
        if name.removeprefix("test.") in COMMON:
            return self.load(name.removeprefix("test."))
        if name in self.replaced:
            return self.copy(module, **self.replaced[name])
        if name == "test.support":
            return self.copy(module, import_helper=self.stand_in(importlib.import_module("test.support.import_helper")))
        if name == "test.support.import_helper":
            return self.copy(module, import_fresh_module=self.import_fresh_module)
        return module

    def copy(self, module: ModuleType, **replaced: Any) -> ModuleType:
        copy = self.copies.get(module.__name__)
        if copy is None:
            copy = self.copies[module.__name__] = ModuleType(module.__name__)
        vars(copy).update(vars(module))
        vars(copy).update(replaced)
        return copy

    def import_fresh_module(self, name: str, fresh: Any = (), blocked: Any = (), **more: Any) -> Any:
        """Like the function of `test.support.import_helper`; modules in pure Python stay unchanged."""
        from test.support import import_helper

        module = import_helper.import_fresh_module(name, fresh, blocked, **more)
        if module is None or blocked or name not in self.replaced:
            return module
        vars(module).update(self.replaced[name])
        return module


def _hidden(name: str) -> str:
    """A name for a replacement that no test uses."""
    return f"__replaced_{name}__"


class _Rewritten(ast.NodeTransformer):
    """Turns `[1, 2]` into a call of the replacement of `list`, and so on, and adds a decorator on top of each class."""

    def __init__(self, replaced: Mapping[str, str], decorator: str | None) -> None:
        self.replaced = replaced
        self.decorator = decorator

    def visit(self, node: ast.AST) -> ast.AST:
        node = self.generic_visit(node)
        if isinstance(node, ast.ClassDef) and self.decorator is not None:
            first = node.decorator_list[0] if node.decorator_list else node  # keep the first line of the class
            node.decorator_list.insert(0, self.name(self.decorator, first))
        display = DISPLAYS.get(type(node))
        if display not in self.replaced or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return node
        call = ast.Call(func=self.name(self.replaced[display], node), args=[node], keywords=[])
        return ast.copy_location(call, node)

    def name(self, name: str, node: ast.AST) -> ast.Name:
        return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)
