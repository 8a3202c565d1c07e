"""Each figure in the README and the guides comes from a page of tables, which a run of the benchmarks wrote."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "benchmarks"


def load_reader():
    """Load the module that writes and reads these pages, from its file: the wheel does not contain `benchmarks`."""
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
    """The row of a case in the only table whose title begins with `table`."""
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
    """A ratio as texts round it: to two digits, to three between 1 and 1.1."""
    if ratio >= 9.95:
        return f"{ratio:.0f}"
    return f"{ratio:.2f}" if 1 < ratio < 1.095 else f"{ratio:.1f}"


def span(ratios):
    """The least and the largest of some ratios, as a text gives them; one of them if both are the same."""
    least, most = f"{min(ratios):.1f}", f"{max(ratios):.1f}"
    return least if least == most else f"{least} to {most}"


def calls(how, kinds):
    """The span of the ratios of calls of classes on 3.14."""
    return span([construction(f"{kind}: {how}")[1] for kind in kinds])


def times(table, case, page="figures"):
    """The time of a case without pools, and with."""
    found = row(page, table, case)
    return found["other"], found["pooled"]


def server(what, how="not pooled"):
    """A time of the server in ms: with this alternative to pools, and with pools."""
    return times("workload: server", f"{what}, against {how}")


def grid(page, title="the grid: make, fill, drop"):
    """The ratios of containers of up to 100 elements, or of more."""
    return [each["ratio"] for each in TABLES[page][title]]


WORKS = {  # the rows of whole programs: their titles, and an operation
    "server": ("server", "a query"),
    "log lines": ("log_lines", "a file"),
    "async messages": ("async_messages", "5,000 messages"),
    "scheduler": ("scheduler", "a step"),
    "messages": ("messages", "5,000 messages"),
    "particles": ("particles", "a frame"),
    "etl": ("etl", "a batch"),
    "buffers": ("buffers", "64 messages"),
}
SMALL = (
    *("two attributes", "two attributes, dataclass", "two slots", "two slots, dataclass", "two slots, attrs"),
    *("six attributes", "with [] and {}"),
)
EIGHT = ("eight fields, dataclass", "eight fields, attrs")
NOT_PLANNED = ("not planned", "not planned, light")
CALLS = ("positional", "keywords", "50,000 alive")
SCHEDULER = re.match(
    r"gc (\d+)/\d+/(\d+) -> (\d+)/\d+/(\d+),", row("figures", "workload: scheduler", MEAN)["note"]
).groups()
SETTINGS = {how: server("mean", how)[0] for how in ("gc.freeze()", "gc.set_threshold(50_000)", "gc.disable()")}
BUFFER_TIMES = [each["pooled"] / 1e3 for each in TABLES["figures"]["buffers: take, fill, drop"]]
CLASSES_11, CLASSES_14 = (
    [row(page, "growth: poolable classes", f"{count} classes")["ratio"] for count in ("100", "1,000")]
    for page in RUNS.values()
)
SIZES = [*grid("figures"), *grid("figures", "the grid, large")]
WITHOUT_GC = [each["ratio"] for each in workloads("figures", "mean, against gc.disable()").values()]
SLOWEST = times("workload: scheduler", "slowest, against gc.disable()")


def bounds(table, which):
    """The least and the largest time in a table, in ns."""
    (rows,) = [rows for title, rows in TABLES["figures"].items() if title.startswith(table)]
    found = [each[which] for each in rows]
    return f"{min(found):.0f} and {max(found):.0f}"


def ends(table, which):
    """The first and the last time in a table, in ns."""
    (rows,) = [rows for title, rows in TABLES["figures"].items() if title.startswith(table)]
    return rows[0][which], rows[-1][which]


PROGRAMS_11 = {name: each["ratio"] for name, each in workloads("figures", MEAN).items()}
MEMORY_11 = [each["ratio"] for each in workloads("figures", "peak of resident memory").values()]
SETTING_RATIOS = [row("figures", "workload: server", f"mean, against {how}")["ratio"] for how in SETTINGS]

BENCHMARK_PROSE = [
    "a server is {server:.1f} times as fast with pools, a log analyser {log_lines:.1f}".format(**PROGRAMS_11),
    "messages on asyncio and on threads {messages:.1f}, a scheduler {scheduler:.1f}".format(**PROGRAMS_11),
    "particles {particles:.1f}, an ETL step {etl:.1f}, buffers {buffers:.1f}".format(**PROGRAMS_11),
    f"by at most {100 / min(MEMORY_11) - 100:.0f} %",
    "{2} young collections instead of {0:,}, and {3} full ones instead of {1}".format(*map(int, SCHEDULER)),
    f"still cause {SCHEDULER[3]} full collections",
    "small classes are {} times as fast by position, {} times with keywords, {} times with".format(
        *(calls(how, SMALL) for how in CALLS)
    ),
    "eight fields {}, {} and {} times".format(*(calls(how, EIGHT) for how in CALLS)),
    "not planned {}, {}, {} times; misses {} times".format(
        *(calls(how, NOT_PLANNED) for how in CALLS), calls("all misses", (*SMALL, *EIGHT, *NOT_PLANNED))
    ),
    *(
        text.format(calls("positional", NOT_PLANNED), calls("all misses", NOT_PLANNED))
        for text in ("their ratio is {} by position, and {} if every", "The ratio is {} by position, and {} if every")
    ),
    f"If C does, the ratio by position is {calls('positional', SMALL)}.",
    "the mean falls from {:.1f} to {:.1f} milliseconds".format(*server("mean")),
    "the 99th percentile from {:.0f} to {:.1f}".format(*server("p99")),
    "the slowest from {:.0f} to {:.1f}".format(*server("slowest")),
    f"there were {full_collections('figures')[0]} of them in 2,000 queries",
    f"there were {full_collections('figures-3.14')[0]} without pools",
    "the mean is {:.1f} times as long without pools, the 99th percentile {} times, and the 99.9th {:.0f} times".format(
        program("server")[1], short(ratios("workload: server", "p99, against not pooled")[1]), SERVER["ratio"]
    ),
    "pooled {1:.2f} milliseconds, not pooled {0:.2f}".format(*server("mean")),
    "gc.freeze {:.2f}, a threshold of 50,000 {:.2f}, gc.disable {:.2f}".format(*SETTINGS.values()),
    f"is {span(SETTING_RATIOS)} times as fast",
    "takes {:.0f} times as long as `pooled`, and {:.1f} times as long on 3.14".format(
        *ratios("peers: a small object", "pymemcache's ObjectPool")
    ),
    f"it takes {row('figures', 'peers: an object of parts', 'a deque by hand')['ratio']:.1f} times as long as `pooled`",
    *(
        f"{min(grid(page)):.2f} to {max(grid(page)):.2f}, and {sum(grid(page)) / len(grid(page)):.2f} on average"
        for page in RUNS.values()
    ),
    f"about {times('growth: objects', '100 objects out')[1]:.0f} nanoseconds pooled",
    f", {times('growth: objects', '10,000 objects out')[0]:.0f} not pooled",
    f"pooled between {bounds('growth: threads', 'pooled')} nanoseconds",
    f"not pooled between {bounds('growth: threads', 'other')}",
    "pooled from {:.0f} nanoseconds with one class to {:.0f} with".format(*ends("growth: poolable", "pooled")),
    "not pooled from {:.0f} to {:.0f}".format(*ends("growth: poolable", "other")),
    "is {:.2f} with a hundred classes, and {:.2f} with a thousand".format(*CLASSES_11),
    "was {:.2f} with a hundred classes and {:.2f} with a thousand".format(*CLASSES_14),
    f"lie between {min(SIZES):.2f} and {max(SIZES):.2f}",
    f"with up to 100 elements is {min(DICTS):.2f}.",
    "takes {1:.0f} ns, and a call of the class itself {0:.0f} ns".format(
        *times("peers: a class of nanobind", "take, against the class")
    ),
    f"takes {span(BUFFER_TIMES)} µs for every size",
    f"the ratio is {row('figures', 'buffers', '1,024 KiB against bytearray')['ratio']:.1f} for 1 MiB",
    f"the mean is {span(WITHOUT_GC)} times as fast",
    "takes {:.1f} ms, and {:.1f} ms with pools".format(*SLOWEST),
]

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
        *BENCHMARK_PROSE,
        *(
            "{} | {:.2f} ms | {:.2f} ms | {} | {} |".format(
                operation,
                *times(f"workload: {name},", MEAN),
                short(row("figures", f"workload: {name},", MEAN)["ratio"]),
                short(row("figures", f"workload: {name},", "slowest, against not pooled")["ratio"]),
            )
            for name, operation in WORKS.values()
        ),
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


def test_the_page_of_benchmarks_has_no_other_figures():
    text = prose("docs/benchmarks/index.md")
    stated = (*STATED["docs/benchmarks/index.md"], *(part for chart in BAR_CHARTS for part in described(chart)))
    for each in sorted(stated, key=len, reverse=True):
        text = text.replace(each, "")
    text = re.sub(
        r"```.*?```|`[^`]*`|\]\([^)]*\)|(?:src|srcset)=\"[^\"]*\"|3\.1[1-5](?:\.\d+)?|\d+ November 2026", "", text
    )
    sizes = {
        "1",
        "2",
        "8",
        "64",
        "100",
        "256",
        "1,000",
        "1,024",
        "4,000",
        "5,000",
        "50,000",
        "100,000",
        "2,000,000",
        "16",
    }
    assert set(re.findall(r"\d[\d,.]*\b", text)) <= sizes


BAR_CHARTS = ("scheduler", "peers", "instructions")


def described(chart):
    """The words between commas that describe a chart on the page of benchmarks."""
    text = prose("docs/benchmarks/index.md")
    return re.search(rf'src="{chart}.svg" alt="[^:]*: ([^"]*)"', text)[1].split(", ")


@pytest.mark.parametrize("chart", BAR_CHARTS)
def test_a_description_has_the_figures_of_its_chart(chart):
    drawn = re.sub(r"<style.*?</style>", "", (FOLDER / f"{chart}.svg").read_text("utf-8"), flags=re.DOTALL)
    figures = re.findall(r">([\d,]+)\b[^<]*<", drawn)
    assert set(re.findall(r"\d[\d,]*\b", ", ".join(described(chart)))) <= set(figures)


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
