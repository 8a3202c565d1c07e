"""A worker of a shop's search service: it keeps the catalogue in memory, and answers requests for offers.

The catalogue stays in memory as long as the worker runs. A request names a category and a budget; the worker makes an
offer for every product of the category, scores them all, and returns the best ten.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import attrs

BEST = 10
WORDS = [
    f"{colour} {thing}" for colour in ("red", "green", "blue", "black", "white") for thing in ("cotton", "wool", "silk")
]


@attrs.define(eq=False)
class Product:
    """A product of the catalogue, with its tags and its price in each shop."""

    number: int
    tags: list[str]
    prices: list[float]


@attrs.define(eq=False)
class Offer:
    """A product for one request: its price, its score, and the parts of both."""

    product: int
    price: float
    score: float = 0.0
    reasons: dict[str, float] = attrs.field(factory=dict)
    tags: list[str] = attrs.field(factory=list)
    shops: set[int] = attrs.field(factory=set)


MakeOffer: TypeAlias = Callable[..., Offer]


class Shop:
    """The catalogue, and the answers from it."""

    def __init__(self, products: int, offers: int, make_offer: MakeOffer) -> None:
        rng = random.Random(1)  # noqa: S311 (it makes data)
        self._make_offer = make_offer
        self._categories = [
            [self._product(start + number, rng) for number in range(offers)] for start in range(0, products, offers)
        ]

    @staticmethod
    def _product(number: int, rng: random.Random) -> Product:
        low = rng.uniform(5, 200)
        return Product(number, [WORDS[number % len(WORDS)], f"tag {number % 100}"], [low, low * 1.1, low * 1.3])

    def answer(self, request: str) -> str:
        """Return the best offers for a request, both as JSON."""
        asked: dict[str, Any] = json.loads(request)
        products = self._categories[asked["category"] % len(self._categories)]
        offers = [self._offer(product, asked["budget"], asked["word"]) for product in products]
        offers.sort(key=_score, reverse=True)
        return json.dumps([[each.product, round(each.score, 6), each.reasons, each.tags] for each in offers[:BEST]])

    def _offer(self, product: Product, budget: float, word: str) -> Offer:
        price = product.prices[0]
        offer = self._make_offer(product.number, price)
        offer.tags.extend(product.tags)
        offer.shops.update(range(len(product.prices)))
        offer.reasons["price"] = 1 - abs(budget - price) / (budget + price)
        offer.reasons["word"] = 1.0 if word in product.tags else 0.0
        offer.score = offer.reasons["price"] + offer.reasons["word"] + len(offer.shops) * 0.01
        return offer


def _score(offer: Offer) -> float:
    return offer.score


def requests(seed: int, count: int) -> Iterator[str]:
    """Generate requests as they arrive, as JSON."""
    rng = random.Random(seed)  # noqa: S311 (it makes data)
    for _ in range(count):
        asked = {"category": rng.randrange(1 << 16), "budget": rng.randrange(10, 150), "word": rng.choice(WORDS)}
        yield json.dumps(asked)
