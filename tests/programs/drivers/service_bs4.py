"""A service that reads pages and answers with their links, with a large table in memory."""

from bs4 import BeautifulSoup
from common import WORDS, serve


def page(rows):
    cells = "".join(
        f"<tr class='row{n % 7}'><td>{WORDS[n % 30]}</td><td><a href='/{n}'>{n}</a></td></tr>" for n in range(rows)
    )
    return f"<html><body><table>{cells}</table></body></html>"


def links(text):
    soup = BeautifulSoup(text, "html.parser")
    return [link["href"] for link in soup.find_all("a")][-3:], soup


serve(links, [page(120 + 40 * number) for number in range(7)], 200)
