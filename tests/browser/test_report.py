"""The page of a report in Chromium, driven by playwright."""

import gc
import shutil
from pathlib import Path

import limits
import pytest

import pooled
from pooled._report import html

playwright = limits.require("playwright.sync_api")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    limits.skip("no-browser", allow_module_level=True)

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking", "--disable-quic"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of a program with sampled pools of several kinds."""
    from pooled.containers import ByteArray, List

    lists = pooled.GlobalPool(List, name="batches", max=64)
    lines = pooled.GlobalPool(ByteArray, name="lines", max=1024, max_cap=64)

    @pooled.poolable(max=256)
    class Order:
        pass

    file = tmp_path_factory.mktemp("report") / "report.html"
    with pooled.record_gc(), pooled.sample(0.001) as sampling:
        out = []
        for number in range(1, 60):
            batch = lists.take()
            batch.extend(lines.take() for _ in range(number % 17 * 10))
            if number % 10 == 0:
                batch[-1 if batch else 0 :] = [ByteArray(b"x" * 100)]
            orders = [Order() for _ in range(number * 4)]
            out.append(batch)
            if len(out) > 8:
                out.pop(0)
            seen = len(sampling.samples)
            while len(sampling.samples) == seen:
                pass
            del orders, batch
        out.clear()
        gc.collect()
    pooled.report(html=file)
    return file, sum(bool(stats.taken or stats.parked) for stats in pooled.stats().values())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(browser, report, scheme, tmp_path, request):
    file, pools = report
    requests, messages = [], []
    page = browser.new_page(viewport={"width": 1200, "height": 1000}, color_scheme=scheme)
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(file.as_uri())
    assert page.title() == "pooled: pool report"
    assert page.get_by_role("heading", name="Pool report").is_visible()
    assert page.get_by_role("region", name="Pools").locator("tbody tr").count() == pools
    assert page.get_by_role("region", name="Discards").locator("tbody tr").count() == 1
    assert page.get_by_role("region", name="Pauses").locator("tbody tr").count() >= 1
    assert page.get_by_role("img", name="Pauses by length").locator("rect").count() >= 1
    assert page.get_by_role("cell", name="100.0%").count() + page.get_by_role("cell", name="%").count() > 2
    assert page.get_by_role("img", name="lines: parked and live over time").count() == 1
    lines = page.locator("figure", has_text="lines").first.locator("path")
    assert lines.count() == 3
    for line in lines.all():
        box = line.bounding_box()
        assert box["width"] > 200  # it covers the whole time
    assert lines.first.evaluate("path => path.getTotalLength()") > 250  # and it is not flat
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(13, 17, 23)")
    for element in ("h1", ".about", "thead th", "tbody th", ".zero", "dt", ".why dd", "svg text", ".key b", ".key li"):
        assert contrast(page, element) >= 4.5
    for element in ("svg .live", "svg .parked:not(.area)"):
        assert contrast(page, element, "stroke") >= 3
    for element in (".key .live", ".key .parked"):
        assert contrast(page, element, "borderTopColor") >= 3
    assert contrast(page, ".key .gen2", "backgroundColor") >= 3
    assert contrast(page, ".rate i", "backgroundColor") >= 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    keep = request.config.getoption("--screenshots")
    shot = (IMAGES if keep else tmp_path) / f"report{'-dark' if scheme == 'dark' else ''}.png"
    page.screenshot(path=shot, full_page=True)
    assert shot.stat().st_size > 20_000  # an image of one colour is smaller
    assert requests == [file.as_uri()]
    assert messages == []
    page.close()


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_it_can_be_read_on_narrow_things(browser, report, medium):
    file, _ = report
    page = browser.new_page(viewport={"width": 360 if medium == "screen" else 680, "height": 800})
    page.emulate_media(media=medium)
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.querySelectorAll('.wide')].every(each => each.scrollWidth <= each.clientWidth)")
    assert page.locator("svg text").first.bounding_box()["height"] >= 9
    width = page.viewport_size["width"]
    for cell in page.locator("tbody td").all():
        box = cell.bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    if medium == "screen":
        said = "td => getComputedStyle(td, '::before').content"
        assert page.locator("tbody td").nth(1).evaluate(said) == '"taken"'
    page.close()


@pytest.mark.parametrize("width", [400, 800, 1200, 1600])
def test_no_column_is_cut_off(browser, report, width, tmp_path):
    file, _ = report
    worse = tmp_path / "worse.html"
    pools = {
        "service.messages:Envelope": pooled.Stats(hits=123_456_789, misses=12_345_678, recycled=135_000_000),
        "b" * 30: pooled.Stats(hits=1_234_567, misses=1_234_567, escaped=99_999, collected=1_234_567, detached=7_654),
    }
    worse.write_text(html.page(pools, []))
    page = browser.new_page(viewport={"width": width, "height": 900})
    for shown in (file, worse):
        page.goto(shown.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("[...document.querySelectorAll('.wide')].every(all => all.scrollWidth <= all.clientWidth)")
        for cell in page.locator("tbody td").all():
            box = cell.bounding_box()
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    page.close()


def test_no_name_gets_the_browser_to_do_anything(browser, tmp_path):
    name = "</title><script>document.title = 'ran'</script><img src=x onerror=\"document.title='ran'\"><style>*{}"
    pool = pooled.GlobalPool(list, name=name)
    with pooled.sample(0.001):
        pool.take()
    pooled.report(html=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    (tmp_path / "worse.html").write_text(text.replace("<h1>", "<script>document.title = 'ran'</script><h1>"))
    requests = []
    page = browser.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator("figcaption", has_text="onerror").count() == 1
    page.goto((tmp_path / "worse.html").as_uri())  # even if a script were injected
    assert page.title() == "pooled: pool report"
    assert requests == [(tmp_path / name).as_uri() for name in ("page.html", "worse.html")]
    page.close()


def contrast(page, selector, what=None):
    """The contrast of an element and its background, as WCAG defines it."""
    return page.locator(selector).first.evaluate(
        """(element, what) => {
        const light = colour => {
            const parts = colour.match(/[\\d.]+/g).slice(0, 3)
                .map(part => part / 255).map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const style = getComputedStyle(element);
        const ink = light(style[what ?? (element.namespaceURI.endsWith("svg") ? "fill" : "color")]);
        const ground = light(getComputedStyle(document.body).backgroundColor);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    }""",
        what,
    )
