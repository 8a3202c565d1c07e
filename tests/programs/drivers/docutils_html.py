"""Renders documents in reStructuredText as HTML."""

from common import RANDOM, WORDS, loaded, scaled, sentence, show
from docutils.core import publish_parts


def document(sections):
    lines = ["Guide", "=====", ""]
    for number in range(sections):
        title = f"{RANDOM.choice(WORDS).title()} {number}"
        lines += [
            title,
            "-" * len(title),
            "",
            f"{sentence(12)} **{sentence(2)}** and *{sentence(2)}*, ``{sentence(1)}``.",
            "",
        ]
        lines += [f"* {sentence(6)}\n* `{sentence(2)} <https://example.org/{number}>`__\n* {sentence(4)}", ""]
        lines += ["===== =====", "A     B", "===== =====", "one   two", f"{number:<5} x", "===== =====", ""]
        lines += [f".. note:: {sentence(8)}", "", "::", "", f"    {sentence(5)}", ""]
    return "\n".join(lines)


texts = [document(12) for _ in range(scaled(18))]
loaded()
settings = {"report_level": 5, "embed_stylesheet": False, "datestamp": None}
show(publish_parts(text, writer="html5", settings_overrides=settings)["body"] for text in texts)
