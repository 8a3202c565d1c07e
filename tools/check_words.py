"""Check the words of all texts for people: the pages, the docstrings, the comments and the messages.

`tools/words.toml` lists words that this project does not use, each with its replacement. proselint checks the prose of
the pages and of the docstrings, without the code in them. Prints each finding with its place; the exit status is 1 if
there are any.
"""

import ast
import itertools
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINT_FILE = import_module("proselint.tools").LintFile  # not an import statement, since proselint has no types
REGISTRY = import_module("proselint.registry").CheckRegistry
RULES = tomllib.loads((ROOT / "tools" / "words.toml").read_text(encoding="utf-8"))
INSTEAD = {re.compile(pattern, re.IGNORECASE): words for pattern, words in RULES["instead"].items()}
ACCEPTED = re.compile("|".join(RULES["proselint"]["accepted"]) or r"(?!)", re.IGNORECASE)
CONFIG = {"max_errors": 1000, "checks": dict.fromkeys(RULES["proselint"]["checks"], True)}
CODE = re.compile(
    r"^ *```.*?^ *```$|`[^`\n]+`|<[^>\n]+>|\]\([^)\s]*\)|https?://\S+|^\|[-:|]+\|$", re.DOTALL | re.MULTILINE
)


def pages() -> Iterator[Path]:
    """Yield the pages, without those that the benchmarks write."""
    for path in (*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md"), *(ROOT / "docs").rglob("*.md")):
        if not path.name.startswith("figures") and "_build" not in path.parts:
            yield path


def sources() -> Iterator[Path]:
    """Yield the source files."""
    for folder in ("pooled", "examples", "benchmarks", "tools"):
        for pattern in ("*.py", "*.pyi", "*.c", "*.h"):
            yield from (ROOT / folder).rglob(pattern)


def without_code(text: str) -> str:
    """Return the text with a different word in place of each piece of code. The number of lines stays the same."""
    numbers = itertools.count()
    return CODE.sub(lambda code: f"code{next(numbers)}" + "\n" * code[0].count("\n"), text)


def docstrings(text: str) -> str:
    """Return the docstrings of Python code, each on its own lines."""
    lines = [""] * (text.count("\n") + 1)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                for number, line in enumerate(first.value.value.splitlines(), first.lineno - 1):
                    lines[number] = line.strip()
    return without_code("\n".join(lines))


def avoided(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of a message for each word that this project does not use."""
    for pattern, words in INSTEAD.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, f"{' '.join(match[0].split())!r}: write {words!r}"


def linted(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of a message for each finding of proselint."""
    if text.strip():
        for result in LINT_FILE(name, text).lint(CONFIG):
            start, end = result.check_result.span
            found = f"\n{text}\n"[start:end].strip()
            if not (ACCEPTED.fullmatch(found) or "\n\n" in found):  # a heading and a paragraph may begin alike
                yield result.pos[0], f"{found!r}: {result.check_result.message}"


def findings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the findings in a file."""
    text = path.read_text(encoding="utf-8")
    name = str(path)
    if path.suffix == ".md":
        yield from avoided(without_code(text))
        yield from linted(name, without_code(text))
        return
    yield from avoided(text)
    if path.suffix == ".py":
        yield from linted(name, docstrings(text))


def main() -> int:
    """Print the findings, and return the exit status."""
    REGISTRY().register_many(import_module("proselint.checks").__register__)
    count = 0
    for path in sorted((*pages(), *sources())):
        if path != Path(__file__):
            for line, message in sorted(findings(path)):
                print(f"{path.relative_to(ROOT)}:{line}: {message}")
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
