"""The HTML page of a report: one file with all pools, for any names of pools, that is replaced atomically."""

import errno
import gc
import os
import re
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import effort
import limits
import pytest
from helpers import run_python

import pooled
from pooled._gc import pauses

BAD_NAME = "<script>alert('&')</script>"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of the rows of its tables."""

    def __init__(self):
        super().__init__()
        self.elements, self.open, self.rows, self.texts = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open:
            self.texts.append((self.open[-1], text))
        if "tr" in self.open:
            self.rows[-1][-1] += text


def read(path):
    page = Elements()
    page.feed(path.read_text(encoding="utf-8").replace("<wbr>", ""))
    assert page.open == []
    return page


@pytest.fixture(autouse=True)
def no_recording_of_other_tests(monkeypatch):
    monkeypatch.setattr(pauses, "_latest", [])


@pytest.fixture
def pool():
    pool = pooled.GlobalPool(list, name=BAD_NAME, max=2)
    out = [pool.take() for _ in range(5)]
    del out
    pool.take()
    return pool


def test_the_table_is_what_stats_print(tmp_path, pool):
    page = tmp_path / "page.html"
    assert pooled.report(html=page) == pooled.report()
    assert pooled.report().startswith(str(pooled.stats()))
    found = read(page)
    row = next(row for row in found.rows if row[0] == BAD_NAME)
    stats = pool.stats()
    head = found.rows[0]
    for column in ("taken", "hits", "misses", "recycled", "discarded", "live", "parked"):
        assert row[head.index(column)] == f"{getattr(stats, column):,}"
    assert row[head.index("hit rate")] == f"{stats.hit_rate:.1%}"
    used = {name for name, stats in pooled.stats().items() if stats.taken or stats.parked}
    assert {row[0] for row in found.rows if row[0] != "pool"} == used
    named = {text for tag, text in found.texts if tag == "bdi"}
    assert named == set(pooled.stats())


def test_why_objects_were_discarded(tmp_path, unraisable):
    def refuse(obj):
        return not obj or obj != ["refused"]

    def fail(obj):
        return len(obj) // (obj != ["failing"])

    pool = pooled.GlobalPool(list, name="of all reasons", max=1, max_cap=2, reset=refuse, capacity=fail)
    for contents in (["refused"], ["failing"], ["failing"], [1, 2, 3]):
        obj = pool.take()
        obj.extend(contents)
        del obj
    out = [pool.take() for _ in range(6)]
    del out
    spared = pooled.GlobalPool(list, name="of no reason")
    spared.take()
    pooled.report(html=tmp_path / "page.html")
    rows = read(tmp_path / "page.html").rows
    begin = rows.index(["pool", "full", "large", "error", "refused"])
    assert ["of all reasons", "5", "1", "2", "1"] in rows[begin:]
    assert "of no reason" not in {row[0] for row in rows[begin:]}


def test_the_pauses_of_the_collector(tmp_path):
    page = tmp_path / "page.html"
    pooled.report(html=page)
    assert "No pauses were recorded. Call <code>pooled.record_gc()</code> to record them." in page.read_text("utf-8")
    with pooled.record_gc() as recording:
        nodes = [[] for _ in range(1_000)]
        pooled.report(html=page)
        for _ in range(3):
            gc.collect()
    pooled.report(html=page)
    found = read(page)
    begin = found.rows.index(["pauses", "count", "total", "p50", "p99", "longest"])
    row = next(row for row in found.rows[begin:] if row[0] == "generation 2")
    assert row[1] == f"{recording.pauses[2].count:,}" >= "3"
    assert all(re.fullmatch(r"\d+(\.\d+)? (s|ms|µs|ns)", text) for text in row[2:])
    assert ("title", "Pauses by length") in found.texts
    assert any(attributes.get("class") == "gen2" for tag, attributes in found.elements if tag == "rect")
    if not limits.FREE_THREADED:
        assert next(row for row in found.rows[begin:] if row[0] == "list")[1].endswith("%")
    del nodes


def test_nothing_comes_from_elsewhere_and_nothing_runs(tmp_path, pool):
    page = tmp_path / "page.html"
    with pooled.sample(0.001):
        pool.take()
    pooled.report(html=page)
    found = read(page)
    policy = next(with_["content"] for _, with_ in found.elements if "http-equiv" in with_)
    assert set(policy.split("; ")) > {"default-src 'none'", "style-src 'unsafe-inline'"}
    assert not {"script", "img", "iframe", "object", "embed", "link"} & {tag for tag, _ in found.elements}
    for _, attributes in found.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert not {"href", "src"} & attributes.keys()
    assert "url(" not in page.read_text()
    assert "@import" not in page.read_text()


def test_one_sample_is_no_chart(tmp_path):
    page = tmp_path / "page.html"
    with pooled.sample(1e6):
        pooled.report(html=page)
    text = page.read_text("utf-8")
    assert "Only one sample was taken so far; a chart needs two." in text
    assert "<svg" not in text


@limits.skip_if("no-dev-stdout")
def test_standard_output_is_written_to_also_where_it_is_a_file(tmp_path):
    code = "import pooled; print('before', flush=True); pooled.report(html='/dev/stdout'); print('after')"
    with (tmp_path / "out.html").open("ab") as out:
        subprocess.run([sys.executable, "-P", "-c", code], stdout=out, check=True)
    text = (tmp_path / "out.html").read_text("utf-8")
    assert text.startswith("before\n<!doctype html>")
    assert text.endswith("</html>\nafter\n")


def test_a_chart_of_what_was_sampled(tmp_path, pool):
    page = tmp_path / "page.html"
    with pooled.sample(0.001) as sampling:
        while not sampling.samples:
            pass
        out = [pool.take() for _ in range(7)]
        while len(sampling.samples) < 5:
            pass
        out.clear()
        seen = len(sampling.samples)
        while len(sampling.samples) < seen + 2:  # the next one may have begun before
            pass
    pooled.report(html=page)
    found = read(page)
    paths = [attributes for tag, attributes in found.elements if tag == "path"]
    assert {path["class"] for path in paths} == {"parked area", "parked", "live"}
    assert all(len(re.findall(r"[ML]", path["d"])) >= 5 for path in paths)
    charts = [attributes for tag, attributes in found.elements if tag == "svg"]
    named = {attributes["id"]: tag for tag, attributes in found.elements if "id" in attributes}
    assert len(named) == 2 * len(charts)
    for chart in charts:
        assert chart["role"] == "img"
        assert (named[chart["aria-labelledby"]], named[chart["aria-describedby"]]) == ("title", "desc")
    assert ("title", f"{BAD_NAME}: parked and live over time") in found.texts
    live = "live: 0 at the start, 7 at most, 0 at the end"
    said = next(text for tag, text in found.texts if tag == "desc" and live in text)
    assert re.search(r"^parked: \d at the start, 2 at most, 2 at the end; .* From 0\.00 s to \d+\.\d\d s\.$", said)
    assert ("li", " 0 at the end, 7 at most") in found.texts  # in the legend


def test_the_charts_are_of_the_same_time(tmp_path, pool):
    with pooled.sample(0.001) as sampling:
        while len(sampling.samples) < 5:
            pool.take()
        late = pooled.GlobalPool(list, name="late", max=1)
        seen = len(sampling.samples)
        while len(sampling.samples) < seen + 3:
            late.take()
    pooled.report(html=tmp_path / "page.html")
    paths = [attributes for tag, attributes in read(tmp_path / "page.html").elements if tag == "path"]
    begins = {float(re.match(r"M([\d.]+)", path["d"])[1]) for path in paths if path["class"] == "live"}
    ends = {float(re.search(r"L([\d.]+),[\d.]+$", path["d"])[1]) for path in paths if path["class"] == "live"}
    assert len(begins) > 1
    assert len(ends) == 1


@pytest.mark.parametrize(
    ("seconds", "middle", "end"), [(200, "100 s", "200 s"), (600, "5.0 min", "10.0 min"), (72_000, "10.0 h", "20.0 h")]
)
def test_times_are_in_the_unit_that_suits_them(tmp_path, pool, monkeypatch, seconds, middle, end):
    with pooled.sample(1000.0) as sampling:
        while not sampling.samples:
            pass
        now = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: now() + seconds)
    pooled.report(html=tmp_path / "page.html")
    texts = read(tmp_path / "page.html").texts
    assert {("text", middle), ("text", end)} <= set(texts)
    assert any(tag == "desc" and text.endswith(f" to {end}.") for tag, text in texts)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("half \ud800 a pair", "half \\ud800 a pair"),
        ("right\u202eto left", "right\\u202eto left"),
        ("two\nlines\x00", "two\\nlines\\x00"),
        ("<script>&amp;\"'</script>", "<script>&amp;\"'</script>"),
        ("\u05d0\u05d1:\u05d2", "\u05d0\u05d1:\u05d2"),
        ("n" * 2000 + "end", "n" * 60 + "\u2026" + "n" * 57 + "end"),
    ],
)
def test_any_name(tmp_path, name, shown):
    page = tmp_path / "page.html"
    named = pooled.GlobalPool(list, name=name)
    with pooled.sample(0.001):
        named.take()
    text = pooled.report(html=page)
    found = read(page)
    assert shown in {row[0] for row in found.rows}
    assert ("bdi", shown) in found.texts
    assert sum(tag == "svg" for tag, _ in found.elements) == sum(tag == "figure" for tag, _ in found.elements) > 0
    table = str(pooled.stats())
    assert text.encode().startswith(table.encode())
    assert len(table.splitlines()) == len(pooled.stats()) + 1
    if len(name) > len(shown):
        assert any(attributes.get("title") == name for _, attributes in found.elements)


def test_a_class_of_any_name(tmp_path):
    cls = pooled.poolable(type("<&>", (), {"__module__": "\ud800"}))
    cls()
    assert pooled.pool_of(cls).name == "\ud800:<&>"
    assert "\\ud800:<&> " in pooled.report(html=tmp_path / "page.html")
    assert "\\ud800:<&>" in {row[0] for row in read(tmp_path / "page.html").rows}


def test_programs_without_pools_or_with_idle_ones(tmp_path):
    code = """
