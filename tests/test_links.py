"""Each link and picture of the README, CONTRIBUTING and docs/ leads to a file, and to a heading of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if "_build" not in path.parts
)


def text_of(page):
    """The text without code."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", lambda code: "x" * len(code[0]), text)


def targets_of(page):
    """The targets of links and pictures."""
    text = text_of(page)
    links = re.findall(r"\]\(([^()\s]+(?:\([^()\s]*\))?)\)", text)
    return [*links, *re.findall(r'(?:src|srcset|href)="([^"]+)"', text)]


def anchors_of(page):
    """The anchors of the headings, as GitHub and MyST make them."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#{1,4} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower().replace("`", "")).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page):
    wrong = []
    for target in targets_of(page):
        if re.match(r"https://[\w.-]+\.\w+(/|$)", target):
            continue
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        if not found.exists() or (anchor and anchor not in anchors_of(found)):
            wrong.append(target)
    assert wrong == []


def test_the_pages_have_links():
    assert sum(len(targets_of(page)) for page in PAGES) > 100
