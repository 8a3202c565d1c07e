"""CPython's own test modules, loaded anew with other types in the place of the stock ones.

A copy of a module is compiled from its source and run with builtins of its own. In these, the names that are replaced
stand for the replacement (`set` is `Set`); an `import` of a module that has such a name gives a copy of that with the
replacement in it (`collections.deque` is `Deque`), and so does an `import` of what the tests have in common
(`test.list_tests`). A display (`[1, 2]`, `{"a": 1}`, `{i for i in x}`) makes the replacement, too: the compiler would
make a stock object without asking for a name. Nothing else of a test is touched, and nothing outside the copy is.
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
"""What several of CPython's test modules inherit their test cases from."""

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
    """A copy of CPython's test module `name`, with each (module, name) in `replaced` replaced.

    The copy is in `sys.modules`, where pickles look for its classes, under a name that ends with `mark`.
    What `made` gives for a class that the module makes, in a function or not, is taken for the class.
    """
    return _Copies(mark, replaced, made).load(name)


class _Copies:
    """A copy of a test module and of those that it shares with others."""

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
        # Loaders are for what is in the file, such as lines of a traceback; pytest's would rewrite its asserts.
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
        """What stands for `__import__` in the copy."""
        module = builtins.__import__(name, globals, locals, fromlist or (), level)
        if module.__name__ == "test":  # `from test import list_tests` or `import test.list_tests`
            wanted = fromlist or name.split(".")[1:]
            return self.copy(module, **{common: self.load(common) for common in COMMON if common in wanted})
        return self.stand_in(module)

    def stand_in(self, module: ModuleType) -> Any:
        """The module, or a copy of it that has what is replaced."""
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
        """As the function of `test.support.import_helper`; what is written in Python only is left as it is."""
        from test.support import import_helper

        module = import_helper.import_fresh_module(name, fresh, blocked, **more)
        if module is None or blocked or name not in self.replaced:
            return module
        vars(module).update(self.replaced[name])
        return module


def _hidden(name: str) -> str:
    """A name for a replacement that no test uses for something else."""
    return f"__replaced_{name}__"


class _Rewritten(ast.NodeTransformer):
    """Makes `[1, 2]` a call of what stands for `list`, and so on; and gives each class one more decorator, on top."""

    def __init__(self, replaced: Mapping[str, str], decorator: str | None) -> None:
        self.replaced = replaced
        self.decorator = decorator

    def visit(self, node: ast.AST) -> ast.AST:
        node = self.generic_visit(node)
        if isinstance(node, ast.ClassDef) and self.decorator is not None:
            first = node.decorator_list[0] if node.decorator_list else node  # the class keeps its first line
            node.decorator_list.insert(0, self.name(self.decorator, first))
        display = DISPLAYS.get(type(node))
        if display not in self.replaced or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return node
        call = ast.Call(func=self.name(self.replaced[display], node), args=[node], keywords=[])
        return ast.copy_location(call, node)

    def name(self, name: str, node: ast.AST) -> ast.Name:
        return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)
