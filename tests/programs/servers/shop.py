"""A shop that prices orders in JSON, with a catalogue of a million objects: a WSGI and an ASGI application.

`PROGRAM_GC` selects a setting of `gc`, as for the other programs.
"""

import gc
import json
import os
import time
from collections import deque
from dataclasses import dataclass, field

COLLECTOR = os.environ.get("PROGRAM_GC", "")
LATEST = 40
"""How many priced orders the shop remembers."""


@dataclass
class Product:
    number: int
    price: int
    tags: list[str] = field(default_factory=list)


@dataclass
class Line:
    product: Product
    count: int
    discounts: list[int] = field(default_factory=list)


@dataclass
class Order:
    customer: str
    lines: list[Line] = field(default_factory=list)

    def total(self):
        return sum(line.product.price * line.count - sum(line.discounts) for line in self.lines)


CATALOGUE = [Product(number, number % 90 + 10, [str(number % 7)]) for number in range(500_000)]
latest = deque(maxlen=LATEST)

if COLLECTOR.isdigit():
    gc.set_threshold(int(COLLECTOR), *gc.get_threshold()[1:])
elif COLLECTOR == "freeze":
    gc.collect()
    gc.freeze()


def price(document):
    """Price an order: from JSON to JSON."""
    began = time.process_time()
    asked = json.loads(document)
    order = Order(asked["customer"])
    for number, count in asked["lines"]:
        line = Line(CATALOGUE[number], count)
        if count > 3:
            line.discounts.append(line.product.price // 10)
        order.lines.append(line)
    latest.append(order)
    answer = {
        "customer": order.customer,
        "total": order.total(),
        "lines": [{"number": line.product.number, "off": line.discounts} for line in order.lines],
    }
    return json.dumps(answer).encode(), time.process_time() - began


def wsgi(environ, start_response):
    """The application for gunicorn."""
    body, seconds = price(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("X-Seconds", f"{seconds:.6f}"),
    ]
    start_response("200 OK", headers)
    return [body]


async def asgi(scope, receive, send):
    """The application for uvicorn."""
    if scope["type"] != "http":
        return
    document, more = b"", True
    while more:
        message = await receive()
        document += message.get("body", b"")
        more = message.get("more_body", False)
    body, seconds = price(document)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-seconds", b"%.6f" % seconds),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
