"""A service that minifies stylesheets, with a large table in memory."""

import tinycss2
from common import serve
from inputs import stylesheet


def minify(text):
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    return len(tinycss2.serialize(rules)), rules


serve(minify, [stylesheet(60 + 20 * number) for number in range(7)], 200)
