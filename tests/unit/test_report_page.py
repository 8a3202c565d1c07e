"""The page of a report: one file with all pools, whatever they are called; replaced as a whole."""

import re
from html.parser import HTMLParser

import pytest

import pooled

BAD_NAME = "<script>alert('&')</script>"


class Elements(HTMLParser):
    """The elements of a page, with what they have, and the text of its table's rows."""

    def __init__(self):
        super().__init__()
        self.elements, self.open, self.rows = [], [], []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if "tr" in self.open:
            self.rows[-1][-1] += text


def read(path):
    page = Elements()
    page.feed(path.read_text(encoding="utf-8"))
    assert page.open == []
    return page


@pytest.fixture
def pool():
    pool = pooled.GlobalPool(list, name=BAD_NAME, max=2)
    out = [pool.take() for _ in range(5)]
    del out
    pool.take()
    return pool


def test_the_table_is_what_stats_print(tmp_path, pool):
    page = tmp_path / "page.html"
    assert pooled.report(html=page) == pooled.report() == str(pooled.stats())
    found = read(page)
    row = next(row for row in found.rows if row[0] == BAD_NAME)
    stats = pool.stats()
    head = found.rows[0]
    for column in ("taken", "hits", "misses", "recycled", "discarded", "live", "parked"):
        assert row[head.index(column)] == f"{getattr(stats, column):,}"
    assert row[head.index("hit rate")] == f"{stats.hit_rate:.1%}"
    used = {name for name, stats in pooled.stats().items() if stats.taken or stats.parked}
    assert {row[0] for row in found.rows[1:]} == used
    unused = page.read_text().partition("Nothing came from: ")[2].partition("</p>")[0].split(", ")
    assert set(filter(None, unused)) == set(pooled.stats()) - used
    assert any("full 3" in attributes.get("title", "") for _, attributes in found.elements)


def test_nothing_comes_from_elsewhere_and_nothing_runs(tmp_path, pool):
    page = tmp_path / "page.html"
    with pooled.sample(0.001):
        pool.take()
    pooled.report(html=page)
    found = read(page)
    assert not {"script", "img", "iframe", "object", "embed"} & {tag for tag, _ in found.elements}
    for _, attributes in found.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "data:,") == "data:,"
        assert "src" not in attributes
    assert "url(" not in page.read_text()
    assert "@import" not in page.read_text()


def test_a_chart_of_what_was_sampled(tmp_path, pool):
    page = tmp_path / "page.html"
    with pooled.sample(0.001) as sampling:
        out = [pool.take() for _ in range(7)]
        while len(sampling.samples) < 5:
            pass
        out.clear()
    pooled.report(html=page)
    paths = [attributes for tag, attributes in read(page).elements if tag == "path"]
    assert {path["class"] for path in paths} == {"parked", "live"}
    assert all(len(re.findall(r"[ML]", path["d"])) >= 5 for path in paths)


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        pooled.report(html=tmp_path / "nowhere" / "page.html")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").touch()
    with pytest.raises(OSError, match="folder"):
        pooled.report(html=folder)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
