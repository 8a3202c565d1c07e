"""The page of a report in a real browser: Chromium, by way of playwright, if both are there."""

import shutil
from pathlib import Path

import pytest

import pooled

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra browser")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("there is no Chromium", allow_module_level=True)

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
    """The page of a program that has pools of several kinds, sampled."""
    from pooled.containers import ByteArray, List

    lists = pooled.GlobalPool(List, name="batches", max=64)
    lines = pooled.GlobalPool(ByteArray, name="lines", max=1024, max_cap=64)

    @pooled.poolable(max=256)
    class Order:
        pass

    file = tmp_path_factory.mktemp("report") / "report.html"
    with pooled.sample(0.001) as sampling:
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
    assert page.title() == "pooled: what the pools did"
    assert page.get_by_role("heading", name="What the pools did").is_visible()
    assert page.locator("tbody tr").count() == pools
    assert page.get_by_role("cell", name="100.0%").count() + page.get_by_role("cell", name="%").count() > 2
    lines = page.locator("figure", has_text="lines").first.locator("path")
    assert lines.count() == 2
    for line in lines.all():
        box = line.bounding_box()
        assert box["width"] > 200  # it goes over the whole time
    assert lines.first.evaluate("path => path.getTotalLength()") > 250  # and up and down
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(13, 17, 23)")
    for element in ("h1", "tbody th", "dt", "svg text"):
        assert contrast(page, element) >= 4.5
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    keep = request.config.getoption("--screenshots")
    shot = (IMAGES if keep else tmp_path) / f"report{'-dark' if scheme == 'dark' else ''}.png"
    page.screenshot(path=shot, full_page=True)
    assert shot.stat().st_size > 20_000  # one of a single colour is smaller
    assert requests == [file.as_uri()]
    assert messages == []
    page.close()


def contrast(page, selector):
    """Of a text and the page behind it, as WCAG has it."""
    return page.locator(selector).first.evaluate("""element => {
        const light = colour => {
            const parts = colour.match(/[\\d.]+/g).slice(0, 3)
                .map(part => part / 255).map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const style = getComputedStyle(element);
        const ink = light(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
        const ground = light(getComputedStyle(document.body).backgroundColor);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    }""")
