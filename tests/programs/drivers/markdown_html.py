"""Renders documents in Markdown as HTML."""

from common import loaded, scaled, show
from inputs import markdown
from markdown_it import MarkdownIt

parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
texts = [markdown(40) for _ in range(scaled(44))]
loaded()
show(parser.render(text) for text in texts)
