"""CPython's tests: a table of their outcomes."""

from collections import Counter

OUTCOMES = {"passed": "passed", "xfailed": "different", "skipped": "skipped", "failed": "failed", "error": "failed"}
COLUMNS = ["tests", "passed", "different", "skipped", "failed", "pooling"]


def pytest_terminal_summary(terminalreporter):
    """Print the outcomes of each of CPython's test modules, and how many of its tests used pooled objects."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for outcome, column in OUTCOMES.items():
        for report in terminalreporter.stats.get(outcome, ()):
            for key, (module, replaced, used) in getattr(report, "user_properties", ()):
                if key == "cpython":
                    rows.setdefault((module, replaced), Counter()).update({"tests": 1, column: 1, "pooling": used})
    if not rows:
        return
    terminalreporter.section("CPython's own tests")
    line = "{:24} {:34}" + " {:>9}" * len(COLUMNS)
    terminalreporter.write_line(line.format("module", "in the place of the stock types", *COLUMNS))
    for (module, replaced), row in sorted(rows.items()):
        terminalreporter.write_line(line.format(module, replaced, *(row[column] for column in COLUMNS)))
    total = sum(rows.values(), Counter())
    terminalreporter.write_line(line.format("all", "", *(total[column] for column in COLUMNS)))