import pooled, sys
pooled.report(html=sys.argv[1])
pool = pooled.GlobalPool(list, name="idle")
pooled.report(html=sys.argv[2])
"""
    none, idle = tmp_path / "none.html", tmp_path / "idle.html"
    assert run_python(code, str(none), str(idle)) == (0, "")
    assert read(none).rows == read(idle).rows == []
    assert ("p", "No objects were taken from a pool.") in read(none).texts
    assert "; 0 pools</p>" in none.read_text()
    assert "; 1 pool</p>" in idle.read_text()
    assert ("bdi", "idle") in read(idle).texts


def test_many_write_the_same_page_at_once(tmp_path, pool):
    page = tmp_path / "page.html"
    pooled.report(html=page)
    code = """
import sys, threading, pooled
pools = [pooled.GlobalPool(list, name=f"pool {number} of {sys.argv[2]}") for number in range(int(sys.argv[2]))]
for pool in pools:
    pool.take()
def write():
    for _ in range(int(sys.argv[3])):
        pooled.report(html=sys.argv[1])
threads = [threading.Thread(target=write) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
    rounds = str(effort.pick(short=8, long=25))
    with ThreadPoolExecutor(2) as executor:
        running = [executor.submit(run_python, code, str(page), count, rounds) for count in ("3", "300")]
        while not all(each.done() for each in running):
            assert page.read_text(encoding="utf-8").endswith("</html>\n")
            read(page)
    assert [each.result() for each in running] == [(0, ""), (0, "")]
    assert list(tmp_path.iterdir()) == [page]


@limits.skip_if("no-posix-permissions")
def test_its_permissions_are_those_of_any_file(tmp_path):
    page, plain = tmp_path / "page.html", tmp_path / "plain"
    plain.touch()
    pooled.report(html=page)
    assert page.stat().st_mode == plain.stat().st_mode
    page.chmod(0o640)
    pooled.report(html=page)
    assert stat.S_IMODE(page.stat().st_mode) == 0o640


@limits.skip_if("no-symbolic-links")
def test_a_link_stays_a_link(tmp_path):
    page, link, ahead = (tmp_path / name for name in ("page.html", "link.html", "ahead.html"))
    page.write_text("old")
    link.symlink_to("page.html")
    ahead.symlink_to("new.html")
    for each in (link, ahead):
        pooled.report(html=each)
        assert each.is_symlink()
        assert read(each).rows is not None
    assert page.read_text() == link.read_text()
    circle = tmp_path / "circle.html"
    circle.symlink_to(circle)
    with pytest.raises(OSError, match="circle") as caught:
        pooled.report(html=circle)
    assert caught.value.filename == str(circle)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("page.html", "link.html", "ahead.html", "new.html", "circle.html")
    }


