"""A service that renders Markdown, with a large table in memory."""

from common import serve
from inputs import markdown
from markdown_it import MarkdownIt

parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def render(text):
    tokens = parser.parse(text)
    return len(parser.renderer.render(tokens, parser.options, {})), tokens


serve(render, [markdown(20 + 8 * number) for number in range(7)], 200)
