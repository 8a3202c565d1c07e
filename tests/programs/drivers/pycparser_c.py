"""Parses C sources, and prints them again."""

from common import RANDOM, WORDS, loaded, scaled, show
from pycparser import c_generator, c_parser


def source(functions):
    parts = ["typedef struct { int count; double total; } item_t;"]
    for number in range(functions):
        name, other = RANDOM.choice(WORDS), RANDOM.choice(WORDS)
        parts.append(
            f"static int {name}_{number}(item_t *{other}, int n) {{ int i, result = {number};"
            f" for (i = 0; i < n && {other}[i].count > {number}; i++) {{"
            f" if ({other}[i].total >= 1.5) {{ result += {other}[i].count * (n - i); }} else {{ break; }} }}"
            f" switch (result % 3) {{ case 0: return {number}; default: return result << 2; }} }}"
        )
    return "\n".join(parts)


texts = [source(40) for _ in range(scaled(25))]
loaded()
show(c_generator.CGenerator().visit(c_parser.CParser().parse(text)) for text in texts)
