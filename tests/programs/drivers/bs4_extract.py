"""Reads pages with Beautiful Soup, extracts links and prices, and changes the pages."""

from bs4 import BeautifulSoup
from common import RANDOM, WORDS, loaded, scaled, sentence, show


def page(articles):
    parts = ["<html><head><title>Shop</title></head><body><div id='main'>"]
    for number in range(articles):
        word = RANDOM.choice(WORDS)
        parts.append(
            f"<article class='item {word}'><h2>{sentence(3)}</h2>"
            f"<p>{sentence(10)} <b>{word}</b> &amp; {sentence(3)}</p>"
            f"<ul><li>{word}</li><li><a href='/item/{number}?q={word}'>more</a></li></ul>"
            f"<span class='price' data-n='{number}'>{RANDOM.randint(1, 999)} EUR</span><br></article>"
        )
    return "".join([*parts, "</div></body></html>"])


def extract(text):
    soup = BeautifulSoup(text, "html.parser")
    links = [link["href"] for link in soup.find_all("a")]
    prices = [price.get_text() for price in soup.find_all("span", class_="price")]
    for heading in soup.find_all("h2"):
        heading.name = "h3"
        heading.append(soup.new_tag("hr"))
    return f"{links} {prices} {soup.decode()}"


texts = [page(80) for _ in range(scaled(28))]
loaded()
show(extract(text) for text in texts)
