"""Parses damaged pages as a browser does, and writes them again."""

import html5lib
from common import RANDOM, WORDS, loaded, scaled, sentence, show


def damaged(rows):
    body = []
    for number in range(rows):
        name = RANDOM.choice(WORDS)
        body += [
            f"<tr><td class={name}>{sentence(5)}<td><a href='/{name}/{number}'>{name}</b></a>",
            f"<p>{sentence(8)} &amp; &{name}; <i>unclosed <b>crossed</i> {number}</b>",
            "<ul><li>one<li>two</ul><!-- note -->",
        ]
    return f"<title>{sentence(2)}</title><table>{''.join(body)}"


PAGES = [damaged(10 + 5 * number) for number in range(6)]


def parse(page):
    tree = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    cells = sum(1 for _ in tree.iter("td"))
    return f"{cells} {html5lib.serialize(tree, tree='etree', omit_optional_tags=False)}"


loaded()
show(parse(PAGES[number % len(PAGES)]) for number in range(scaled(90)))
