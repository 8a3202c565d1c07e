"""Fills a graph of statements, and answers questions in SPARQL about it."""

from common import RANDOM, WORDS, loaded, scaled, show
from rdflib import Graph, Literal, Namespace
from rdflib.namespace import RDF

SHOP = Namespace("http://example.org/shop/")
QUESTIONS = (
    """
    SELECT ?name ?price WHERE { ?item a shop:Item ; shop:name ?name ; shop:price ?price . FILTER (?price > 70) }
    ORDER BY ?price ?name LIMIT 20
    """,
    "SELECT ?owner (COUNT(?item) AS ?count) WHERE { ?item shop:owner ?owner } GROUP BY ?owner ORDER BY ?owner",
    """
    SELECT ?name WHERE { ?item shop:near ?other . ?other shop:near ?third . ?third shop:name ?name }
    ORDER BY ?name LIMIT 20
    """,
)


def shop(items):
    graph = Graph()
    graph.bind("shop", SHOP)
    for number in range(items):
        item = SHOP[f"item{number}"]
        graph.add((item, RDF.type, SHOP.Item))
        graph.add((item, SHOP.name, Literal(f"{RANDOM.choice(WORDS)} {number}")))
        graph.add((item, SHOP.price, Literal(RANDOM.randint(1, 100))))
        graph.add((item, SHOP.owner, SHOP[f"owner{number % 7}"]))
        graph.add((item, SHOP.near, SHOP[f"item{RANDOM.randrange(items)}"]))
    return graph


def answers(graph):
    rows = (row for question in QUESTIONS for row in graph.query(question))
    return "\n".join(" ".join(str(value) for value in row) for row in rows)


loaded()
show(answers(shop(90)) for _ in range(scaled(12)))
