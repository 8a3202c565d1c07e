"""Makes objects of six kinds of classes and keeps all of them: a pool has nothing to hand out again."""

from collections import Counter
from dataclasses import dataclass, field

from attrs import define
from common import WORDS, loaded, scaled, show


@dataclass
class Order:
    number: int
    rows: list = field(default_factory=list)


@dataclass(slots=True)
class Row:
    text: str
    amount: int


@define
class Address:
    city: str
    street: str = ""


class Customer:
    def __init__(self, name, address=None):
        self.name = name
        self.address = address
        self.orders = []


class Invoice:
    def __init__(self, order):
        self.order = order
        self.total = sum(row.amount for row in order.rows)


class Reminder(Invoice):
    def __init__(self, order, days):
        super().__init__(order)
        self.days = days


def customer(number):
    """A customer with two orders and their parts: 10 objects."""
    made = Customer(WORDS[number % len(WORDS)], Address(WORDS[number * 7 % len(WORDS)], street=f"{number} Main Street"))
    for index in range(2):
        order = Order(2 * number + index)
        order.rows += [Row(made.name, number), Row("postage", amount=index)]
        made.orders += [Invoice(order) if index else Reminder(order, days=number % 30)]
    return made


loaded()
kept = [customer(number) for number in range(scaled(40_000))]
totals = Counter()
for each in kept:
    totals[each.address.city] += sum(invoice.total for invoice in each.orders)
show(f"{city} {total}" for city, total in sorted(totals.items()))
