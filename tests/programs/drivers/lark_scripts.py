"""Parses scripts of expressions with a grammar, and evaluates the trees."""

from common import RANDOM, WORDS, loaded, scaled, show
from lark import Lark, Transformer, v_args

GRAMMAR = r"""
start: assignment+
assignment: NAME "=" sum ";"
?sum: product | sum "+" product -> add | sum "-" product -> sub
?product: atom | product "*" atom -> mul
?atom: NUMBER -> number | NAME -> variable | "(" sum ")" | "[" [sum ("," sum)*] "]" -> largest
NAME: /[a-z_][a-z_0-9]*/
NUMBER: /[0-9]+/
%ignore /[ \n]+/
"""


class Evaluate(Transformer):
    def __init__(self):
        super().__init__()
        self.values = {}

    number = v_args(inline=True)(lambda self, token: int(token))
    variable = v_args(inline=True)(lambda self, name: self.values.get(str(name), 1))
    add = v_args(inline=True)(lambda self, a, b: (a + b) % 10007)
    sub = v_args(inline=True)(lambda self, a, b: (a - b) % 10007)
    mul = v_args(inline=True)(lambda self, a, b: a * b % 10007)

    def largest(self, values):
        return max(filter(None, values), default=0)

    def assignment(self, parts):
        self.values[str(parts[0])] = parts[1]
        return parts[1]


def script(lines):
    def name():
        return RANDOM.choice(WORDS)

    return "\n".join(
        f"{name()} = ({name()} + {RANDOM.randint(1, 99)}) * [{name()}, {name()} - 3, {line}] + {name()} * 2;"
        for line in range(lines)
    )


parser = Lark(GRAMMAR, parser="lalr")
texts = [script(300) for _ in range(scaled(15))]
loaded()
show(str(Evaluate().transform(parser.parse(text)).children) for text in texts)
