"""A service that reads settings with a grammar of its own, with a large table in memory."""

from common import RANDOM, WORDS, serve
from lark import Lark

GRAMMAR = r"""
start: section*
section: "[" NAME "]" entry*
entry: NAME "=" value
?value: NUMBER | NAME | "{" [value ("," value)*] "}" -> list
NAME: /[a-z_]+/
NUMBER: /[0-9]+/
%ignore /[ \n]+/
"""


def settings(sections):
    def entry(number):
        return f"{RANDOM.choice(WORDS)} = {{ {number}, {RANDOM.choice(WORDS)}, {{ {number + 1}, 7 }} }}"

    return "\n".join(f"[{RANDOM.choice(WORDS)}]\n" + "\n".join(map(entry, range(5))) for _ in range(sections))


parser = Lark(GRAMMAR, parser="lalr")


def largest(text):
    tree = parser.parse(text)
    numbers = tree.scan_values(lambda value: value.type == "NUMBER")
    return f"{len(tree.children)} {max(map(int, numbers))}", tree


serve(largest, [settings(30 + 10 * number) for number in range(7)], 200)
