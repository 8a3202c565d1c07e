"""Parses Python modules, changes them a little, and lists the names that they define."""

import parso
from common import RANDOM, WORDS, loaded, scaled, sentence, show


def module(functions):
    lines = ['"""A module."""', "import sys", ""]
    for number in range(functions):
        first, second = RANDOM.choice(WORDS), RANDOM.choice(WORDS)
        lines += [f"class {first.title()}{number}:", f'    """{sentence(6)}."""', ""]
        lines += [f"    def {second}(self, {first}, *, {second}=None):"]
        lines += [
            f"        for each in self.{first}[{number}:]:",
            f"            if each.{second} >= {number} and {first}:",
        ]
        lines += [f"                yield {{'{first}': [each, {number}], **each.{second}(key={first} + 1)}}", ""]
    return "\n".join(lines)


def names_of(tree):
    for definition in tree.iter_classdefs():
        yield definition.name.value
        for function in definition.iter_funcdefs():
            yield f"{function.name.value}({', '.join(each.name.value for each in function.get_params())})"


def parse(texts):
    grammar = parso.load_grammar()
    for text in texts:
        tree = grammar.parse(text)
        assert tree.get_code() == text
        yield " ".join(names_of(tree))


texts = [module(25) for _ in range(scaled(38))]
loaded()
show(parse(texts))
