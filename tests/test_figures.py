"""Each figure that the README and the guides state is that of a page of tables, which a run of the benchmarks wrote."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "benchmarks"


def load_reader():
    """The module that writes and reads these pages; as a file, since `benchmarks` is not installed with the wheel."""
    spec = importlib.util.spec_from_file_location("benchmark_page", ROOT / "benchmarks" / "_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = load_reader()
TABLES = {path.stem: PAGE.read(path.read_text("utf-8"))["tables"] for path in sorted(FOLDER.glob("figures*.md"))}
RUNS = {"3.11": "figures", "3.14": "figures-3.14"}
MEAN = "mean, against not pooled"
P999 = "p99.9, against not pooled"


def row(page, table, case):
    """The row of a case in the only table whose title begins so."""
    (rows,) = [rows for title, rows in TABLES[page].items() if title.startswith(table)]
    (found,) = [each for each in rows if each["case"] == case]
    return found


def ratios(table, case, *, pages=("figures", "figures-3.14")):
    """The ratios of a case on 3.11 and 3.14."""
    return [row(page, table, case)["ratio"] for page in pages]


def workloads(page, case):
    """The rows of a case of each whole program, by the name of the program."""
    return {
        title.removeprefix("workload: ").partition(",")[0]: row(page, title, case)
        for title in TABLES[page]
        if title.startswith("workload: ")
    }


def construction(case):
    """The ratios of calls on 3.11 and 3.14."""
    return ratios("construction: calls", case, pages=("figures-construction", "figures-construction-3.14"))


def full_collections(page):
    """The full collections of the server, not pooled and pooled."""
    note = row(page, "workload: server", MEAN)["note"]
    return [int(number) for number in re.match(r"gc \d+/\d+/(\d+) -> \d+/\d+/(\d+),", note).groups()]


def program(name):
    """The ratios of the mean of a whole program on 3.11 and 3.14."""
    return ratios(f"workload: {name},", MEAN)


MEANS = {name: each["ratio"] for name, each in workloads("figures-3.14", MEAN).items()}
MEMORY = [each["ratio"] for each in workloads("figures-3.14", "peak of resident memory").values()]
SERVER = row("figures-3.14", "workload: server", P999)
UNPLANNED = {
    how: [construction(f"{kind}: {how}")[1] for kind in ("not planned", "not planned, light")]
    for how in ("positional", "all misses")
}
DICTS = [
    each["ratio"]
    for each in TABLES["figures-3.14"]["the grid: make, fill, drop"]
    if each["case"].startswith(("local Dict", "global Dict"))
]
THRESHOLD = {
    what: row("figures-3.14", "workload: server", f"{what}, against gc.set_threshold(50_000)")
    for what in ("mean", "p99.9")
}
PROGRAMS = {
    "the same: 99th percentile": ratios("workload: server", "p99, against not pooled"),
    "the same: 99.9th percentile": ratios("workload: server", P999),
    "a log analyser: a file": program("log_lines"),
    "a producer and a consumer on asyncio: 5,000 messages": program("async_messages"),
    "a producer and a consumer on threads: 5,000 messages": program("messages"),
    "a server with 2,000,000 long-lived objects: a query": program("server"),
    "a scheduler of inference requests: a step": program("scheduler"),
    "particles: a frame": program("particles"),
    "an ETL step: a batch": program("etl"),
    "buffers: 64 messages": program("buffers"),
    "an attrs object of eight fields: called and dropped": construction("eight fields, attrs: positional"),
    "an object with two slots: called and dropped": construction("two slots: positional"),
    "an object with two slots, where the pool is always empty": construction("two slots: all misses"),
    "100,000 lists that live at once": ratios("bursts, gc on", "100,000 alive, List"),
    "`List()` made and dropped, against `list()`": ratios("take + drop", "List() against list()"),
    "the same against an unpooled subclass of `list`": ratios("take + drop", "List() against a subclass"),
    "a take and a return, against the fastest pool library found": ratios(
        "peers: a small object", "pymemcache's ObjectPool"
    ),
}


def short(ratio):
    """A ratio as a text gives it: two digits, three between 1 and 1.1."""
    if ratio >= 9.95:
        return f"{ratio:.0f}"
    return f"{ratio:.2f}" if 1 < ratio < 1.095 else f"{ratio:.1f}"


STATED = {
    "README.md": [
        f"These eight programs ran {min(MEANS.values()):.1f} to {max(MEANS.values()):.1f} times as fast",
        f"its 99.9th percentile was {SERVER['other']:.1f} ms",
        f"examined all of them {full_collections('figures-3.14')[0]} times",
        f"With pools it was {SERVER['pooled']:.1f} ms",
        f"grew by at most {100 / min(MEMORY) - 100:.0f} %",
        f"took {1 / min(UNPLANNED['positional']):.1f} times as long as without a pool",
        f"and {1 / min(UNPLANNED['all misses']):.1f} times as long when the pool was always empty",
        f"takes up to {1 / min(DICTS):.1f} times as long as a `dict` on 3.14",
        f"the same 99.9th percentile ({THRESHOLD['p99.9']['other']:.1f} ms)",
        f"the mean time was {THRESHOLD['mean']['ratio']:.1f} times that with pools",
    ],
    "docs/guides/servers.md": [
        f"all of them {full_collections('figures')[0]} times in 2,000 queries on Python 3.11",
        f"and {full_collections('figures-3.14')[0]} times on 3.14",
        "was {:.0f} times as long without pools on 3.11, and {:.0f} times on 3.14".format(
            *ratios("workload: server", P999)
        ),
    ],
    "docs/decisions/construction-in-c.md": [
        "| {} | {:.2f} | {:.2f} |".format(name, *construction(f"{kind}: positional"))
        for name, kind in (
            ("two slots", "two slots"),
            ("eight fields, attrs", "eight fields, attrs"),
            ("eight fields, dataclass", "eight fields, dataclass"),
            ("not planned", "not planned"),
        )
    ],
    "docs/decisions/collector-settings.md": [
        "| {} | {:.2f} | {:.2f} |".format(
            name,
            *(row("figures-3.14", "workload: server", f"{what}, against {how}")["ratio"] for what in ("mean", "p99.9")),
        )
        for name, how in (
            ("default settings", "not pooled"),
            *((f"`{how}`", how) for how in ("gc.freeze()", "gc.set_threshold(50_000)", "gc.disable()")),
        )
    ],
    "docs/benchmarks/index.md": [
        *(f"| {name} | {short(old)} | {short(new)} |" for name, (old, new) in PROGRAMS.items()),
        *(
            f"{name} | {short(old)} | {short(new)} |\n"
            f"| 50,000 of them that live at once | {short(alive)} | {short(more)} |"
            for name, (old, new), (alive, more) in (
                (
                    "an attrs object of eight fields: called and dropped",
                    construction("eight fields, attrs: positional"),
                    construction("eight fields, attrs: 50,000 alive"),
                ),
                (
                    "an object with two slots: called and dropped",
                    construction("two slots: positional"),
                    construction("two slots: 50,000 alive"),
                ),
            )
        ),
    ],
}


def prose(page):
    """The text of a page on one line, table rows apart."""
    text = (ROOT / page).read_text("utf-8")
    return re.sub(r"\n(?!\|) *", " ", text)


@pytest.mark.parametrize("page", STATED)
def test_the_figures_of_a_page_are_those_of_a_run(page):
    text = prose(page)
    assert [each for each in STATED[page] if each not in text] == []


def test_the_collector_never_ran_with_pools():
    assert all(" -> 0/0/0, " in row(page, "workload: server", MEAN)["note"] for page in RUNS.values())


def test_the_readme_has_no_other_figures():
    text = re.sub(r"```.*?```|<picture>.*?</picture>|`[^`]*`|\]\([^)]*\)|3\.1[1-5](?:\.10)?", "", prose("README.md"))
    for each in STATED["README.md"]:
        text = text.replace(re.sub(r"`[^`]*`|3\.1[1-5]", "", each), "")
    settings = {"1,024", "4,096", "99.9", "2,000,000"}  # the defaults of pools, and the size of the server
    assert set(re.findall(r"\d[\d,.]*\b", text)) <= settings


def test_the_chart_of_the_readme_shows_the_programs():
    text = (ROOT / "README.md").read_text("utf-8")
    described = re.search(r'alt="([^"]*)"', text)[1]
    drawn = (FOLDER / "whole-programs-3.14.svg").read_text("utf-8")
    for name, ratio in MEANS.items():
        words = {"etl": "an ETL step"}.get(name, name.replace("_", " "))
        assert re.search(rf"{words} (is )?{ratio:.1f}\b", described), name
        assert f"{ratio:.2f} \N{MULTIPLICATION SIGN}" in drawn


def test_a_page_is_read_as_it_was_written():
    for path in FOLDER.glob("figures*.md"):
        text = path.read_text("utf-8")
        written = PAGE.page(PAGE.read(text))
        assert written.replace(" (missed)", "") == text.replace(" (missed)", "")  # rounded, a ratio may be its aim


def test_what_is_no_page():
    with pytest.raises(ValueError, match="expected a page"):
        PAGE.read("# Something else\n")
