"""Highlights the sources of programs as HTML."""

from common import RANDOM, WORDS, loaded, scaled, sentence, show
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import CLexer, JsonLexer, PythonLexer


def python(functions):
    lines = []
    for number in range(functions):
        name, other = RANDOM.choice(WORDS), RANDOM.choice(WORDS)
        lines += [
            f"def {name}_{number}({other}, *, limit={number}):",
            f'    """{sentence(6)}."""',
            f"    found = [{other} * each for each in range(limit) if each % {number + 2} != 0x{number:x}]",
            f"    return {{'{name}': found, \"{other}\": None}}  # {sentence(4)}",
            "",
        ]
    return "\n".join(lines)


def c(functions):
    names = [RANDOM.choice(WORDS) for _ in range(functions)]
    body = "/* {} */\nstatic int {}(const char *text, size_t size)\n{{\n    return size > {}u ? text[{}] : '\\n';\n}}\n"
    return "#include <stddef.h>\n\n" + "\n".join(body.format(sentence(5), name, len(name), 3) for name in names)


def json(entries):
    rows = (f'  "{RANDOM.choice(WORDS)}{number}": [{number}.5, true, "{sentence(3)}"]' for number in range(entries))
    return "{\n" + ",\n".join(rows) + "\n}\n"


formatter = HtmlFormatter(linenos="table")
kinds = [(PythonLexer(), python(20)), (CLexer(), c(25)), (JsonLexer(), json(60))]
loaded()
show(highlight(text, lexer, formatter) for _ in range(scaled(36)) for lexer, text in kinds)