@limits.skip_if("no-named-pipes")
def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as executor:
        reading = executor.submit(pipe.read_text, encoding="utf-8")
        pooled.report(html=pipe)
        assert reading.result().endswith("</html>\n")
    assert pipe.is_fifo()


class Elsewhere:
    """A path of another type."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize(
    ("html", "error", "said"),
    [
        (1, TypeError, "html=1: expected a path, as a string or an os.PathLike of one, got int; leave it out to"),
        (True, TypeError, "html=True: expected a path"),
        (b"page.html", TypeError, "html=b'page.html': expected a path, as a string or an os.PathLike of one, got"),
        (Elsewhere(b"page.html"), TypeError, "expected a path, as a string or an os.PathLike of one, got Elsewhere"),
        ("", ValueError, "html='': expected the path of a file; leave it out to get only the text"),
        ("page\0.html", ValueError, "not a valid name of a file; use no null characters and no surrogates"),
        ("page\ud800.html", ValueError, "not a valid name of a file; use no null characters and no surrogates"),
    ],
)
def test_what_is_no_path(tmp_path, monkeypatch, html, error, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=said) as caught:
        pooled.report(html=html)
    assert str(caught.value).startswith("html=")
    assert list(tmp_path.iterdir()) == []


def test_what_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pooled.report(html=None)
    assert list(tmp_path.iterdir()) == []
    long = "l" * 240 + ".html"  # a temporary name cannot be longer
    for html in ("page.html", Elsewhere("other.html"), Elsewhere(str(tmp_path / "third.html")), long):
        pooled.report(html=html)
        assert read(tmp_path / os.fspath(html)).open == []
    assert len(list(tmp_path.iterdir())) == 4


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    page, folder = tmp_path / "nowhere" / "page.html", tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").touch()
    for html, error in ((page, FileNotFoundError), (folder, (IsADirectoryError, PermissionError))):
        with pytest.raises(error) as caught:
            pooled.report(html=html)
        assert caught.value.filename == str(html)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_what_goes_wrong_at_last_leaves_what_was_there(tmp_path, monkeypatch):
    page = tmp_path / "page.html"
    page.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "a draft")

    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, full)
    with pytest.raises(OSError, match="No space left") as caught:
        pooled.report(html=page)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(page))
    assert list(tmp_path.iterdir()) == [page]
    assert page.read_text() == "old"


@limits.skip_if("no-posix-permissions")
@pytest.mark.parametrize("writable", ["page", "folder"])
def test_what_is_read_only_is_not_replaced(tmp_path, writable):
    """This needs a user who cannot write everywhere."""
    folder = tmp_path / "folder"
    folder.mkdir()
    page = folder / "page.html"
    page.write_text("old")
    page.chmod(0o644 if writable == "page" else 0o444)
    folder.chmod(0o755 if writable == "folder" else 0o555)
    try:
        if os.access(page, os.W_OK) and os.access(folder, os.W_OK):
            limits.skip("writes-everything")
        with pytest.raises(PermissionError) as caught:
            pooled.report(html=page)
        assert caught.value.filename == str(page)
        assert (page.read_text(), list(folder.iterdir())) == ("old", [page])
    finally:
        folder.chmod(0o755)
