"""The workload: stylesheets are parsed with tinycss2, and printed with other colors. Workers import this module."""

import hashlib
import random

import tinycss2

WORDS = ["account", "banner", "city", "color", "detail", "email", "field", "header", "index", "margin", "padding"]

CONFIG = {"instrument": {"tinycss2.ast:*": {"max": 4096}, "sheets:Sheet": {"max": 4}}}


class Sheet:
    """What a task returns. It is pickled on its way to the client."""

    def __init__(self, number):
        self.number, self.rules = number, []


def stylesheet(number, rules=30):
    choice = random.Random(number).choice
    return "\n".join(
        f".{choice(WORDS)}-{rule} > a:hover, #{choice(WORDS)} {{ color: #{number * 7919 + rule:06x}; "
        f"margin: {rule}px auto 1.5em; background: url('{choice(WORDS)}.png') rgba(1, 2, {rule}, .5) }}"
        for rule in range(rules)
    )


def change(number):
    sheet = Sheet(number)
    for rule in tinycss2.parse_stylesheet(stylesheet(number), skip_comments=True, skip_whitespace=True):
        for declaration in tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True):
            for token in declaration.value:
                if token.type == "hash":
                    token.value = token.value[::-1]
                sheet.rules.append(token.serialize())
    return sheet


def digest(sheets):
    text = "\n".join(f"{sheet.number}: {' '.join(sheet.rules)}" for sheet in sheets)
    return f"{len(text)} {hashlib.sha256(text.encode()).hexdigest()}"
