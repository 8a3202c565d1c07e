"""Renames functions and adds arguments in Python modules, by their concrete syntax trees."""

import libcst
from common import RANDOM, WORDS, loaded, scaled, show


def module(functions):
    lines = ["import os", ""]
    for number in range(functions):
        name, other = RANDOM.choice(WORDS), RANDOM.choice(WORDS)
        lines += [f"def {name}_{number}({other}, count={number}):  # {name}"]
        lines += [f"    result = [each.{name} + {number} for each in {other} if each and not each.{other}]"]
        lines += [
            f"    old_call(result, {other}, count=count, **{{'{name}': {number}}})",
            "    return result or None",
            "",
            "",
        ]
    return "\n".join(lines)


class Rename(libcst.CSTTransformer):
    def leave_Call(self, original_node, updated_node):  # noqa: N802 (the name in its base class)
        match updated_node.func:
            case libcst.Name("old_call"):
                extra = libcst.Arg(libcst.Integer("1"), keyword=libcst.Name("version"))
                return updated_node.with_changes(func=libcst.Name("new_call"), args=(*updated_node.args[:2], extra))
        return updated_node


texts = [module(40) for _ in range(scaled(10))]
loaded()
show(libcst.parse_module(text).visit(Rename()).code for text in texts)
