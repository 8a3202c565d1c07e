"""A service that renders Markdown with another parser, with a large table in memory."""

import mistune
from common import serve
from inputs import markdown

parser = mistune.create_markdown(plugins=["table", "strikethrough", "footnotes"])


def render(text):
    page, state = parser.parse(text)
    return len(page), state.tokens


serve(render, [markdown(36 + 12 * number) for number in range(7)], 200)
