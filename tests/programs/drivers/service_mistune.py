"""A service that renders Markdown with another parser, with a large table in memory."""

import mistune
from common import serve
from inputs import markdown

render = mistune.create_markdown(plugins=["table", "strikethrough", "footnotes"])
serve(lambda text: len(render(text)), [markdown(12 + 4 * number) for number in range(7)], 250)
