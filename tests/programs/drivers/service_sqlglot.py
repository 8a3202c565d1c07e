"""A service that analyses SQL scripts, with a large table in memory."""

import sqlglot
from common import RANDOM, WORDS, serve
from sqlglot import exp


def script(rows):
    values = ", ".join(f"({n}, '{RANDOM.choice(WORDS)}', {n} + 1.5, COALESCE(NULL, {n} * 2))" for n in range(rows))
    return f"INSERT INTO orders (id, name, price, amount) VALUES {values}; SELECT name FROM orders WHERE id > 2"


def analyse(text):
    trees = sqlglot.parse(text)
    return f"{len(list(trees[0].find_all(exp.Literal)))} {trees[1].sql('mysql')}", trees


serve(analyse, [script(60 + 20 * number) for number in range(7)], 200)
