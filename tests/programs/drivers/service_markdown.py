"""A service that renders Markdown, with a large table in memory."""

from common import serve
from inputs import markdown
from markdown_it import MarkdownIt

parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
serve(lambda text: len(parser.render(text)), [markdown(10 + 4 * number) for number in range(7)], 200)
