"""An ETL step: batches of records with a dict of values each are read, cleaned, checked, and loaded into totals."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from benchmarks.workloads._makers import Makers

ROWS = 5_000
"""In a batch, at full scale."""

COLUMNS = ("id", "name", "city", "amount", "currency", "note")
CITIES = ("Oslo", "Lima", "Pune", "Kyiv")


@attrs.define(eq=False)
class Record:
    """A row on its way: its values by column, and what was wrong with it."""

    number: int = 0
    source: str = ""
    values: dict[str, Any] = attrs.field(factory=dict)
    errors: list[str] = attrs.field(factory=list)


def work(make: Makers, seed: int, scale: float) -> Iterator[int]:
    """An operation is a batch; what came out is its totals."""
    rng = random.Random(seed)
    rows = [
        (number, f" name {number % 97} ", rng.choice(CITIES), rng.randrange(-5, 1_000), "EUR", None)
        for number in range(max(1, int(ROWS * scale)))
    ]
    record = make.maker(Record)
    yield 0
    while True:
        yield load(clean(extract(record, rows)))


def extract(make_record: Callable[..., Any], rows: list[tuple[Any, ...]]) -> list[Record]:
    """A record for each row."""
    batch = []
    for number, row in enumerate(rows):
        record = make_record(number=number, source="orders.csv")
        record.values.update(zip(COLUMNS, row, strict=True))
        batch.append(record)
    return batch


def clean(batch: list[Record]) -> list[Record]:
    """Normalise the values, and note what is wrong."""
    for record in batch:
        values = record.values
        values["name"] = values["name"].strip()
        values["cents"] = values["amount"] * 100
        if values["amount"] < 0:
            record.errors.append("negative amount")
    return batch


def load(batch: list[Record]) -> int:
    """The totals of what is right, and how much is not."""
    totals: dict[str, int] = {}
    wrong = 0
    for record in batch:
        if record.errors:
            wrong += 1
        else:
            city = record.values["city"]
            totals[city] = totals.get(city, 0) + record.values["cents"]
    return sum(totals.values()) * 31 + wrong
