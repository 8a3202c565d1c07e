"""Compiles templates and renders pages of a shop with them."""

from common import RANDOM, WORDS, loaded, scaled, sentence, show
from jinja2 import DictLoader, Environment

BASE = """<!doctype html><title>{% block title %}{% endblock %}</title>
{% macro price(cents) %}<b>{{ "%.2f" | format(cents / 100) }}</b>{% endmacro %}
<main>{% block content %}{% endblock %}</main>"""
LIST = """{% extends "base" %}{% block title %}{{ heading | title }}{% endblock %}
{% block content %}{% for group in items | groupby("kind") %}<h2>{{ group.grouper | e }}</h2>
{% for item in group.list if item.cents > 50 %}<p class="{{ loop.cycle("odd", "even") }}">{{ loop.index }}
{{ item.name | upper | e }} {{ item.cents }} {{ item.text | wordwrap(30) | replace("name", "<name>") | e }}</p>
{% else %}<p>nothing</p>{% endfor %}{% endfor %}{% endblock %}"""


def page(number):
    environment = Environment(loader=DictLoader({"base": BASE, f"list{number}": LIST + sentence(number % 9 + 1)}))
    template = environment.get_template(f"list{number}")
    pages = []
    for _ in range(6):
        items = [
            {
                "kind": RANDOM.choice(WORDS),
                "name": RANDOM.choice(WORDS),
                "cents": RANDOM.randint(1, 999),
                "text": sentence(9),
            }
            for _ in range(40)
        ]
        pages.append(template.render(heading=sentence(3), items=items))
    return "".join(pages)


loaded()
show(map(page, range(scaled(60))))
