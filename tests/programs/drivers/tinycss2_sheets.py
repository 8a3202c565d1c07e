"""Parses stylesheets, and prints them with other colors."""

import tinycss2
from common import loaded, scaled, show
from inputs import stylesheet


def change(text):
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    for rule in rules:
        for declaration in tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True):
            for token in declaration.value:
                if token.type == "hash":
                    token.value = token.value[::-1]
                yield token.serialize()


texts = [stylesheet(160) for _ in range(scaled(45))]
loaded()
show(" ".join(change(text)) for text in texts)
