"""Translates queries from one dialect of SQL to another."""

import sqlglot
from common import RANDOM, WORDS, loaded, scaled, show


def query(number):
    table, column, other, key = (RANDOM.choice(WORDS) for _ in range(4))
    joins = " ".join(f"LEFT JOIN {RANDOM.choice(WORDS)}s AS t{n} ON t{n}.{key} = a.{key}" for n in range(3))
    sums = ", ".join(f"SUM(a.{RANDOM.choice(WORDS)} * {n} + 1) AS s{n}" for n in range(5))
    return (
        f"WITH r AS (SELECT {column}, {other} FROM {table}s WHERE {column} > {number} AND {other} LIKE '%{key}%') "
        f"SELECT a.{column}, DATE_TRUNC('day', a.{other}), COALESCE(a.{key}, {number}), {sums} FROM r AS a {joins} "
        f"WHERE a.{column} IN (1, 2, {number}) OR (a.{other} IS NULL AND NOT a.{key} BETWEEN 3 AND {number + 9}) "
        f"GROUP BY 1, 2, 3 HAVING COUNT(*) > 2 ORDER BY s1 DESC LIMIT {number + 10}"
    )


queries = [query(number) for number in range(scaled(300))]
loaded()
show(
    sqlglot.transpile(each, read="postgres", write=("bigquery", "spark", "mysql")[number % 3])[0]
    for number, each in enumerate(queries)
)
